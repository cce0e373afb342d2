import type { OneNetError } from "../errors";
import type { MqttSession } from "./mqtt-session";

/** What a connection is doing, for a status and for whoever waits. */
export type LinkState =
  | { readonly phase: "connecting" }
  /** Subscribed and ready. */
  | { readonly phase: "online"; readonly warning?: OneNetError }
  /** Something is wrong, and it is tried again in `retryInMs` from the moment this state came. */
  | { readonly phase: "waiting"; readonly problem: OneNetError; readonly retryInMs: number }
  /** What it needs on disk cannot be had (now); it is tried again in a while, at a deploy, or when it is asked to. */
  | { readonly phase: "refused"; readonly problem: OneNetError }
  | { readonly phase: "closed" };

export interface LinkEvents {
  /** Logged in and subscribed: publish away. */
  up(session: MqttSession): void;
  /** @returns whether a publish is to blame for it, and not another login */
  down(closedByPeer: boolean): boolean;
  stateChanged(state: LinkState): void;
}

/** Remembers when a device last logged in; it outlives the link, for the platform counts per device. */
export interface LoginLog {
  lastLoginMs: number | undefined;
}
