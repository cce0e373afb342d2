import type { ThingModel } from "../../../lib/protocol/thing-model";
import { type ModelRow, type ModelSection, modelSections } from "../form/model-table";
import { make } from "./dom";
import type { Translate } from "./texts";

const COLUMNS = ["identifier", "name", "type", "range", "unit", "access"] as const;

/** What stands in an event or service, or in a struct, is set in under it. */
const INNER: ReadonlySet<string> = new Set(["member", "output", "input"]);

function bodyRow(translate: Translate, row: ModelRow): HTMLElement {
  const { kind, identifier, name, type, range, step, unit, access } = row;
  const steps = step === "" ? "" : translate("model.step", { step });
  const isInner = INNER.has(kind);
  const cells: Readonly<Record<(typeof COLUMNS)[number], string | Node>> = {
    identifier: make("code", "", identifier),
    name: name === identifier ? "" : name,
    type,
    range: [range, steps].filter((part) => part !== "").join(", "),
    unit,
    access:
      access === "" ? (isInner ? translate(`model.kind.${kind}`) : "") : translate(`model.access.${access}`),
  };
  const line = make("tr", isInner ? "onenet-model-inner" : "");
  for (const column of COLUMNS) line.append(make("td", `onenet-model-${column}`, cells[column]));
  return line;
}

function section(translate: Translate, { kind, count, rows }: ModelSection): HTMLElement {
  const title = make("th", "", translate(`model.section.${kind}`, { count }));
  title.setAttribute("colspan", String(COLUMNS.length));
  title.setAttribute("scope", "rowgroup");
  const head = make("tr", "onenet-model-section", title);
  return make("tbody", "", head, ...rows.map((row) => bodyRow(translate, row)));
}

/** The model as a table: properties, events and services with what is in them. */
export function modelTable(translate: Translate, model: ThingModel): HTMLElement {
  const titles = COLUMNS.map((column) => {
    const title = make("th", `onenet-model-${column}`, translate(`model.column.${column}`));
    title.setAttribute("scope", "col");
    return title;
  });
  const parts = modelSections(model).map((part) => section(translate, part));
  const table = make("table", "onenet-model", make("thead", "", make("tr", "", ...titles)), ...parts);
  const box = make("div", "onenet-model-box", table);
  // a box that scrolls is reached with the keyboard, too
  box.tabIndex = 0;
  return box;
}
