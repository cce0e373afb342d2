import type { Pack } from "./pack";

/** A reply later than so many packs ago is not waited for. */
const REMEMBERED_PACKS = 64;

/**
 * Packs that are done for their senders (*acknowledged* was enough) while the platform's reply is still out. They
 * hold up nothing; but a rejection of one must not be lost, nor the innocent datapoints in it.
 */
export class LateReplies {
  readonly #packs = new Map<string, Pack>();

  add(pack: Pack): void {
    if (pack.replyKey === undefined) return;
    this.#packs.set(pack.replyKey, pack);
    const oldest = this.#packs.keys().next().value;
    if (this.#packs.size > REMEMBERED_PACKS && oldest !== undefined) this.#packs.delete(oldest);
  }

  take(replyKey: string): Pack | undefined {
    const pack = this.#packs.get(replyKey);
    this.#packs.delete(replyKey);
    return pack;
  }

  /** The link is gone, and the replies with it. */
  clear(): void {
    this.#packs.clear();
  }
}
