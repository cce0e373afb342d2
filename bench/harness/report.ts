import { number } from "./numbers";
import type { Figure, Outcome, Row } from "./row";
import { judge, ratiosOf, type Spread, spreadOf } from "./statistics";

export type RowVerdict = "pass" | "miss" | "not available" | "reported";

export interface Reported {
  readonly row: Row;
  readonly outcome: Outcome;
  readonly verdict: RowVerdict;
}

/** A row misses when one of its figures does. */
export function conclude(row: Row, outcome: Outcome): Reported {
  const verdicts = outcome.figures.map(judge).filter((verdict) => verdict !== undefined);
  if (outcome.failure !== undefined) return { row, outcome, verdict: "miss" };
  if (outcome.notAvailable !== undefined) return { row, outcome, verdict: "not available" };
  if (verdicts.length === 0) return { row, outcome, verdict: "reported" };
  return { row, outcome, verdict: verdicts.every(({ met }) => met) ? "pass" : "miss" };
}

export const HEADER = ["row", "what", "ours", "against", "median (min–max)", "target", "verdict"] as const;

/** The lines of a row, one per figure. */
export function tableLines({ row, outcome }: Reported): string[][] {
  const unavailable = outcome.notAvailable;
  const lines = outcome.figures.map((figure, index) => [
    row.id,
    index === 0 ? `${row.what}: ${figure.label}` : figure.label,
    `${number(spreadOf(figure.ours).median)} ${figure.unit}`,
    describeOther(figure),
    describeSpread(spreadOf(ratiosOf(figure))),
    describeTarget(figure),
    unavailable === undefined ? describeVerdict(figure) : "not available",
  ]);
  const word = outcome.failure === undefined ? "not available" : "FAILED";
  return lines.length > 0 ? lines : [[row.id, row.what, "–", "–", "–", "–", word]];
}

/** What there is to say besides the figures. */
export function notesOf({ outcome: { notAvailable, failure, notes = [] } }: Reported): string[] {
  return [
    ...(notAvailable === undefined ? [] : [`not available: ${notAvailable}`]),
    ...(failure === undefined ? [] : [`failed: ${failure}`]),
    ...notes,
  ];
}

function describeOther({ other, beside }: Figure): string {
  const shown = other ?? beside;
  return shown === undefined ? "–" : `${shown.name} ${number(spreadOf(shown.values).median)}`;
}

function describeSpread({ median, min, max }: Spread): string {
  return `${number(median)} (${number(min)}–${number(max)})`;
}

function describeTarget({ target }: Figure): string {
  if (target === undefined) return "–";
  const sign = target.op === "<=" ? "≤" : "≥";
  return `${sign} ${number(target.value)}${target.stretch === undefined ? "" : ` (${sign} ${number(target.stretch)})`}`;
}

function describeVerdict(figure: Figure): string {
  const verdict = judge(figure);
  if (verdict === undefined) return "–";
  return `${verdict.met ? "pass" : "MISS"}${verdict.noisy ? ", noisy" : ""}`;
}

/** Columns of equal width. */
export function textTable(lines: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_name, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function markdownTable(lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(HEADER), row(HEADER.map(() => "---")), ...lines.map(row)].join("\n");
}
