import type { Datapoint } from "../protocol/datapoint";
import { parseJson, stringifyJson } from "../protocol/json";
import type { DeliveryState, Draft, PublishProperties, Qos, QueuedMessage } from "./message";
import type { Subject } from "./subject";
import { subjectOfPoints } from "./subject";

/** What is kept of a message while it lies in a backlog; who waits for its outcome is kept elsewhere. */
export type StoredMessage = Pick<
  QueuedMessage,
  "draft" | "options" | "queuedAt" | "queuedAtMonotonicMs" | "attempts" | "bytes"
>;

type StoredProperties = Omit<PublishProperties, "correlationData"> & { readonly correlationBase64?: string };
/** What is missing or null at the end is left out; records from before there were events and sub-devices have none. */
type StoredPoint = readonly [
  stream: string,
  value: Datapoint["value"],
  atMs?: number | null,
  event?: 0 | 1,
  productId?: string,
  deviceName?: string,
];

/**
 * The header of a record, a list without names since a million of them are kept; the payload of a publish follows
 * it as bytes.
 */
type Header = readonly [
  /** The topic of a publish, or datapoints. */
  what: string | readonly StoredPoint[],
  flags: number,
  queuedAt: number,
  queuedAtMonotonicMs: number,
  attempts: number,
  bytes: number,
  expiryMs?: number | null,
  properties?: StoredProperties,
];

const STATES: readonly DeliveryState[] = ["queued", "sent", "acknowledged", "accepted"];
const QOS_MASK = 0b11;
const COMPLETE_SHIFT = 2;
const COMPLETE_MASK = 0b1100;
const RETAIN = 0b1_0000;
const TEXT = 0b10_0000;
const HIGH = 0b100_0000;

const LENGTH_BYTES = 4;

/** A message as bytes. */
export function encodeMessage(message: StoredMessage): Buffer {
  const { draft, options } = message;
  const flags =
    (STATES.indexOf(options.completeWhen) << COMPLETE_SHIFT) | (options.priority === "high" ? HIGH : 0);
  if (draft.kind === "datapoints") {
    return join(headerOf(draft.points.map(storedPoint), flags | draft.qos, message), "");
  }
  const { topic, payload, qos, retain, properties } = draft.publish;
  const all = flags | qos | (retain ? RETAIN : 0) | (typeof payload === "string" ? TEXT : 0);
  return join(headerOf(topic, all, message, properties), payload);
}

function headerOf(
  what: Header[0],
  flags: number,
  { queuedAt, queuedAtMonotonicMs, attempts, bytes, options }: StoredMessage,
  properties?: PublishProperties,
): Header {
  const header = [what, flags, queuedAt, Math.round(queuedAtMonotonicMs), attempts, bytes] as const;
  if (properties !== undefined) return [...header, options.expiryMs ?? null, storedProperties(properties)];
  return options.expiryMs === undefined ? header : [...header, options.expiryMs];
}

function join(header: Header, payload: string | Buffer): Buffer {
  const text = stringifyJson(header);
  const headerBytes = Buffer.byteLength(text);
  const record = Buffer.allocUnsafe(LENGTH_BYTES + headerBytes + Buffer.byteLength(payload));
  record.writeUInt32LE(headerBytes, 0);
  record.write(text, LENGTH_BYTES);
  if (typeof payload === "string") record.write(payload, LENGTH_BYTES + headerBytes);
  else payload.copy(record, LENGTH_BYTES + headerBytes);
  return record;
}

/** @throws {Error} if the bytes are no record of ours */
export function decodeMessage(record: Uint8Array): StoredMessage {
  const all = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const headerEnd = LENGTH_BYTES + all.readUInt32LE(0);
  const header = parseHeader(all.toString("utf8", LENGTH_BYTES, headerEnd));
  const [, flags, queuedAt, queuedAtMonotonicMs, attempts, bytes, expiryMs] = header;
  return {
    draft: decodeDraft(header, all.subarray(headerEnd)),
    options: {
      completeWhen: STATES[(flags & COMPLETE_MASK) >> COMPLETE_SHIFT] ?? "queued",
      ...(expiryMs === undefined || expiryMs === null ? {} : { expiryMs }),
      ...((flags & HIGH) === 0 ? {} : { priority: "high" as const }),
    },
    queuedAt,
    queuedAtMonotonicMs,
    attempts,
    bytes,
  };
}

/** What a record is about; undefined when it is no record of ours. */
export function readSubject(record: Uint8Array): Subject | undefined {
  try {
    const all = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
    const [what] = parseHeader(all.toString("utf8", LENGTH_BYTES, LENGTH_BYTES + all.readUInt32LE(0)));
    return typeof what === "string" ? { topic: what } : subjectOfPoints(what.map(readPoint));
  } catch {
    return undefined;
  }
}

/** @throws {SyntaxError} */
function parseHeader(text: string): Header {
  return parseJson(text) as Header;
}

function decodeDraft([what, flags, , , , , , properties]: Header, payload: Buffer): Draft {
  const qos = (flags & QOS_MASK) as Qos;
  if (typeof what !== "string") {
    return { kind: "datapoints", points: what.map(readPoint), qos: qos === 0 ? 0 : 1 };
  }
  const publish = {
    topic: what,
    payload: (flags & TEXT) === 0 ? Buffer.from(payload) : payload.toString(),
    qos,
    retain: (flags & RETAIN) !== 0,
    ...(properties === undefined ? {} : { properties: readProperties(properties) }),
  };
  return { kind: "publish", publish };
}

function storedPoint({ stream, value, atMs, event, device }: Datapoint): StoredPoint {
  if (device !== undefined)
    return [stream, value, atMs ?? null, event ? 1 : 0, device.productId, device.deviceName];
  if (event) return [stream, value, atMs ?? null, 1];
  return atMs === undefined ? [stream, value] : [stream, value, atMs];
}

function readPoint([stream, value, atMs, event, productId, deviceName]: StoredPoint): Datapoint {
  // Most points: no spreads, for a page holds thousands.
  if (event === undefined && typeof atMs === "number") return { stream, value, atMs };
  return {
    stream,
    value,
    ...(typeof atMs === "number" ? { atMs } : {}),
    ...(event === 1 ? { event: true } : {}),
    ...(productId === undefined || deviceName === undefined ? {} : { device: { productId, deviceName } }),
  };
}

function storedProperties({ correlationData, ...properties }: PublishProperties): StoredProperties {
  if (correlationData === undefined) return properties;
  return { ...properties, correlationBase64: correlationData.toString("base64") };
}

function readProperties({ correlationBase64, ...properties }: StoredProperties): PublishProperties {
  if (correlationBase64 === undefined) return properties;
  return { ...properties, correlationData: Buffer.from(correlationBase64, "base64") };
}
