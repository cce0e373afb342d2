import type { Pack } from "./pack";

/** A reply later than so many packs ago is not waited for, nor (but for the newest packs) so many messages ago. */
const REMEMBERED_PACKS = 64;
const REMEMBERED_MESSAGES = 1000;
const REMEMBERED_ALWAYS = 2;

/**
 * Packs that are done for their senders (*acknowledged* was enough) while the platform's reply is still out. They
 * hold up nothing; but a rejection of one must not be lost, nor the innocent datapoints in it.
 */
export class LateReplies {
  readonly #packs = new Map<string, Pack>();
  #messages = 0;

  add(pack: Pack): void {
    if (pack.replyKey === undefined) return;
    this.#packs.set(pack.replyKey, pack);
    this.#messages += pack.parts.length;
    for (const oldest of this.#packs.keys()) {
      const isTooMuch = this.#packs.size > REMEMBERED_PACKS || this.#messages > REMEMBERED_MESSAGES;
      if (!isTooMuch || this.#packs.size <= REMEMBERED_ALWAYS) return;
      this.take(oldest);
    }
  }

  take(replyKey: string): Pack | undefined {
    const pack = this.#packs.get(replyKey);
    if (pack === undefined) return undefined;
    this.#packs.delete(replyKey);
    this.#messages -= pack.parts.length;
    return pack;
  }

  /** The link is gone, and the replies with it. */
  clear(): void {
    this.#packs.clear();
    this.#messages = 0;
  }
}
