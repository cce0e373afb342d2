/** `gateway-1?network=0&sn=1`: a device's name, and what it reports at login. */
export function splitClientId(text: string): { readonly deviceName: string; readonly suffix: string } {
  const at = text.indexOf("?");
  if (at < 0) return { deviceName: text, suffix: "" };
  return { deviceName: text.slice(0, at), suffix: text.slice(at + 1) };
}
