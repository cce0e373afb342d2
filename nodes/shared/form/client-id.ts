import { OneNetError } from "../../../lib/errors";
import { hardwareSuffix, NETWORKS, parseClientId } from "../../../lib/protocol/hardware";
import { type ReadField, textOf } from "./reason";

/** `gateway-1?network=0&sn=1`: a device's name, and what it reports at login. */
export function splitClientId(text: string): { readonly deviceName: string; readonly suffix: string } {
  const at = text.indexOf("?");
  if (at < 0) return { deviceName: text, suffix: "" };
  return { deviceName: text.slice(0, at), suffix: text.slice(at + 1) };
}

const CARD_KINDS = ["iccid", "imsi", "msisdn"] as const;

/**
 * The fields of the hardware report that say the same as a client id's suffix; where none do, the suffix itself is
 * kept as a text.
 */
export function readSuffix(suffix: string): Readonly<Record<string, string>> {
  const { network = "", sn = "", mac = "", imei = "", ...rest } = parseClientId(`?${suffix}`).hardware;
  const kind = CARD_KINDS.find((name) => rest[name] !== undefined);
  const own = network === "0" ? { hardwareSn: sn, hardwareMac: mac } : { hardwareImei: imei };
  const card = kind && network !== "0" ? { hardwareCardKind: kind, hardwareCard: rest[kind] ?? "" } : {};
  const fields = { hardwareReport: "login", hardwareNetwork: network, ...own, ...card };
  return suffixOf((name) => fields[name as keyof typeof fields]) === suffix
    ? fields
    : { hardwareReport: "own", clientIdSuffix: suffix };
}

/** What follows the device's name in the client id, by the connection's fields: "" for nothing, "…" until it is known. */
export function suffixOf(read: ReadField): string {
  if (textOf(read("hardwareReport")) !== "login") return textOf(read("clientIdSuffix")).replace(/^\?/, "");
  const network = NETWORKS.find((known) => String(known) === textOf(read("hardwareNetwork")));
  if (network === undefined) return "…";
  const [sn, mac, imei] = [
    textOf(read("hardwareSn")),
    textOf(read("hardwareMac")),
    textOf(read("hardwareImei")),
  ];
  const card = { [textOf(read("hardwareCardKind")) || "iccid"]: textOf(read("hardwareCard")) };
  try {
    return hardwareSuffix({ network, sn, mac, imei, ...card });
  } catch (thrown) {
    // an environment variable, or what the field's rule refuses
    if (thrown instanceof OneNetError) return "…";
    throw thrown;
  }
}
