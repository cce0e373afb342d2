import type { IncomingCommand } from "../../lib/client/command";
import { OneNetError } from "../../lib/errors";
import { readJson, readText, withoutBigInts } from "../../lib/protocol/json";
import type { PayloadForm } from "./config";

/**
 * The message of a command: `payload` is the command's body, the values to set `{identifier: value}`, or the
 * identifiers to read; `command` has all that the answer needs.
 *
 * @throws {OneNetError} ONENET_COMMAND_INVALID when a body is not JSON and JSON was asked for
 */
export function commandMessage(command: IncomingCommand, payloadAs: PayloadForm): Record<string, unknown> {
  const { topic, body, values, ...reference } = command;
  // Several nodes may get parts of one request: what a flow does to its message must not reach the others.
  const own = { ...reference, identifiers: [...reference.identifiers] };
  switch (command.kind) {
    case "command":
    case "custom":
      return { topic, payload: readBody(topic, body, payloadAs), command: own };
    case "property-set":
    case "service":
      return { topic, payload: withoutBigInts(values), command: own };
    case "topo-change":
      return { topic, payload: values["subList"], command: own };
    case "ota":
      return { topic, payload: withoutBigInts(values["params"] ?? null), command: own };
    case "property-get":
      return { topic, payload: [...command.identifiers], command: own };
  }
}

function readBody(topic: string, body: Buffer, payloadAs: PayloadForm): unknown {
  if (payloadAs === "buffer") return Buffer.from(body);
  const text = readText(body);
  if (payloadAs === "text") return text ?? body.toString();
  const json = readJson(body);
  if (json !== undefined) return withoutBigInts(json);
  if (payloadAs === "auto") return text ?? Buffer.from(body);
  throw new OneNetError("ONENET_COMMAND_INVALID", { topic, detail: "the body is no JSON" });
}
