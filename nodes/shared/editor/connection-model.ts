import { MAX_FUNCTION_POINTS } from "../../../lib/protocol/limits";
import { decodeModelFile, type ModelReading } from "../form/model-reading";
import { holdsEnv, type ReadField, textOf } from "../form/reason";
import { make, note, place, smallButton } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { modelOf, servedModels } from "./model-source";
import { modelTable } from "./model-table";

async function takeFile(form: OpenForm, file: File | undefined): Promise<void> {
  if (file) form.fill("model", decodeModelFile(new Uint8Array(await file.arrayBuffer())).trim());
}

function wireFile(form: OpenForm, id: string): void {
  const { element } = form;
  const input = element.find<HTMLInputElement>(`#${id}-upload`);
  element.find(`#${id}-choose`).on("click", () => input.trigger("click"));
  input.on("change", (event) => {
    event.stopPropagation();
    const [file] = event.currentTarget.files ?? [];
    void takeFile(form, file);
    event.currentTarget.value = "";
  });
  const text = form.field("model").get(0);
  text?.addEventListener("dragover", (event) => event.preventDefault());
  text?.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (file === undefined) return;
    event.preventDefault();
    void takeFile(form, file);
  });
}

/** What is to be said of the model: what is wrong with it, what is odd, how much of the platform's room it takes. */
function modelNotes(form: OpenForm, reading: ModelReading): HTMLElement[] {
  const { translate } = form;
  if (reading.kind === "empty") return [];
  if (reading.kind === "invalid")
    return [note("error", translate(reading.reason.key, reading.reason.params))];
  const { model, notes } = reading;
  const count = { count: model.functionPoints, max: MAX_FUNCTION_POINTS };
  const isFull = model.functionPoints >= MAX_FUNCTION_POINTS;
  const summary = [make("div", "", translate("model.functionPoints", count))];
  if (isFull) summary.push(make("div", "", translate("model.full", count)));
  const own = textOf(form.read("productId"));
  const foreign = model.productId ?? own;
  const odd = notes.filter(({ key }) => key !== "ONENET_MODEL_NOTE.too-many");
  return [
    note(isFull ? "warning" : "success", ...summary),
    ...(foreign === own || own === "" || holdsEnv(own)
      ? []
      : [note("warning", translate("model.foreign", { productId: foreign, own }))]),
    ...(odd.length === 0
      ? []
      : [note("info", ...odd.map(({ key, params }) => make("div", "", translate(`errors.${key}`, params))))]),
  ];
}

function tables(form: OpenForm, reading: ModelReading): HTMLElement[] {
  return reading.kind === "model" ? [modelTable(form.translate, reading.model)] : [];
}

/** Where a form has its thing model. */
export interface ModelPart {
  /** What the ids of its elements begin with. */
  readonly id: string;
  modelOf(nodeId: string, read: ReadField, onChange: () => void): ModelReading;
}

const CONNECTION_PART: ModelPart = { id: "onenet-connection-model", modelOf };

/** The thing model: pasted, chosen or dropped, or as the runtime reads it from a file; shown as a table. */
export function wireModel(form: OpenForm, part: ModelPart = CONNECTION_PART): FormParts {
  const { element, node } = form;
  const notes = element.find(`#${part.id}-note`).get(0);
  const table = element.find(`#${part.id}-table`).get(0);
  const ask = () => {
    servedModels.forget(node.id);
    form.update();
  };
  element.find(`#${part.id}-reload`).append(smallButton(form.translate("model.reload"), "fa-refresh", ask));
  wireFile(form, part.id);
  let shown: ModelReading | undefined;
  let changes = 0;
  return {
    update() {
      const reading = part.modelOf(node.id, form.read, () => form.update());
      if (reading !== shown) changes += 1;
      shown = reading;
      place(notes, `${changes}|${textOf(form.read("productId"))}`, () => modelNotes(form, reading));
      place(table, String(changes), () => tables(form, reading));
    },
  };
}
