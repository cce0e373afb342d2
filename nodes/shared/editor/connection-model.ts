import { MAX_FUNCTION_POINTS } from "../../../lib/protocol/limits";
import { decodeModelFile, type ModelReading } from "../form/model-reading";
import { holdsEnv, textOf } from "../form/reason";
import { make, note, place, smallButton } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { modelOf, servedModels } from "./model-source";
import { modelTable } from "./model-table";

async function takeFile(form: OpenForm, file: File | undefined): Promise<void> {
  if (file) form.fill("model", decodeModelFile(new Uint8Array(await file.arrayBuffer())).trim());
}

function wireFile(form: OpenForm): void {
  const { element } = form;
  const input = element.find<HTMLInputElement>("#onenet-connection-model-upload");
  element.find("#onenet-connection-model-choose").on("click", () => input.trigger("click"));
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

/** The thing model: pasted, chosen or dropped, or as the runtime reads it from a file; shown as a table. */
export function wireModel(form: OpenForm): FormParts {
  const { element, node } = form;
  const notes = element.find("#onenet-connection-model-note").get(0);
  const table = element.find("#onenet-connection-model-table").get(0);
  const ask = () => {
    servedModels.forget(node.id);
    form.update();
  };
  element
    .find("#onenet-connection-model-reload")
    .append(smallButton(form.translate("model.reload"), "fa-refresh", ask));
  wireFile(form);
  let shown: ModelReading | undefined;
  let changes = 0;
  return {
    update() {
      const reading = modelOf(node.id, form.read, () => form.update());
      if (reading !== shown) changes += 1;
      shown = reading;
      place(notes, `${changes}|${textOf(form.read("productId"))}`, () => modelNotes(form, reading));
      place(table, String(changes), () => tables(form, reading));
    },
  };
}
