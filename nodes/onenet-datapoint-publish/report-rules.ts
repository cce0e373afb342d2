import { OneNetError } from "../../lib/errors";
import { isPlainObject } from "../../lib/protocol/json";
import type { FieldReader } from "../shared/config";
import { REPORT_RANGES } from "../shared/form/ranges";
import { ALL_OTHERS, hasDeadband, REPORT_WHEN } from "../shared/form/report-rules";
import { ReportFilter, type ReportRule } from "../shared/report-filter";

/**
 * The filter that the form's table describes; undefined where it is empty.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET
 */
export function readReportFilter(fields: FieldReader, saved: unknown): ReportFilter | undefined {
  const rows = Array.isArray(saved) ? saved.filter(isPlainObject) : [];
  if (rows.length === 0) return undefined;
  const rules = new Map(
    rows.map((row) => {
      const inRow = fields.of(row);
      return [inRow.required("stream"), readRule(inRow)] as const;
    }),
  );
  return new ReportFilter(rules, rules.get(ALL_OTHERS));
}

function readRule(row: FieldReader): ReportRule {
  const when = row.choice("when", REPORT_WHEN, "change");
  const deadband = hasDeadband(when) ? row.optionalNumber("deadband", REPORT_RANGES.deadband) : 0;
  if (deadband === undefined) throw new OneNetError("ONENET_CONFIG_INVALID.missing", { field: "deadband" });
  const seconds = (field: "atMostEverySeconds" | "atLeastEverySeconds") =>
    row.optionalNumber(field, REPORT_RANGES[field]);
  return {
    when,
    deadband,
    atMostEveryMs: (seconds("atMostEverySeconds") ?? 0) * 1000,
    atLeastEveryMs: (seconds("atLeastEverySeconds") ?? Number.POSITIVE_INFINITY) * 1000,
  };
}
