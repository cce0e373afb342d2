import { EventLog } from "../../test/support/events";
import type { Sample } from "./row";

/** What a workload's process tells the bench. */
export interface ChildMessage {
  readonly event: string;
  readonly values?: Sample;
  readonly error?: string;
}

/** A workload's side of the talk with the bench, which plays the broker, the network and the requester. */
export interface Stage {
  tell(event: string, values?: Sample): void;
  waitFor(signal: string): Promise<void>;
}

/** No limit: the bench has one, and a workload ends with the bench. */
const FOREVER_MS = 2 ** 31 - 1;

export function openStage(): Stage {
  const signals = new EventLog<string>("signals");
  process.on("message", (message: { readonly signal?: string }) => {
    if (message.signal !== undefined) signals.push(message.signal);
  });
  process.once("disconnect", () => process.exit(1));
  return {
    tell: (event, values = {}) => void process.send?.({ event, values }),
    waitFor: async (signal) => {
      await signals.waitFor((each) => each === signal, { timeoutMs: FOREVER_MS, what: `signal ${signal}` });
    },
  };
}
