import type { Clock } from "../clock";
import type { Receipt } from "../delivery/message";
import { countMessageIds } from "../delivery/message-id";
import type { Subject } from "../delivery/subject";
import type { OneNetError } from "../errors";
import type { LinkState, LoginLog } from "./link-state";

/** Whoever wants to know how a connection fares. */
export interface ConnectionListener {
  stateChanged(state: LinkState): void;
  /** Something went wrong that belongs to no message of a living node: one's outcome that came too late to be told. */
  failed?(error: OneNetError, receipt?: Receipt): void;
  /** What became of a message whose sender heard *queued* only, or that an earlier run has left on disk. */
  outcome?(error: OneNetError | undefined, receipt: Receipt, subject: Subject): void;
  /** What waited was thrown away. */
  purged?(): void;
}

/** What a connection needs from outside; tests put their own in. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly loginLog: LoginLog;
  readonly nextMessageId: () => number;
}

/** Ids run through all connections of a process, from a random start. */
export const processMessageIds = countMessageIds();
