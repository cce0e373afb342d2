/**
 * The keys of the examples are published: they open devices of the simulator only, and whoever reads one sees that
 * it is no secret. Each is the base64 of `demo:<product>` or `demo:<product>/<device>`, filled up to 32 bytes.
 */

const PREFIX = "demo:";
const KEY_BYTES = 32;

/** @param name `<productId>`, or `<productId>/<deviceName>`; ASCII, at most 27 characters */
export function demoKey(name: string): string {
  const text = `${PREFIX}${name}`.padEnd(KEY_BYTES, ".");
  if (text.length > KEY_BYTES) throw new Error(`${name} is too long for a demo key`);
  return Buffer.from(text).toString("base64");
}

/** Whether a key is one of those published; a test that looks for secrets passes over it. */
export function isDemoKey(key: string): boolean {
  const bytes = Buffer.from(key, "base64");
  return bytes.length === KEY_BYTES && bytes.toString("latin1").startsWith(PREFIX);
}
