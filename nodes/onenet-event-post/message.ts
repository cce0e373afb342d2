import { OneNetError } from "../../lib/errors";
import { describeValue, isPlainObject } from "../../lib/protocol/json";
import type { EventDef } from "../../lib/protocol/thing-model";
import { checkEvent } from "../../lib/protocol/thing-value";
import type { DeviceIdentity } from "../../lib/protocol/topic";
import { checkDatapoint } from "../../lib/protocol/value";
import { checkKnownEvent } from "../shared/form/known-identifier";
import type { ChangedValue, ReadPoints } from "../shared/read-points";
import { NONE_FAILED, NONE_HELD_BACK } from "../shared/read-points";
import type { Message } from "../shared/runtime";
import type { Thing } from "../shared/thing";

const NAMES = { kind: "thing-model", booleansAsNumbers: false } as const;

export interface ReadEvent extends ReadPoints {
  /** As the model has it; undefined where no model knows the event. */
  readonly eventType: EventDef["eventType"] | undefined;
}

/**
 * Reads an event that happened: which one from the form, `msg.event` or `msg.topic`; its outputs from `msg.payload`
 * (an object; nothing for an event without outputs); when from `msg.at`.
 *
 * @param named the event that the form names; "" when it names none
 * @param device the sub-device it happened to; undefined: the connection's own device
 * @param stampAtMs when `msg.at` does not say; undefined leaves it to the platform
 * @throws {OneNetError} ONENET_MESSAGE_INVALID, ONENET_VALUE_INVALID, ONENET_DATAPOINT_INVALID
 */
export function readEvent(
  message: Message,
  named: string,
  { model, rules }: Thing,
  stampAtMs: number | undefined,
  device: DeviceIdentity | undefined,
): ReadEvent {
  const stream = readIdentifier(message, named);
  const outputs = readOutputs(message.payload);
  const event = model?.events.get(stream);
  if (model !== undefined && rules.mode !== "off") checkKnownEvent(model, stream);
  const { value, changes } =
    model === undefined || event === undefined
      ? { value: outputs, changes: [] }
      : checkEvent(model, stream, outputs, rules);
  const point = checkDatapoint({ stream, value, at: readTime(message["at"]) }, NAMES, stampAtMs);
  const changed: readonly ChangedValue[] = changes.map((change) => ({ stream, ...change }));
  return {
    points: [{ ...point, event: true, ...(device === undefined ? {} : { device }) }],
    failed: NONE_FAILED,
    changed,
    heldBack: NONE_HELD_BACK,
    eventType: event?.eventType,
  };
}

function readIdentifier(message: Message, named: string): string {
  const given = [named, message["event"], message["topic"]].find(
    (name) => name !== undefined && name !== null && name !== "",
  );
  if (typeof given === "string") return given;
  if (given === undefined) throw new OneNetError("ONENET_DATAPOINT_INVALID.event-missing");
  const got = describeValue(given);
  throw new OneNetError("ONENET_MESSAGE_INVALID", {
    property: "msg.event",
    expected: "an event's identifier",
    got,
  });
}

function readOutputs(payload: unknown): Readonly<Record<string, unknown>> {
  if (payload === undefined || payload === null || payload === "") return {};
  if (isPlainObject(payload)) return payload;
  const got = describeValue(payload);
  throw new OneNetError("ONENET_MESSAGE_INVALID", {
    property: "msg.payload",
    expected: "an object of the event's outputs",
    got,
  });
}

function readTime(at: unknown): unknown {
  return at === null || at === "" ? undefined : at;
}
