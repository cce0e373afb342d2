import { OneNetError } from "../errors";
import type { Datapoint } from "../protocol/datapoint";
import type { DeviceIdentity } from "../protocol/topic";
import type { QueuedMessage } from "./message";

/**
 * Which of a gateway's sub-devices may post now. What the others have to say stays in the outbox, in its order (and on
 * disk, where there is one), and does not hold up anybody else.
 */
export class Admission {
  /** Asked each time something of a sub-device would be sent. Whoever says no calls {@link release} when it may. */
  mayPost: ((device: DeviceIdentity) => boolean) | undefined;
  /** Looks again at what was set aside. */
  onRelease: () => void = () => undefined;
  #waiting: { readonly resolve: () => void; readonly reject: (reason: OneNetError) => void }[] = [];

  /** Whether it may be sent now. Its datapoints are of one device. */
  admits({ draft }: QueuedMessage): boolean {
    if (this.mayPost === undefined || draft.kind === "publish") return true;
    const { points } = draft;
    // Asked several times for each message: no iterator. Rows are the own device's.
    const first: Datapoint | undefined = Array.isArray(points) ? points[0] : undefined;
    const device = first?.device;
    return device === undefined || this.mayPost(device);
  }

  /**
   * Resolves when the sub-device may post.
   *
   * @throws {OneNetError} rejects with ONENET_CLOSED when the link is gone before that
   */
  async admitted(device: DeviceIdentity): Promise<void> {
    while (this.mayPost?.(device) === false) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
      });
    }
  }

  /** Some may post now. */
  release(): void {
    this.onRelease();
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** The next link begins anew. */
  linkDown(): void {
    this.onRelease();
    for (const { reject } of this.#waiting.splice(0)) reject(new OneNetError("ONENET_CLOSED"));
  }
}
