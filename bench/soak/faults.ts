/** What strikes at random, every twenty seconds. */
export const SOAK_FAULTS = ["broker killed", "link cut", "black hole", "evicted", "login refused"] as const;
export type SoakFault = (typeof SOAK_FAULTS)[number];

/** A broker or platform that can be struck, with a link to it. */
export interface SoakWorld {
  readonly name: string;
  /** Where Node-RED connects to. */
  readonly port: number;
  /** Ids in the order of their arrival, repetitions included, for each of its sources. */
  readonly arrivals: Readonly<Record<string, readonly number[]>>;
  /** Resolves when the fault is over and the world is well again. */
  strike(fault: SoakFault): Promise<void>;
  close(): Promise<void>;
}

/** Numbers from 0 to under 1 that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
