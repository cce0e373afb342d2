import type { BatchRoom } from "../protocol/batch-room";
import { MAX_PAYLOAD_BYTES } from "../protocol/limits";
import { type QueuedMessage, qosOf } from "./message";
import type { PackPart } from "./pack";
import { type WaitingLine, wholeOf } from "./packer";

/** It is given up when so many messages of others stand between, to begin with and for each one found. */
const OTHERS_FIRST = 500;
const OTHERS_MAX = 50;

/**
 * Takes along what waits of the devices that a post holds already, past messages of others: a gateway's devices report in
 * turn, so a post that ended with the eleventh would never hold a history. The order of each device is kept, and nothing
 * goes past a ready-made publish or datapoints of another QoS.
 *
 * @param bytes of the post so far, as `message.bytes` counts them
 */
export function pickBehind(
  line: WaitingLine,
  room: BatchRoom,
  qos: 0 | 1 | undefined,
  bytes: number,
): readonly PackPart[] {
  let total = bytes;
  let found = 0;
  let others = 0;
  let isOver = false;
  const isWanted = (message: QueuedMessage): boolean => {
    isOver ||= qosOf(message) !== qos || others > OTHERS_FIRST + OTHERS_MAX * found;
    if (isOver || message.draft.kind !== "datapoints") return false;
    const { points } = message.draft;
    if (total + message.bytes <= MAX_PAYLOAD_BYTES && room.isOpenTo(points) && room.add(points)) {
      total += message.bytes;
      found += 1;
      return true;
    }
    others += 1;
    room.close(points);
    return false;
  };
  return line
    .pick(isWanted)
    .filter(({ settled }) => !settled)
    .map(wholeOf);
}
