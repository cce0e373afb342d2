import type { JsonValue } from "../protocol/json";
import type { Datapoint } from "../protocol/value";
import type { SimulatorContext } from "./context";
import { type DeviceRecord, MAX_NAMES } from "./device-record";
import { Timeline } from "./timeline";

type ArchiveContext = Pick<SimulatorContext, "rules" | "hub">;

/**
 * Keeps what a thing-model device posted: samples of properties and the last of each, and events. The same sample
 * sent twice is kept twice (whether the platform does is unknown): so a test sees repetitions.
 *
 * @param nowMs the time of a point that has none
 */
export function keepPoint(
  context: ArchiveContext,
  device: DeviceRecord,
  point: Datapoint,
  nowMs: number,
): void {
  const { stream, value, atMs = nowMs, event } = point;
  if (event) keepEvent(context, device, stream, value, atMs);
  else keepSample(context, device, stream, value, atMs);
}

function keepSample(
  context: ArchiveContext,
  device: DeviceRecord,
  identifier: string,
  value: JsonValue,
  atMs: number,
): void {
  device.remember("properties", identifier, value, atMs);
  let samples = device.history.get(identifier);
  if (!samples) {
    if (device.history.size >= MAX_NAMES) return;
    samples = new Timeline(context.rules.historyPerProperty);
    device.history.set(identifier, samples);
  }
  if (samples.add(atMs, value)) tellFull(context, device, samples.limit, identifier);
}

function keepEvent(
  context: ArchiveContext,
  device: DeviceRecord,
  identifier: string,
  value: JsonValue,
  atMs: number,
): void {
  device.events ??= new Timeline(context.rules.eventsPerDevice);
  if (device.events.add(atMs, { identifier, value })) tellFull(context, device, device.events.limit);
}

function tellFull(
  { hub }: ArchiveContext,
  { productId, deviceName }: DeviceRecord,
  kept: number,
  identifier?: string,
): void {
  const about = identifier === undefined ? {} : { identifier };
  hub.emit({ event: "history-full", productId, deviceName, kept, ...about });
}
