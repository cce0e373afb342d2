import type { Datapoint } from "../protocol/datapoint";
import { pointKey } from "../protocol/point-key";
import type { QueuedMessage } from "./message";
import type { PackPart } from "./pack";

/** Whether a newer one than this, of this message, has gone before. */
export type IsPast = (point: Datapoint, message: QueuedMessage) => boolean;

const REMEMBERED_MAX = 200_000;

/**
 * What has been sent before older samples that still wait (live first, or of high priority): those must not become
 * the present value any more.
 */
export class Overtaken {
  /** The newest one by property, event and device: when its message was queued (monotonic ms), and its time. */
  readonly #since = new Map<string, { readonly queuedAtMs: number; readonly atMs: number }>();

  get size(): number {
    return this.#since.size;
  }

  remember(parts: readonly PackPart[]): void {
    for (const { message, points } of parts) {
      if (message.overtakes !== true) continue;
      const { queuedAtMonotonicMs: queuedAtMs } = message;
      for (const point of points) this.#since.set(pointKey(point), { queuedAtMs, atMs: point.atMs ?? 0 });
    }
    if (this.#since.size > REMEMBERED_MAX) this.clear();
  }

  /** One without a time is dated when it arrives: it is never past. */
  readonly isPast: IsPast = (point, message) => {
    if (this.#since.size === 0 || point.atMs === undefined) return false;
    const since = this.#since.get(pointKey(point));
    if (since === undefined) return false;
    const { queuedAtMonotonicMs } = message;
    if (queuedAtMonotonicMs === since.queuedAtMs) return point.atMs <= since.atMs;
    return queuedAtMonotonicMs < since.queuedAtMs;
  };

  /** Whether one of these is past. */
  has(parts: readonly PackPart[]): boolean {
    if (this.#since.size === 0) return false;
    return parts.some(({ message, points }) => points.some((point) => this.isPast(point, message)));
  }

  /** Nothing older waits. */
  clear(): void {
    if (this.#since.size > 0) this.#since.clear();
  }
}
