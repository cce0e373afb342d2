import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { modelReason, type ProductRow } from "../form/simulator-products";
import { make, smallButton } from "./dom";
import { reasonText, type Translate } from "./texts";

const ROWS = 6;

/** A product's thing model: pasted or read from a file, folded away; its line says what is in it. */
export class ModelField {
  /** Label and cell, for the grid of the product. */
  readonly elements: readonly HTMLElement[];
  readonly #translate: Translate;
  readonly #area: HTMLTextAreaElement;
  readonly #summary: HTMLElement;

  constructor(translate: Translate, text: string, onChange: () => void) {
    this.#translate = translate;
    const label = translate("label.model");
    this.#area = document.createElement("textarea");
    this.#area.className = "onenet-model-text";
    this.#area.rows = ROWS;
    this.#area.value = text;
    this.#area.spellcheck = false;
    this.#area.placeholder = translate("placeholder.model");
    this.#area.setAttribute("aria-label", label);
    const file = this.#fileInput(onChange);
    const choose = smallButton(translate("button.modelFile"), "fa-folder-open-o", () => file.click());
    this.#summary = make("summary", "onenet-model-line");
    const details = make("details", "", this.#summary, this.#area, choose, file);
    this.elements = [make("span", "onenet-cell-label", label), make("div", "onenet-cell", details)];
  }

  get text(): string {
    return this.#area.value.trim();
  }

  /** Says what is in it, or what is wrong; a data-stream product has none. */
  judge(row: ProductRow): void {
    for (const element of this.elements) element.hidden = row.kind === "data-stream";
    const reason = modelReason(row);
    this.#area.classList.toggle("input-error", reason !== undefined);
    this.#area.setAttribute("aria-invalid", String(reason !== undefined));
    this.#summary.classList.toggle("onenet-reason", reason !== undefined);
    this.#summary.textContent = reason
      ? reasonText(this.#translate, reason, this.#translate("label.model"))
      : this.#describe(row);
  }

  #describe({ kind, model }: ProductRow): string {
    if (kind === "data-stream" || model === "") return this.#translate("model.none");
    const { properties, events, services } = parseThingModel(model).model;
    const counts = { properties: properties.size, events: events.size, services: services.size };
    return this.#translate("model.read", counts);
  }

  #fileInput(onChange: () => void): HTMLInputElement {
    const file = document.createElement("input");
    file.type = "file";
    file.accept = ".json,application/json,text/plain";
    file.hidden = true;
    file.addEventListener("change", async () => {
      const [chosen] = file.files ?? [];
      if (!chosen) return;
      this.#area.value = await chosen.text();
      file.value = "";
      onChange();
    });
    return file;
  }
}
