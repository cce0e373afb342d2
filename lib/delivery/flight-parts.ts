import type { Clock } from "../clock";
import type { BadStreams } from "./bad-streams";
import type { DeliveryCounters } from "./counters";
import type { DeliverySettings } from "./delivery-settings";
import type { Pack } from "./pack";
import type { Packer } from "./packer";
import type { Settlement } from "./settlement";

/** What a flight works with; all of it belongs to one connection. */
export interface FlightParts {
  readonly settings: DeliverySettings;
  readonly packer: Packer;
  readonly clock: Clock;
  readonly settlement: Settlement;
  readonly counters: DeliveryCounters;
  readonly badStreams: BadStreams;
  /** There may be room for more. */
  readonly onProgress: () => void;
  /** These must be sent (again), before anything else. */
  readonly onSendAgain: (packs: readonly Pack[]) => void;
}
