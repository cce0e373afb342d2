import type { Datapoint, DatapointRules } from "../../lib/protocol/datapoint";
import { checkDatapoint } from "../../lib/protocol/datapoint";
import type { JsonValue } from "../../lib/protocol/json";
import type { ThingModel } from "../../lib/protocol/thing-model";
import type { CheckedValue, CheckRules } from "../../lib/protocol/thing-value";
import { checkProperty } from "../../lib/protocol/thing-value";
import type { DeviceIdentity } from "../../lib/protocol/topic";
import { checkKnownProperty } from "./form/known-identifier";
import type { ChangedValue } from "./read-points";
import { subdevices } from "./subdevices";

/** What is known of a product's values, and how strictly they are held against it. */
export interface Thing {
  /** Absent: nothing is known, nothing is checked. */
  readonly model?: ThingModel;
  readonly rules: CheckRules;
}

/** A product of which no model is known. */
export const UNKNOWN_THING: Thing = { rules: { mode: "off", snapToStep: false } };

/** Who knows its own product's model, and by its connection those of its sub-devices. */
export interface ThingHolder {
  readonly thing: Thing;
  readonly connection: { readonly key: string };
}

/** Where the connection has no model and so no rules that could be inherited. */
const USUAL_RULES: CheckRules = { mode: "coerce", snapToStep: false };

/** The model that holds for a device: the connection's own one, or a sub-device of its. */
export function thingOf(link: ThingHolder, device: DeviceIdentity | undefined): Thing {
  if (device === undefined) return link.thing;
  const subdevice = subdevices.find(link.connection.key, device);
  if (subdevice?.model === undefined) return UNKNOWN_THING;
  const inherited = link.thing.model === undefined ? USUAL_RULES : link.thing.rules;
  return { model: subdevice.model, rules: subdevice.rules ?? inherited };
}

/** What a datapoint is judged by. */
export interface PointRules extends DatapointRules {
  /** {@link thingOf} the device. */
  readonly thing: Thing;
  /** The sub-device that the datapoints belong to; undefined: the connection's own device. */
  readonly device?: DeviceIdentity | undefined;
}

interface Candidate {
  readonly stream: unknown;
  readonly value: unknown;
  readonly at?: unknown;
}

/**
 * Reads one datapoint as {@link checkDatapoint} does, after its value was held against the model.
 *
 * @param changed gets what the check made another value of
 * @throws {OneNetError} ONENET_VALUE_INVALID, ONENET_DATAPOINT_INVALID
 */
export function readPoint(
  candidate: Candidate,
  rules: PointRules,
  stampAtMs: number | undefined,
  changed: ChangedValue[],
): Datapoint {
  const point = checkCandidate(candidate, rules, stampAtMs, changed);
  return rules.device === undefined ? point : { ...point, device: rules.device };
}

function checkCandidate(
  candidate: Candidate,
  rules: PointRules,
  stampAtMs: number | undefined,
  changed: ChangedValue[],
): Datapoint {
  const { stream } = candidate;
  const { model, rules: checks } = rules.thing;
  const isChecked = model !== undefined && checks.mode !== "off" && rules.kind === "thing-model";
  // A missing or impossible name is told as such.
  if (!isChecked || typeof stream !== "string" || stream === "") {
    return checkDatapoint(candidate, rules, stampAtMs);
  }
  const { value, changes } = checkStream(model, stream, candidate.value, checks, "post");
  const point = checkDatapoint({ ...candidate, value }, rules, stampAtMs);
  for (const change of changes) changed.push({ stream, ...change });
  return point;
}

const NO_CHANGES: CheckedValue["changes"] = [];

/**
 * Holds one property's value against the model. One of the platform's own (`$OneNET_LBS`) need not stand in it.
 *
 * @throws {OneNetError} ONENET_VALUE_INVALID
 */
export function checkStream(
  model: ThingModel,
  stream: string,
  value: unknown,
  rules: CheckRules,
  direction: "post" | "set",
): CheckedValue {
  checkKnownProperty(model, stream);
  if (model.properties.has(stream)) return checkProperty(model, stream, value, rules, direction);
  return { value: value as JsonValue, changes: NO_CHANGES };
}
