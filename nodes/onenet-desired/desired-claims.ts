import { isDeepStrictEqual } from "node:util";
import type { DesiredValue } from "../../lib/protocol/desired";

export type DesiredValues = Readonly<Record<string, DesiredValue>>;

/** Values that one get applies. */
interface Claim {
  /** When it becomes true, the flow may have lost them on the way: another get may apply them. */
  readonly isOver: () => boolean;
  /** There was an answer. */
  isTried: boolean;
}

/**
 * Sees to it that of the gets of a device that run at once (of two nodes, after a login) only one applies a value of one
 * version. A get that begins when they are through applies it anew: it is a wish that still stands.
 */
export class DesiredClaims {
  readonly #claims = new Map<string, { readonly desired: DesiredValue; readonly claim: Claim }>();
  #gets = 0;

  async during<Result>(get: () => Promise<Result>): Promise<Result> {
    this.#gets += 1;
    try {
      return await get();
    } finally {
      this.#gets -= 1;
      if (this.#gets === 0) this.#claims.clear();
    }
  }

  /** Claims what no other get has. @returns these values */
  claim(values: DesiredValues, names: readonly string[], claim: Claim): ReadonlyMap<string, DesiredValue> {
    const claimed = new Map<string, DesiredValue>();
    for (const name of names) {
      const desired = values[name];
      if (desired === undefined || this.#isClaimed(name, desired)) continue;
      claimed.set(name, desired);
      this.#claims.set(name, { desired, claim });
    }
    return claimed;
  }

  /** These are deleted: what comes now was set since, and may begin with the same version again. */
  release(values: DesiredValues, names: readonly string[]): void {
    for (const name of names) {
      if (isDeepStrictEqual(this.#claims.get(name)?.desired, values[name])) this.#claims.delete(name);
    }
  }

  #isClaimed(name: string, wanted: DesiredValue): boolean {
    const known = this.#claims.get(name);
    if (known === undefined || !isDeepStrictEqual(known.desired, wanted)) return false;
    return known.claim.isTried || !known.claim.isOver();
  }
}
