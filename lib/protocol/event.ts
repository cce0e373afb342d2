/**
 * Events of a thing-model product (物模型事件).
 *
 * ```
 * post ↑ {"id":"1","version":"1.0","params":{"alarm":{"value":{"level":2},"time":1524448722123}}}      time in ms, optional
 * ```
 * @see docs 901, 902
 */
import type { Datapoint } from "./datapoint";
import type { Points } from "./dense-points";
import { readSamples } from "./sample";
import { encodeSamplesPost } from "./thing-post";
import { readUplink, type UplinkRefusal, type UplinkRequest } from "./uplink";

/**
 * Encodes the body of `thing/event/post`; each value is the object of the event's outputs.
 *
 * @param messageId echoed as text: an integer from 1 to 2^31-1
 * @throws {OneNetError} ONENET_DATAPOINT_INVALID.empty, ONENET_PAYLOAD_TOO_LARGE, ONENET_INTERNAL if an identifier stands twice
 */
export function encodeEventPost(messageId: number, ...lists: readonly Points[]): Buffer {
  return encodeSamplesPost(messageId, lists);
}

export interface EventPost {
  /** Each with `event: true`, its value the object of outputs. */
  readonly points: readonly Datapoint[];
}

/**
 * Reads a device's event post as the platform does, as far as that needs no thing model. What it says to a value
 * that is no object is unknown: 2402 here.
 *
 * @see device-mqtt.md §6.3: 2402, 2403, 2405, 2409, 2415
 */
export function parseEventPost(payload: Uint8Array): UplinkRequest<EventPost> | UplinkRefusal {
  return readUplink(payload, (params) => readSamples(params, { event: true }));
}
