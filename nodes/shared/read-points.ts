import type { FailedDatapoint, Sendable } from "../../lib/client/device";

/** What the check against the thing model made of a value; an entry of `msg.onenet.changed`. */
export interface ChangedValue {
  readonly stream: string;
  /** Where in the value: the stream itself, or `stream.member`, `stream[3]`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  /** Why, as the type's rules call it. */
  readonly rule: string;
}

/** `too-soon`: within the shortest time between two reports. */
export type HoldReason = "unchanged" | "too-soon";

/** A datapoint that was not worth a message; an entry of `msg.onenet.heldBack`. */
export interface HeldBack {
  readonly stream: string;
  readonly reason: HoldReason;
}

/** The points of one message: those that can go, those that cannot, each with its reason, and what became of the others. */
export interface ReadPoints {
  readonly points: Sendable;
  readonly failed: readonly FailedDatapoint[];
  readonly changed: readonly ChangedValue[];
  readonly heldBack: readonly HeldBack[];
}

export const NONE_FAILED: readonly FailedDatapoint[] = [];
export const NONE_CHANGED: readonly ChangedValue[] = [];
export const NONE_HELD_BACK: readonly HeldBack[] = [];
