import type { Clock } from "../clock";
import type { DeliveryFigures } from "../delivery/counters";
import type { DeliveryGate } from "../delivery/gate";
import type { ErrorCode } from "../errors";
import type { Link, LinkState } from "./link";
import type { ConnectionProfile } from "./profile";

/** How one connection fares: gauges of this moment, and counters since it was opened. Holds no secret. */
export interface ConnectionReport extends Partial<DeliveryFigures> {
  /** The identity it is shared by: platform, product and device, or host and client. */
  readonly key: string;
  readonly label: string;
  readonly phase: LinkState["phase"];
  /** Why it is not online. */
  readonly problem?: { readonly code: ErrorCode; readonly message: string };
  readonly store: ConnectionProfile["store"]["mode"];
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Age of the oldest message at hand, in ms. */
  readonly oldestAgeMs?: number;
  readonly inFlight: number;
  readonly logins: number;
  readonly reconnections: number;
}

export function connectionReport(
  key: string,
  label: string,
  profile: ConnectionProfile,
  link: Link,
  gate: DeliveryGate,
  clock: Clock,
): ConnectionReport {
  const { state } = link;
  const problem =
    "problem" in state ? { code: state.problem.code, message: state.problem.message } : undefined;
  const { oldestQueuedAt } = gate;
  return {
    key,
    label,
    phase: state.phase,
    ...(problem === undefined ? {} : { problem }),
    store: profile.store.mode,
    queuedMessages: gate.held,
    queuedBytes: gate.heldBytes,
    ...(oldestQueuedAt === undefined ? {} : { oldestAgeMs: Math.max(0, clock.nowMs() - oldestQueuedAt) }),
    inFlight: gate.inFlight,
    logins: link.logins,
    reconnections: link.reconnections,
    ...gate.figures,
  };
}
