import assert from "node:assert/strict";
import { datapointPublishRules } from "../../../nodes/shared/form/node-rules";
import {
  judgeReportRow,
  newReportRow,
  type ReportRow,
  readReportRows,
} from "../../../nodes/shared/form/report-rules";
import { DATA_STREAM_CHOSEN, judge, ONENET_CHOSEN } from "./fields";

const row = (fields: Partial<ReportRow> = {}): ReportRow => ({
  ...newReportRow(false),
  stream: "temp",
  ...fields,
});

describe("form: the table of report by exception", () => {
  it("begins with a row for all", () => {
    assert.equal(newReportRow(true).stream, "*");
    assert.equal(newReportRow(false).stream, "");
  });

  it("reads what a flow file holds, whatever it is", () => {
    assert.deepEqual(readReportRows(undefined), []);
    assert.deepEqual(readReportRows([null, 1, { stream: " a ", when: "never", deadband: 0.5 }]), [
      { stream: "a", when: "change", deadband: "0.5", atMostEverySeconds: "", atLeastEverySeconds: "" },
    ]);
  });

  const CASES: readonly (readonly [fields: Partial<ReportRow>, field?: keyof ReportRow, key?: string])[] = [
    [{}],
    [{ stream: "*" }],
    [{ stream: `\${NAME}` }],
    [{ stream: "" }, "stream", "reason.reportStream"],
    [{ stream: "bad" }, "stream", "reason.bad"],
    [{ when: "absolute" }, "deadband", "reason.deadband"],
    [{ when: "absolute", deadband: "0.5" }],
    [{ when: "percent", deadband: "-1" }, "deadband", "reason.deadband"],
    [{ when: "change", deadband: "what" }],
    [{ atMostEverySeconds: "soon" }, "atMostEverySeconds", "reason.number"],
    [{ atMostEverySeconds: "10", atLeastEverySeconds: "60" }],
    [
      { atMostEverySeconds: "60", atLeastEverySeconds: "10" },
      "atLeastEverySeconds",
      "reason.reportIntervals",
    ],
    [{ when: "sometimes" as never }, "when", "reason.choice"],
  ];
  for (const [fields, field, key] of CASES) {
    it(`${JSON.stringify(fields)}: ${key ?? "good"}`, () => {
      const judgeStream = (stream: string) => (stream === "bad" ? { key: "reason.bad" } : undefined);
      const problem = judgeReportRow(row(fields), [], judgeStream);
      assert.deepEqual([problem?.field, problem?.reason.key], [field, key]);
    });
  }

  it("refuses the table when one row is wrong: two of one name, or a name that the product cannot have", () => {
    const judgeTable = (rows: readonly ReportRow[], chosen = ONENET_CHOSEN) =>
      judge(datapointPublishRules, "reportRules", { reportRules: rows }, chosen)?.key;
    assert.equal(judgeTable([row(), row({ stream: "hum" }), row({ stream: "*" })]), undefined);
    assert.equal(judgeTable([row(), row()]), "reason.reportTwice");
    assert.equal(judgeTable([row({ stream: "a.b" })]), "errors.ONENET_DATAPOINT_INVALID.stream-name");
    assert.equal(judgeTable([row({ stream: "a.b" })], DATA_STREAM_CHOSEN), undefined);
    assert.equal(judge(datapointPublishRules, "reportRules", {}, ONENET_CHOSEN), undefined);
  });
});
