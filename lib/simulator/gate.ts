import type { ConnectPacket } from "aedes";
import { parseClientId } from "../protocol/hardware";
import type { SimulatorContext } from "./context";
import type { Link } from "./link";
import { judgeLogin, type LoginGranted, type LoginRefused } from "./login";
import { safeName } from "./mask";
import { connectViolation, isMqtt311 } from "./wire-law";

/** What becomes of a CONNECT. */
export type GateVerdict =
  /** The link is closed without a CONNACK. */
  | { readonly kind: "closed" }
  /** CONNACK 1: not this protocol version. */
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly returnCode: 2 | 3 | 4 | 5 }
  | { readonly kind: "granted"; readonly login: LoginGranted; readonly connect: ConnectDetails };

/** What the login event tells of a CONNECT. */
export interface ConnectDetails {
  readonly keepAliveSeconds: number;
  readonly clientIdSuffix: string;
}

/** Applies the law of CONNECT: form, rate, faults, then identity and token. Reports a refusal. */
export function judgeConnect(context: SimulatorContext, link: Link, packet: ConnectPacket): GateVerdict {
  const { rules, rates, faults, registry } = context;
  const violation = connectViolation(packet, rules);
  if (violation) return closed(link, violation);
  if (!isMqtt311(packet)) return version(link);
  const username = packet.username ?? "";
  const about = { productId: username, deviceName: parseClientId(packet.clientId).deviceName };
  const known = registry.device(about.productId, about.deviceName);
  if (known && !rates.admitsLogin(known)) {
    report(context, link, packet, { code: 0, message: "too many logins" });
    return closed(link, "login-rate", true);
  }
  const fault = faults.strike("refuseLogin", about);
  if (fault) {
    const { returnCode = rules.connackForBadLogin } = fault;
    report(context, link, packet, { code: 0, message: "refused by a fault" });
    if (returnCode === "close") return closed(link, "fault");
    return returnCode === 1 ? version(link) : { kind: "refused", returnCode };
  }
  const password = packet.password?.toString() ?? "";
  const login = judgeLogin({ clientId: packet.clientId, username, password }, registry, rules);
  if (login.ok) {
    const clientIdSuffix = packet.clientId.slice(about.deviceName.length);
    return { kind: "granted", login, connect: { keepAliveSeconds: packet.keepalive ?? 0, clientIdSuffix } };
  }
  report(context, link, packet, login);
  return { kind: "refused", returnCode: rules.connackForBadLogin };
}

function closed(link: Link, reason: Parameters<Link["close"]>[0], reset = false): GateVerdict {
  link.close(reason, undefined, reset);
  return { kind: "closed" };
}

function version(link: Link): GateVerdict {
  link.doom("protocol-version");
  return { kind: "version" };
}

function report(
  { hub }: SimulatorContext,
  link: Link,
  packet: ConnectPacket,
  { code, message }: Pick<LoginRefused, "code" | "message">,
): void {
  hub.emit({
    event: "refused",
    what: "login",
    code,
    message,
    productId: safeName(packet.username ?? ""),
    deviceName: safeName(parseClientId(packet.clientId).deviceName),
    address: link.address,
  });
}
