import type { OneNetError } from "../errors";

/** What a connection is doing, for a status and for whoever waits. */
export type LinkState =
  | { readonly phase: "connecting" }
  /** Subscribed and ready. */
  | { readonly phase: "online"; readonly warning?: OneNetError }
  /** Something is wrong, and it is tried again in `retryInMs` from the moment this state came. */
  | { readonly phase: "waiting"; readonly problem: OneNetError; readonly retryInMs: number }
  /** It cannot be opened with these settings; only a change of them helps. */
  | { readonly phase: "refused"; readonly problem: OneNetError }
  | { readonly phase: "closed" };
