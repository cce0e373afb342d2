import type { JsonValue } from "../protocol/json";
import type { AnswerDesk } from "./answer-desk";
import type { EventHub } from "./events";
import type { FaultBoard } from "./faults";
import type { SimulatedUser, SimulatorRules } from "./options";
import type { RateKeeper } from "./rates";
import type { Registry } from "./registry";

/** A device's answer to a question of the platform. */
export interface DeviceAnswer {
  /** Of a set or get: the device's code; 200 is success. Of a command: 200. */
  readonly code: number;
  readonly message: string;
  /** The answer as the device sent it. */
  readonly body: Uint8Array;
  /** Of a get: the values; of a service: its outputs. */
  readonly data?: JsonValue | undefined;
}

/** What the parts of one simulator share. */
export interface SimulatorContext {
  readonly registry: Registry;
  readonly rules: SimulatorRules;
  readonly user: SimulatedUser | undefined;
  readonly hub: EventHub;
  readonly faults: FaultBoard;
  readonly rates: RateKeeper;
  readonly desk: AnswerDesk<DeviceAnswer>;
}
