import type { OneNetError } from "../errors";
import type { Points } from "../protocol/dense-points";
import type { PointName } from "../protocol/point-key";
import type { HandshakeMark } from "./link";

/**
 * How far a message has come; each word includes the ones before it.
 *
 * - `queued`: taken into the outbox
 * - `sent`: handed to the socket, which is all that QoS 0 can know
 * - `acknowledged`: PUBACK (QoS 1) or PUBCOMP (QoS 2) came: the broker has it
 * - `accepted`: the platform's own reply for this message came: it is stored
 */
export type DeliveryState = "queued" | "sent" | "acknowledged" | "accepted";

const RANK: Readonly<Record<DeliveryState, number>> = { queued: 0, sent: 1, acknowledged: 2, accepted: 3 };

/** Whether `state` is `wanted` or further. */
export function hasReached(state: DeliveryState, wanted: DeliveryState): boolean {
  return RANK[state] >= RANK[wanted];
}

export type Qos = 0 | 1 | 2;

/** MQTT 5 publish properties, in the names MQTT.js and Node-RED's own nodes use. */
export interface PublishProperties {
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: Readonly<Record<string, string | string[]>>;
  readonly messageExpiryInterval?: number;
}

/** One MQTT PUBLISH as it goes on the wire. */
export interface Publish {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties?: PublishProperties;
}

/** What waits to be sent: a ready-made publish, or datapoints that are encoded (and packed) when they are sent. */
export type Draft =
  | { readonly kind: "publish"; readonly publish: Publish; readonly replyKey?: string }
  | { readonly kind: "datapoints"; readonly points: Points; readonly qos: 0 | 1 };

/** What the platform said against a message. */
export interface Rejection {
  readonly code: number;
  readonly message: string;
}

/** What became of a message, times in ms since the Unix epoch. Goes into `msg.onenet`. */
export interface Receipt {
  readonly state: DeliveryState;
  /** The id in OneNET's JSON, where there is one: what the platform's logs show. */
  readonly id?: string;
  /** How often it was handed to the socket. */
  readonly attempts: number;
  readonly queuedAt: number;
  readonly sentAt?: number;
  readonly acknowledgedAt?: number;
  readonly acceptedAt?: number;
}

/** How a message wants to be handled. */
export interface DeliveryOptions {
  /** When the sender is told: it is told once, at this state or at a failure before it. */
  readonly completeWhen: DeliveryState;
  /** Life time in ms from now; a message older than this is not sent. Never, when missing. */
  readonly expiryMs?: number;
  /** `high` overtakes what is `normal`; within a priority the order is kept. */
  readonly priority?: "high" | "normal";
  /** An answer to a command, or a birth message: overtakes everything, ignores the window, is sent once or not at all. */
  readonly answer?: boolean;
  /**
   * Means something to its sender only, and now: always taken, goes ahead of what has gathered (not of answers and `high`
   * ones), is never written to disk, and its sender is told nothing less than it asked for.
   */
  readonly transient?: boolean;
  /** Puts the failure in the sender's words (an expired answer is ONENET_COMMAND_EXPIRED). */
  readonly explain?: (failure: Failure) => OneNetError;
}

/** Why a message failed, before it is put in words. */
export type Failure =
  | { readonly kind: "expired"; readonly ageMs: number; readonly expiryMs: number }
  | { readonly kind: "rejected"; readonly rejection: Rejection }
  | { readonly kind: "link-lost" }
  | { readonly kind: "other"; readonly error: OneNetError };

/** One datapoint of a message that failed while others of it went well. */
export interface FailedPoint extends PointName {
  readonly error: OneNetError;
}

/** These points, all failed for one reason. */
export function failedPoints(
  points: Pick<Points, "map"> | readonly PointName[],
  error: OneNetError,
): FailedPoint[] {
  return points.map(({ stream, event, device }) => ({
    stream,
    ...(event && { event }),
    ...(device && { device }),
    error,
  }));
}

/** Tells the sender, once: an error when nothing of it got through, else how far it came and what of it failed. */
export type Tell = (error: OneNetError | undefined, receipt: Receipt, failed: readonly FailedPoint[]) => void;

/** A message in the outbox or in flight. Only the delivery folder changes it. */
export interface QueuedMessage {
  readonly draft: Draft;
  readonly options: DeliveryOptions;
  readonly bytes: number;
  readonly queuedAt: number;
  /** Monotonic ms at which it was taken, for its age. */
  readonly queuedAtMonotonicMs: number;
  state: DeliveryState;
  id?: string;
  attempts: number;
  sentAt?: number;
  acknowledgedAt?: number;
  acceptedAt?: number;
  /** It is sent before others that wait longer: it is live, or of high priority. */
  overtakes?: true;
  /** How far its QoS 2 handshake had come in an earlier run. */
  handshakeMark?: HandshakeMark;
  /** Its number in the disk store; missing while it is in memory only. */
  seq?: number;
  /** The sender has been told. */
  told: boolean;
  /** The sender knows of *queued* only, or is gone: the outcome is told to whoever watches the connection. */
  isOutcomeOpen: boolean;
  /** It is out of the outbox and out of flight for good. */
  settled: boolean;
  /** Datapoints of it that are neither accepted nor failed; 1 for a publish. */
  partsLeft: number;
  failed: FailedPoint[] | undefined;
  /** Called once; then let go of, with all that it holds: what is told may be kept for its late reply. */
  tell: Tell;
}

/** The `tell` of a message whose sender has been told, or is gone. */
export const nobody: Tell = () => undefined;

export function receiptOf(message: QueuedMessage): Receipt {
  const { state, id, attempts, queuedAt, sentAt, acknowledgedAt, acceptedAt } = message;
  // Made for each message: plain assignments cost a tenth of conditional spreads.
  const receipt: { -readonly [Key in keyof Receipt]: Receipt[Key] } = { state, attempts, queuedAt };
  if (id !== undefined) receipt.id = id;
  if (sentAt !== undefined) receipt.sentAt = sentAt;
  if (acknowledgedAt !== undefined) receipt.acknowledgedAt = acknowledgedAt;
  if (acceptedAt !== undefined) receipt.acceptedAt = acceptedAt;
  return receipt;
}

/** Of datapoints; undefined of a ready-made publish, which ends every post. */
export function qosOf(message: QueuedMessage | undefined): 0 | 1 | undefined {
  return message?.draft.kind === "datapoints" ? message.draft.qos : undefined;
}

/** How many parts of a message have an outcome each: its datapoints; a publish is one. */
export function partsOf(draft: Draft): number {
  return draft.kind === "datapoints" ? draft.points.length : 1;
}
