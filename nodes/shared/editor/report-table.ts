import type { Reason } from "../form/reason";
import {
  hasDeadband,
  judgeReportRow,
  newReportRow,
  REPORT_WHEN,
  type ReportRow,
  type RowProblem,
  readReportRows,
} from "../form/report-rules";
import { make, offer } from "./dom";
import type { OpenForm } from "./form";
import { textInput } from "./secret-input";
import { reasonText, type Translate } from "./texts";

type Field = keyof ReportRow;
const NUMBERS = ["deadband", "atMostEverySeconds", "atLeastEverySeconds"] as const;

/** One line of the table. */
class ReportLine {
  readonly #fields: Readonly<Record<Field, HTMLInputElement | HTMLSelectElement>>;
  readonly #reason: HTMLElement;
  readonly #translate: Translate;

  constructor(container: HTMLElement, translate: Translate, row: ReportRow) {
    this.#translate = translate;
    const input = (field: Field, placeholder: string) =>
      textInput(row[field], translate(`label.report.${field}`), placeholder);
    const when = document.createElement("select");
    when.setAttribute("aria-label", translate("label.report.when"));
    const choices = REPORT_WHEN.map((value) => ({ value, text: translate(`option.reportWhen.${value}`) }));
    offer($(when), choices, row.when);
    const never = translate("placeholder.report.interval");
    this.#fields = {
      stream: input("stream", translate("placeholder.report.stream")),
      when,
      deadband: input("deadband", ""),
      atMostEverySeconds: input("atMostEverySeconds", never),
      atLeastEverySeconds: input("atLeastEverySeconds", never),
    };
    for (const field of NUMBERS) this.#fields[field].setAttribute("inputmode", "decimal");
    for (const element of Object.values(this.#fields)) element.classList.add("onenet-report-cell");
    this.#reason = make("div", "onenet-reason");
    this.#reason.setAttribute("aria-live", "polite");
    const { stream, deadband, atMostEverySeconds, atLeastEverySeconds } = this.#fields;
    container.append(
      make("div", "onenet-report-row", stream, when, deadband, atMostEverySeconds, atLeastEverySeconds),
      this.#reason,
    );
  }

  get stream(): HTMLInputElement | HTMLSelectElement {
    return this.#fields.stream;
  }

  read(): ReportRow {
    const value = (field: Field) => this.#fields[field].value.trim();
    return {
      stream: value("stream"),
      when: REPORT_WHEN.find((choice) => choice === value("when")) ?? "change",
      deadband: value("deadband"),
      atMostEverySeconds: value("atMostEverySeconds"),
      atLeastEverySeconds: value("atLeastEverySeconds"),
    };
  }

  show(problem: RowProblem | undefined): void {
    const { deadband } = this.#fields;
    const { when } = this.read();
    deadband.disabled = !hasDeadband(when);
    if (deadband instanceof HTMLInputElement) deadband.placeholder = when === "percent" ? "%" : "";
    for (const [field, element] of Object.entries(this.#fields)) {
      element.classList.toggle("input-error", problem?.field === field);
      element.setAttribute("aria-invalid", String(problem?.field === field));
    }
    const label = problem ? this.#translate(`label.report.${problem.field}`) : "";
    this.#reason.textContent = problem ? reasonText(this.#translate, problem.reason, label) : "";
  }
}

/** The table of report by exception. */
export class ReportTable {
  readonly #list: JQuery;
  readonly #form: OpenForm;
  readonly #judgeStream: (stream: string) => Reason | undefined;
  readonly #complete: (field: JQuery) => void;
  #isReady = false;

  /** @param complete offers identifiers in a field */
  constructor(
    form: OpenForm,
    judgeStream: (stream: string) => Reason | undefined,
    complete: (field: JQuery) => void,
  ) {
    this.#form = form;
    this.#judgeStream = judgeStream;
    this.#complete = complete;
    this.#list = form.element.find("#onenet-datapoint-publish-reports");
    this.#list.editableList({
      addButton: form.translate("button.addReport"),
      header: $(this.#header()),
      height: "auto",
      removable: true,
      sortable: true,
      addItem: (row: JQuery, _index: number, item: Partial<ReportRow>) => this.#show(row, item),
      removeItem: () => form.update(),
    });
    for (const row of readReportRows(form.node["reportRules"])) this.#list.editableList("addItem", row);
    this.#isReady = true;
  }

  #header(): HTMLElement {
    const names = ["stream", "when", "deadband", "atMostEverySeconds", "atLeastEverySeconds"] as const;
    const cells = names.map((name) => make("span", "", this.#form.translate(`label.report.${name}`)));
    return make("div", "onenet-report-row onenet-report-head", ...cells);
  }

  #show(container: JQuery, item: Partial<ReportRow>): void {
    const element = container.get(0);
    if (element === undefined) return;
    const isNew = item.stream === undefined;
    const row = isNew ? newReportRow(this.#lines().length === 0) : { ...newReportRow(false), ...item };
    const line = new ReportLine(element, this.#form.translate, row);
    container.data("line", line);
    this.#complete($(line.stream));
    if (!this.#isReady) return;
    this.#form.update();
    if (isNew) setTimeout(() => line.stream.focus(), 0);
  }

  #lines(): ReportLine[] {
    return this.#list
      .editableList("items")
      .toArray()
      .map((item) => $(item).data("line") as ReportLine | undefined)
      .filter((line) => line !== undefined);
  }

  read(): ReportRow[] {
    return this.#lines().map((line) => line.read());
  }

  judge(): void {
    const lines = this.#lines().map((line) => [line, line.read()] as const);
    const streams = lines.map(([, { stream }]) => stream);
    for (const [line, row] of lines) line.show(judgeReportRow(row, streams, this.#judgeStream));
  }
}
