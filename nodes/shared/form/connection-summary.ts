import { OneNetError } from "../../../lib/errors";
import { type Endpoint, readEndpoint } from "../../../lib/protocol/platform";
import { hostChoiceOf, platformOf, transportOf } from "./connection-facts";
import { holdsEnv, type ReadField, type Reason, textOf } from "./reason";

/** Where the form's settings lead, as far as it can be said before the runtime starts. */
export type Destination =
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint; readonly url: string }
  | { readonly kind: "runtime" }
  | { readonly kind: "incomplete"; readonly field: string }
  | { readonly kind: "invalid"; readonly reason: Reason };

function usesEnv(read: ReadField): boolean {
  const choice = hostChoiceOf(read);
  const deciding =
    choice === "own" ? ["host", "port"] : choice === "smart-domain" ? ["productId", "port"] : ["port"];
  return deciding.some((field) => holdsEnv(read(field)));
}

/** The endpoint of the form with `port` left at its default: the number shown in the empty port field. */
export function readFormEndpoint(read: ReadField, withPort = true): Endpoint {
  const port = Number(textOf(read("port")));
  return readEndpoint({
    platform: platformOf(read),
    hostChoice: hostChoiceOf(read),
    host: textOf(read("host")),
    transport: transportOf(read),
    productId: textOf(read("productId")),
    path: textOf(read("path")),
    ...(withPort && textOf(read("port")) !== "" ? { port } : {}),
  });
}

/** `mqtts://host:8883`; an IPv6 address stands in brackets. */
export function urlOf({ transport, host, port, path = "" }: Endpoint): string {
  return `${transport}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

export function readDestination(read: ReadField): Destination {
  if (usesEnv(read)) return { kind: "runtime" };
  try {
    const endpoint = readFormEndpoint(read);
    return { kind: "endpoint", endpoint, url: urlOf(endpoint) };
  } catch (thrown) {
    if (!(thrown instanceof OneNetError)) throw thrown;
    const { key, params } = thrown;
    if (key === "ONENET_CONFIG_INVALID.missing")
      return { kind: "incomplete", field: String(params["field"]) };
    return { kind: "invalid", reason: { key: `errors.${key}`, params } };
  }
}

/** The usual port of the chosen transport, whatever else is still missing in the form. */
export function defaultPortOf(read: ReadField): number {
  const complete: ReadField = (field) =>
    field === "host" ? "localhost" : field === "productId" ? "p" : read(field);
  return readFormEndpoint(complete, false).port;
}
