import type { Figure, Target } from "./row";

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which `share` (0 to 1) of the values lie; NaN for none. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: quantile(values, 0), max: quantile(values, 1) };
}

/** Round by round: what both did in the same minute is compared, never the best of one with the worst of the other. */
export function ratiosOf({ ours, other }: Figure): number[] {
  return other === undefined
    ? [...ours]
    : ours.map((value, round) => value / (other.values[round] ?? Number.NaN));
}

export interface Verdict {
  readonly met: boolean;
  /** Some rounds meet the target and some do not. */
  readonly noisy: boolean;
}

function meets(value: number, { op, value: limit }: Target): boolean {
  return op === "<=" ? value <= limit : value >= limit;
}

/** undefined for a figure that is only reported. */
export function judge(figure: Figure): Verdict | undefined {
  const { target } = figure;
  if (target === undefined) return undefined;
  const values = ratiosOf(figure);
  const { median, min, max } = spreadOf(values);
  const isMixed = meets(min, target) !== meets(max, target);
  if (figure.judge === "worst")
    return { met: values.length > 0 && values.every((value) => meets(value, target)), noisy: false };
  return { met: meets(median, target), noisy: isMixed };
}
