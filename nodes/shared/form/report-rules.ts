/**
 * Report by exception: which values of a property are worth a message. The rows of the form, and what they mean to
 * the runtime.
 */
import { type Range, REPORT_RANGES } from "./ranges";
import { type FindConnection, holdsEnv, numberIn, oneOf, type Reason, type Rule, textOf } from "./reason";

/** `absolute` and `percent`: when it differs by at least the deadband from what was reported last. */
export const REPORT_WHEN = ["always", "change", "absolute", "percent"] as const;
export type ReportWhen = (typeof REPORT_WHEN)[number];

/** The row that counts for every property without one of its own. */
export const ALL_OTHERS = "*";

/** A row as it is saved: texts, as they were typed. */
export interface ReportRow {
  /** An identifier (or a stream), or `*`. */
  readonly stream: string;
  readonly when: ReportWhen;
  /** Of `absolute` in the property's unit, of `percent` in percent of what was reported last. */
  readonly deadband: string;
  readonly atMostEverySeconds: string;
  readonly atLeastEverySeconds: string;
}

const EMPTY_ROW: ReportRow = {
  stream: "",
  when: "change",
  deadband: "",
  atMostEverySeconds: "",
  atLeastEverySeconds: "",
};

/** A new table begins with the row for all. */
export function newReportRow(isFirst: boolean): ReportRow {
  return isFirst ? { ...EMPTY_ROW, stream: ALL_OTHERS } : EMPTY_ROW;
}

/** The saved rows; tolerates whatever a flow file may hold. */
export function readReportRows(saved: unknown): ReportRow[] {
  const rows: readonly unknown[] = Array.isArray(saved) ? saved : [];
  return rows
    .filter((row): row is Readonly<Record<string, unknown>> => typeof row === "object" && row !== null)
    .map((row) => ({
      stream: textOf(row["stream"]),
      when: REPORT_WHEN.find((choice) => choice === row["when"]) ?? "change",
      deadband: textOf(row["deadband"]),
      atMostEverySeconds: textOf(row["atMostEverySeconds"]),
      atLeastEverySeconds: textOf(row["atLeastEverySeconds"]),
    }));
}

export function hasDeadband(when: ReportWhen): boolean {
  return when === "absolute" || when === "percent";
}

/** What is wrong with one field of a row. */
export interface RowProblem {
  readonly field: keyof ReportRow;
  readonly reason: Reason;
}

/**
 * What is wrong with a row, or undefined.
 *
 * @param streams those of all rows: each may stand in one only
 * @param judgeStream whether the name can be one; the connection's product knows
 */
export function judgeReportRow(
  row: ReportRow,
  streams: readonly string[],
  judgeStream: (stream: string) => Reason | undefined,
): RowProblem | undefined {
  const { stream } = row;
  if (stream === "") return { field: "stream", reason: { key: "reason.reportStream" } };
  if (streams.filter((other) => other === stream).length > 1)
    return { field: "stream", reason: { key: "reason.reportTwice", params: { stream } } };
  const nameProblem = stream === ALL_OTHERS || holdsEnv(stream) ? undefined : judgeStream(stream);
  if (nameProblem !== undefined) return { field: "stream", reason: nameProblem };
  return judgeNumbers(row);
}

function judgeNumbers(row: ReportRow): RowProblem | undefined {
  const { when, atMostEverySeconds: most, atLeastEverySeconds: least } = row;
  const wrongChoice = oneOf(REPORT_WHEN)(when);
  if (wrongChoice !== undefined) return { field: "when", reason: wrongChoice };
  const ranges: readonly (readonly [field: "deadband" | IntervalField, range: Range])[] = [
    ...(hasDeadband(when) ? [["deadband", REPORT_RANGES.deadband] as const] : []),
    ["atMostEverySeconds", REPORT_RANGES.atMostEverySeconds],
    ["atLeastEverySeconds", REPORT_RANGES.atLeastEverySeconds],
  ];
  for (const [field, range] of ranges) {
    const reason = numberIn(range)(row[field]);
    // “from 0 to 1.8e308” helps nobody
    if (reason !== undefined && field === "deadband") return { field, reason: { key: "reason.deadband" } };
    if (reason !== undefined) return { field, reason };
  }
  const isTurned = most !== "" && least !== "" && Number(least) < Number(most);
  return isTurned ? { field: "atLeastEverySeconds", reason: { key: "reason.reportIntervals" } } : undefined;
}

type IntervalField = "atMostEverySeconds" | "atLeastEverySeconds";

/** The rule of the whole table. */
export function reportRowsRule(
  judgeStream: (stream: string, find: FindConnection) => Reason | undefined,
): Rule {
  return (value, _read, find) => {
    const rows = readReportRows(value);
    const streams = rows.map(({ stream }) => stream);
    for (const row of rows) {
      const problem = judgeReportRow(row, streams, (stream) => judgeStream(stream, find));
      if (problem !== undefined) return problem.reason;
    }
    return undefined;
  };
}
