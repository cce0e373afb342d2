/** Flows for the simulated platform. */
import type { ProductKind } from "../../lib/protocol/platform";
import { type ConnectionChoice, type FlowNode, ourDevice, tab } from "../runtime/flows";

export interface DeviceChoice extends ConnectionChoice {
  readonly productKind?: ProductKind;
  /** What the connection keeps to; undefined: as fast as the link takes them. */
  readonly messagesPerSecond?: number;
  readonly sendOrder?: "strict" | "live-first";
}

/** A connection of the simulated device. */
export function simulatedDevice(choice: DeviceChoice): FlowNode {
  return {
    ...ourDevice(choice),
    platform: "simulator",
    productKind: choice.productKind ?? "data-stream",
    messagesPerSecond: String(choice.messagesPerSecond ?? 0),
    sendOrder: choice.sendOrder ?? "strict",
  };
}

/** A node of ours on the device's connection. */
export function nodeOn(
  choice: DeviceChoice,
  type: string,
  id: string,
  fields: Readonly<Record<string, unknown>> = {},
): FlowNode {
  return { id, type, z: tab.id, x: 100, y: 100, wires: [[]], connection: ourDevice(choice).id, ...fields };
}
