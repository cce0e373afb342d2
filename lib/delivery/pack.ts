import type { Points } from "../protocol/dense-points";
import type { Handshake } from "./link";
import { hasReached, type Publish, type QueuedMessage } from "./message";

/** What one message contributes to a pack: all of it, or some of its datapoints. */
export interface PackPart {
  readonly message: QueuedMessage;
  /** Empty for a ready-made publish. */
  readonly points: Points;
}

/**
 * One PUBLISH and what it carries. It keeps its id and its bytes through every retry, so that the platform, and
 * whoever reads its logs, can tell a repetition from a new message.
 */
export interface Pack {
  readonly publish: Publish;
  readonly parts: readonly PackPart[];
  /** The key of the platform's reply that settles it; none when PUBACK or the write is all there is. */
  readonly replyKey: string | undefined;
  readonly isAnswer: boolean;
  /** Counts up in the order in which packs were sent first, with fractions for parts of one; 0 before that. */
  order: number;
  /** The same for the last time it was sent. */
  number: number;
  attempts: number;
  /** Deadlines that passed while the link was alive: these count against the attempts allowed. */
  timeouts: number;
  /** How often the link was closed right after it was sent while it was the oldest one unanswered. */
  closedLinks: number;
  acknowledged: boolean;
  /** Not sent yet: the newest samples of a backlog, which begin the next post when more of it waits. */
  isHeld: boolean;
  /** Sent on the present link, and neither through nor given up. */
  isInFlight: boolean;
  sentAtMonotonicMs: number;
  /** With QoS 2. */
  readonly handshake: Handshake | undefined;
}

export function newPack(
  publish: Publish,
  parts: readonly PackPart[],
  replyKey: string | undefined,
  handshake?: Handshake,
): Pack {
  return {
    publish,
    parts,
    replyKey,
    isAnswer: parts[0]?.message.options.answer === true,
    order: 0,
    number: 0,
    attempts: 0,
    timeouts: 0,
    closedLinks: 0,
    acknowledged: false,
    isHeld: false,
    isInFlight: false,
    sentAtMonotonicMs: 0,
    handshake,
  };
}

/** In the order in which they were sent first; what was never sent is the newest. */
export function bySending(a: Pack, b: Pack): number {
  return (a.order || Number.MAX_VALUE) - (b.order || Number.MAX_VALUE);
}

/** Whether somebody still waits for something of it. */
export function isOpen(pack: Pack): boolean {
  for (const { message } of pack.parts) if (!message.settled) return true;
  return false;
}

/** The other side has it, and everybody has been told so: no reply is worth a repetition. */
export function isThrough(pack: Pack): boolean {
  return pack.acknowledged && isTold(pack);
}

/**
 * Whether every sender, and whoever watches for what became of *queued* ones, knows what it wanted to know of a pack
 * that has been sent, or will when the other parts of its message have come as far.
 */
export function isTold(pack: Pack): boolean {
  const reached = pack.acknowledged ? "acknowledged" : "sent";
  for (const { message } of pack.parts) {
    if (!message.told && !hasReached(reached, message.options.completeWhen)) return false;
    // The outcome of a datapoint is the platform's word, not the broker's.
    if (message.isOutcomeOpen && !message.settled && pack.replyKey !== undefined) return false;
  }
  return true;
}

/**
 * Whether its payload may be written over once the pack is done with: the server has acknowledged it, so it has all of
 * the bytes; what was sent twice may still lie in a socket.
 */
export function isPayloadFree({ acknowledged, attempts }: Pack): boolean {
  return acknowledged && attempts === 1;
}

/** A post of datapoints, which can be taken apart; not a ready-made publish. */
export function isPost(pack: Pack): boolean {
  return pack.parts[0]?.points.length !== 0;
}
