import type { FailedDatapoint } from "../../lib/client/device";
import { asOneNetError, OneNetError } from "../../lib/errors";
import type { Datapoint } from "../../lib/protocol/datapoint";
import type { DensePoints } from "../../lib/protocol/dense-points";
import { readDensePoints } from "../../lib/protocol/dense-reader";
import { isPlainObject } from "../../lib/protocol/json";
import type { ChangedValue, ReadPoints } from "../shared/read-points";
import { NONE_CHANGED, NONE_FAILED, NONE_HELD_BACK } from "../shared/read-points";
import type { PointRules } from "../shared/thing";
import { readPoint } from "../shared/thing";

interface Candidate {
  readonly stream: unknown;
  readonly value: unknown;
  readonly at?: unknown;
}

/** Where a datapoint without a stream name of its own belongs. */
export interface StreamChoice {
  /** Named by the node's form; empty text when it names none. */
  readonly named: unknown;
  /** `msg.topic`, for values that come without a name. */
  readonly fallback: unknown;
}

/**
 * Reads a payload: one value, `{stream: value, …}`, `{stream, value, at}`, or an array of the last. With a stream
 * named in the form an object is one (structured) value of that stream.
 *
 * @param stampAtMs the time given to datapoints without one; undefined leaves it to the platform
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty when there is nothing to send, or what is wrong with the one
 *   value there is
 */
export function readDatapoints(
  payload: unknown,
  stream: StreamChoice,
  rules: PointRules,
  stampAtMs: number | undefined,
): ReadPoints {
  const changed: ChangedValue[] = [];
  if (typeof payload !== "object") {
    const point = readPoint({ stream: unnamedOf(stream), value: payload }, rules, stampAtMs, changed);
    return { points: [point], failed: NONE_FAILED, changed, heldBack: NONE_HELD_BACK };
  }
  const dense = readDense(payload, stream, rules, stampAtMs);
  if (dense !== undefined) return { ...NOTHING_ELSE, points: dense };
  const candidates = listCandidates(payload, stream);
  if (candidates.length === 0) throw new OneNetError("ONENET_DATAPOINT_INVALID.empty");
  const points: Datapoint[] = [];
  const failed: FailedDatapoint[] = [];
  for (const candidate of candidates) {
    try {
      points.push(readPoint(candidate, rules, stampAtMs, changed));
    } catch (thrown) {
      failed.push({ stream: nameOf(candidate.stream), error: asOneNetError(thrown) });
    }
  }
  return { points, failed, changed, heldBack: NONE_HELD_BACK };
}

/** Undefined where the payload is not as plain as most long ones are. */
function readDense(
  payload: unknown,
  { named }: StreamChoice,
  { kind, booleansAsNumbers, thing, device }: PointRules,
  stampAtMs: number | undefined,
): DensePoints | undefined {
  if (device !== undefined) return undefined;
  if (!Array.isArray(payload) && (named !== "" || isOneDatapoint(payload))) return undefined;
  const isChecked = kind === "thing-model" && thing.rules.mode !== "off";
  const model = isChecked ? thing.model : undefined;
  const { lengthUnit } = thing.rules;
  try {
    return readDensePoints(payload, { kind, booleansAsNumbers, model, lengthUnit }, stampAtMs);
  } catch {
    // A getter that throws: it spoils its own value only.
    return undefined;
  }
}

const NOTHING_ELSE = { failed: NONE_FAILED, changed: NONE_CHANGED, heldBack: NONE_HELD_BACK };

function unnamedOf({ named, fallback }: StreamChoice): unknown {
  return named === "" ? fallback : named;
}

function listCandidates(payload: unknown, stream: StreamChoice): Candidate[] {
  const unnamed = unnamedOf(stream);
  if (Array.isArray(payload) && (payload.length === 0 || payload.some(isDatapoint))) {
    return payload.map((item: unknown) => readCandidate(item, unnamed));
  }
  if (isOneDatapoint(payload)) return [readCandidate(payload, unnamed)];
  if (isPlainObject(payload) && stream.named === "") {
    return Object.entries(payload).map(([name, value]) => ({ stream: name, value }));
  }
  return [{ stream: unnamed, value: payload }];
}

function readCandidate(item: unknown, unnamed: unknown): Candidate {
  if (!isDatapoint(item)) return { stream: unnamed, value: item };
  return item.stream === undefined ? { stream: unnamed, value: item.value, at: item.at } : item;
}

function isOneDatapoint(payload: unknown): payload is Candidate {
  return isDatapoint(payload) && "stream" in payload;
}

/** `{value}` with a stream and a time where they are known, and nothing else. */
function isDatapoint(item: unknown): item is Candidate {
  if (!isPlainObject(item) || !("value" in item)) return false;
  for (const key in item) if (key !== "stream" && key !== "value" && key !== "at") return false;
  return true;
}

function nameOf(stream: unknown): string {
  return typeof stream === "string" ? stream : "";
}
