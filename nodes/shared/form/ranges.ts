/**
 * The numbers a form and the runtime allow in each field: one table for both, so they cannot disagree.
 * What the platform imposes comes from `lib/protocol/limits`; the rest are bounds of good sense.
 */
import {
  KEEP_ALIVE_MAX_SECONDS,
  KEEP_ALIVE_MIN_SECONDS,
  MAX_MESSAGE_ID,
  MAX_SUB_DEVICES,
} from "../../../lib/protocol/limits";

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** Empty is allowed, and means "none" or "the usual one". */
  readonly optional?: boolean;
}

const DAY_SECONDS = 86_400;

export const CONNECTION_RANGES = {
  port: { min: 1, max: 65_535, integer: true, optional: true },
  tokenLifetimeHours: { min: 0.1, max: 876_000 },
  keepAliveSeconds: { min: KEEP_ALIVE_MIN_SECONDS, max: KEEP_ALIVE_MAX_SECONDS, integer: true },
  /** Any MQTT broker: 0 switches it off. */
  keepAlivePlainSeconds: { min: 0, max: 65_535, integer: true },
  connectTimeoutSeconds: { min: 1, max: 300 },
  sessionExpirySeconds: { min: 0, max: 4_294_967_295, integer: true, optional: true },
  queueMaxMessages: { min: 1, max: 10_000_000, integer: true, optional: true },
  queueMaxMiB: { min: 0.01, max: 102_400, optional: true },
  /** With a disk store: so many waiting messages keep their senders waiting. */
  waitingSendersMax: { min: 0, max: 1_000_000, integer: true },
  /** 0: not limited. */
  messagesPerSecond: { min: 0, max: 1_000_000, optional: true },
  inFlightMax: { min: 1, max: 65_535, integer: true },
  ackTimeoutSeconds: { min: 0.1, max: 3600 },
  ackAttempts: { min: 1, max: 100, integer: true },
} as const satisfies Readonly<Record<string, Range>>;

export const MESSAGE_RANGES = {
  /** How long a message may wait before it is given up. */
  expirySeconds: { min: 0.1, max: 365 * DAY_SECONDS, optional: true },
  /** MQTT 5, sent to the broker. */
  messageExpirySeconds: { min: 0, max: 4_294_967_295, integer: true, optional: true },
  /** From the arrival of a command to its answer; the platform itself waits 30 s at most. */
  deadlineSeconds: { min: 0.1, max: 3600 },
  /** From a request of the device to the platform's reply. */
  timeoutSeconds: { min: 0.1, max: 3600 },
  failureCode: { min: 0, max: MAX_MESSAGE_ID, integer: true },
} as const satisfies Readonly<Record<string, Range>>;

/** Report by exception. */
export const REPORT_RANGES = {
  deadband: { min: 0, max: Number.MAX_VALUE },
  atMostEverySeconds: { min: 0, max: 365 * DAY_SECONDS, optional: true },
  atLeastEverySeconds: { min: 0.1, max: 365 * DAY_SECONDS, optional: true },
} as const satisfies Readonly<Record<string, Range>>;

/** Messages in a queue at which the connection status node tells of it. */
export const QUEUE_MARK_RANGES = {
  queueHighMessages: { min: 1, max: 10_000_000, integer: true, optional: true },
  queueLowMessages: { min: 0, max: 10_000_000, integer: true, optional: true },
} as const satisfies Readonly<Record<string, Range>>;

export const SIMULATOR_RANGES = {
  /** 0: any free port; empty: the usual one. */
  port: { min: 0, max: 65_535, integer: true, optional: true },
  httpPort: { min: 0, max: 65_535, integer: true, optional: true },
} as const satisfies Readonly<Record<string, Range>>;

export const SUBDEVICE_RANGES = {
  /** How many devices of one product a gateway has. */
  deviceCount: { min: 1, max: MAX_SUB_DEVICES, integer: true, optional: true },
} as const satisfies Readonly<Record<string, Range>>;
