import { SIMULATOR_HOST, SIMULATOR_HTTP_PORT, SIMULATOR_PORT } from "../../../lib/protocol/platform";
import { type ReadField, textOf } from "./reason";
import type { ProductRow } from "./simulator-products";

/** Text as one word of a shell, quoted where a shell would read more into it. */
function quote(text: string): string {
  return /^[\w./:=+@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Where the simulator listens, an empty field meaning the usual place. */
export function readPlace(read: ReadField): { host: string; port: string; httpPort: string } {
  return {
    host: textOf(read("host")) || SIMULATOR_HOST,
    port: textOf(read("port")) || String(SIMULATOR_PORT),
    httpPort: textOf(read("httpPort")) || String(SIMULATOR_HTTP_PORT),
  };
}

export function hasModel({ kind, model }: ProductRow): boolean {
  return kind === "thing-model" && model !== "";
}

/** The file in which the command looks for the product's model. */
export function modelFileOf({ productId }: ProductRow): string {
  return `${productId}.json`;
}

/** The command that starts the same simulator without Node-RED. A device whose key is missing is left out. */
export function commandLineOf(read: ReadField, rows: readonly ProductRow[]): string {
  const { host, port, httpPort } = readPlace(read);
  const lines = [
    `npx onenet-simulator --host ${quote(host)} --port ${quote(port)}`,
    `--http-port ${quote(httpPort)}`,
  ];
  for (const row of rows) {
    const { productId, kind, key, devices } = row;
    lines.push(
      `--product ${quote(productId)} --kind ${kind}${key === "" ? "" : ` --product-key ${quote(key)}`}`,
    );
    if (hasModel(row)) lines.push(`--model ${quote(modelFileOf(row))}`);
    for (const device of devices) {
      if (device.key !== "") lines.push(`--device ${quote(`${device.deviceName}=${device.key}`)}`);
    }
  }
  return lines.join(" \\\n  ");
}
