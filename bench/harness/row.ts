/** The shapes every table is made of. */
import type { Bench } from "./bench";

/** What one run of a workload measured, by name. */
export type Sample = Readonly<Record<string, number>>;

/** What must hold: a figure at most, or at least, this. */
export interface Target {
  readonly op: "<=" | ">=";
  readonly value: number;
  /** What targets.md hopes for beyond the target. */
  readonly stretch?: number;
}

/** One line of a table. With `other` the ratio ours / other of each round is judged, else `ours` itself. */
export interface Figure {
  readonly label: string;
  readonly unit: string;
  /** One value per round or run. */
  readonly ours: readonly number[];
  readonly other?: { readonly name: string; readonly values: readonly number[] };
  /** Shown beside ours and not compared: what core loses. */
  readonly beside?: { readonly name: string; readonly values: readonly number[] };
  /** Missing: reported only. */
  readonly target?: Target;
  /** `worst`: every run must meet it (a loss is a loss). Default: the median. */
  readonly judge?: "median" | "worst";
}

/** What came of a row. */
export interface Outcome {
  readonly figures: readonly Figure[];
  /** Why the row cannot be judged yet: a feature that is not built. */
  readonly notAvailable?: string;
  /** Why nothing was measured: the workload failed or hung. */
  readonly failure?: string;
  readonly notes?: readonly string[];
}

/** One row of targets.md. */
export interface Row {
  readonly id: string;
  readonly what: string;
  measure(bench: Bench): Promise<Outcome>;
}

/** The values of one name, over all runs. */
export function valuesOf(samples: readonly Sample[], name: string): number[] {
  return samples.map((sample) => {
    const value = sample[name];
    if (value === undefined) throw new Error(`no “${name}” was measured`);
    return value;
  });
}
