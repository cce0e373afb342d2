/**
 * What can be a host, and the misspellings of OneNET's that are seen in the wild.
 *
 * @see device-mqtt.md §1
 */
import { OneNetError } from "../errors";
import { hideSecret } from "./access-key";

/** What is wrong and what is right, applied one after the other: a host may be wrong twice. */
const TYPOS: readonly (readonly [wrong: RegExp, right: string])[] = [
  [/\b(?:cmccconet|cmcconet|cmccconenet|cmconenet|cmmconenet)\b/, "cmcconenet"],
  [/\bcmcconenet\.com(?:\.cn)?$/, "cmcconenet.cn"],
  [/\b(?:hecloud|heclound|heclouds)\.(?:cn|com\.cn|com|co)$/, "heclouds.com"],
  [/\b(?:mqtt|mqts|mqtls|mqttls)(?=\.acc\.cmcconenet\.)/, "mqtts"],
  [/^(?:mqtt|mqts|mqtls|mqttls)(?=\.heclouds\.com$)/, "mqtts"],
  [/\b(?:mqttstl|mqtttls|mqttsls|mqttstsl|mqttssl|mqttsssl)(?=\.(?:acc\.cmcconenet|heclouds)\.)/, "mqttstls"],
];

/** The right name for a known misspelling of a OneNET host, or undefined if it is none. */
export function suggestHost(host: string): string | undefined {
  const given = host.trim().toLowerCase();
  const right = TYPOS.reduce((text, [wrong, replacement]) => text.replace(wrong, replacement), given);
  return right === given ? undefined : right;
}

/** The broker of the first generation (多协议接入): right with its own port, a misspelling with any other. */
const LEGACY = { host: "mqtt.heclouds.com", port: 6002 } as const;
const HOST_NAME = /^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.?$/u;
const IPV6 = /^(?:[\da-f]*:){2,8}[\da-f.]*(?:%\w+)?$/i;

/**
 * Refuses what cannot be a host, and known misspellings.
 *
 * @throws {OneNetError} ONENET_HOST_INVALID.scheme (also a port or a path), .characters, .typo
 */
export function checkHost(host: string, port?: number): void {
  if (IPV6.test(bareAddress(host))) return;
  if (/[/:]/.test(host)) throw new OneNetError("ONENET_HOST_INVALID.scheme", { host: hideSecret(host) });
  if (!HOST_NAME.test(host))
    throw new OneNetError("ONENET_HOST_INVALID.characters", { host: hideSecret(host) });
  const suggestion = suggestHost(host);
  if (suggestion === undefined || (host.toLowerCase() === LEGACY.host && port === LEGACY.port)) return;
  throw new OneNetError("ONENET_HOST_INVALID.typo", { host, suggestion });
}

/** An IPv6 address without the brackets that URLs put around it; anything else as it is. */
export function bareAddress(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
