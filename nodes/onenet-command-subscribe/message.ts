import type { IncomingCommand } from "../../lib/client/command";
import { OneNetError } from "../../lib/errors";
import type { JsonObject } from "../../lib/protocol/json";
import { isJsonObject, readJson, readText, withoutBigInts } from "../../lib/protocol/json";
import type { CheckedValues } from "./check";
import type { PayloadForm } from "./config";

/** How a command becomes a message. */
export interface MessageForm {
  readonly payloadAs: PayloadForm;
  /** The payload of a set is the value itself. */
  readonly isBare: boolean;
}

/**
 * The message of a command: `payload` is the command's body, the values to set `{identifier: value}`, the
 * identifiers to read, the inputs of a service, …; `command` has all that the answer needs; `device` is the
 * sub-device that is asked.
 *
 * @param checked the command's values as they were checked
 * @throws {OneNetError} ONENET_COMMAND_INVALID when a body is not JSON and JSON was asked for
 */
export function commandMessage(
  command: IncomingCommand,
  checked: CheckedValues,
  form: MessageForm,
): Record<string, unknown> {
  const { topic, body: _, values: __, ...reference } = command;
  // Several nodes may get parts of one request: what a flow does to its message must not reach the others.
  const own = {
    ...reference,
    identifiers: [...reference.identifiers],
    ...(checked.changed.length === 0 ? {} : { changed: checked.changed }),
  };
  const { device } = command;
  return {
    topic,
    payload: payloadOf(command, checked.values, form),
    command: own,
    ...(device === undefined ? {} : { device: { ...device } }),
  };
}

function payloadOf(command: IncomingCommand, values: JsonObject, form: MessageForm): unknown {
  switch (command.kind) {
    case "command":
      return readBody(command.topic, command.body, form.payloadAs);
    case "property-set": {
      const [only = ""] = command.identifiers;
      return withoutBigInts(form.isBare ? (values[only] ?? null) : values);
    }
    case "property-get":
      return [...command.identifiers];
    case "service":
      return withoutBigInts(values);
    case "topo-change":
      return readSubList(values);
    case "ota":
      return withoutBigInts(values["params"] ?? {});
    case "custom":
      return Buffer.from(command.body);
  }
}

/** `{productID, deviceName}` as the platform spells it becomes the `{productId, deviceName}` of `msg.device`. */
function readSubList({ subList }: JsonObject): readonly object[] {
  if (!Array.isArray(subList)) return [];
  return subList
    .filter(isJsonObject)
    .map(({ productID: productId, deviceName }) => ({ productId, deviceName }));
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
