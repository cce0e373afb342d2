import type { Reason } from "../form/reason";
import {
  type DeviceRow,
  deviceNameReason,
  keyReason,
  type ProductRow,
  productIdReason,
} from "../form/simulator-products";
import { icon, make, offer } from "./dom";
import { generateKey, iconButton, keyInput, textInput } from "./secret-input";
import { ModelField } from "./simulator-model";
import { reasonText, type Translate } from "./texts";

function mark(input: HTMLInputElement, translate: Translate, reason: Reason | undefined): void {
  input.classList.toggle("input-error", reason !== undefined);
  input.setAttribute("aria-invalid", String(reason !== undefined));
  input.title = reason ? reasonText(translate, reason, input.getAttribute("aria-label") ?? "") : "";
}

class DeviceLine {
  readonly element: HTMLElement;
  readonly name: HTMLInputElement;
  readonly #key: HTMLInputElement;
  readonly #translate: Translate;

  constructor(translate: Translate, device: DeviceRow, onRemove: (line: DeviceLine) => void) {
    this.#translate = translate;
    this.name = textInput(
      device.deviceName,
      translate("label.deviceName"),
      translate("placeholder.deviceName"),
    );
    const key = keyInput(translate, device.key, translate("label.deviceKey"), "");
    this.#key = key.input;
    const remove = iconButton("fa-times", translate("button.removeDevice"), () => onRemove(this));
    this.element = make("div", "onenet-device", this.name, key.element, remove);
  }

  read(): DeviceRow {
    return { deviceName: this.name.value.trim(), key: this.#key.value.trim() };
  }

  judge(names: readonly string[]): void {
    const { deviceName, key } = this.read();
    mark(this.name, this.#translate, deviceNameReason(deviceName, names));
    mark(this.#key, this.#translate, keyReason(key, true));
  }
}

/** One product of the simulator's list, with its devices. */
export class ProductBox {
  readonly #translate: Translate;
  readonly #productId: HTMLInputElement;
  readonly #kind: HTMLSelectElement;
  readonly #key: HTMLInputElement;
  readonly #model: ModelField;
  readonly #devices: HTMLElement;
  readonly #onChange: () => void;
  #lines: DeviceLine[] = [];

  constructor(container: HTMLElement, translate: Translate, product: ProductRow, onChange: () => void) {
    this.#translate = translate;
    this.#onChange = onChange;
    this.#productId = textInput(
      product.productId,
      translate("label.productId"),
      translate("placeholder.productId"),
    );
    this.#kind = document.createElement("select");
    this.#kind.setAttribute("aria-label", translate("label.productKind"));
    const kinds = ["thing-model", "data-stream"].map((value) => ({
      value,
      text: translate(`option.productKind.${value}`),
    }));
    offer($(this.#kind), kinds, product.kind);
    const key = keyInput(translate, product.key, translate("label.productKey"), translate("placeholder.key"));
    this.#key = key.input;
    this.#model = new ModelField(translate, product.model, onChange);
    this.#devices = make("div", "onenet-devices");
    container.classList.add("onenet-product");
    container.append(this.#head(key.element), this.#devices, this.#addButton());
    for (const device of product.devices) this.#add(device);
  }

  #head(key: HTMLElement): HTMLElement {
    const row = (text: string, ...fields: Node[]) => [
      make("span", "onenet-cell-label", this.#translate(text)),
      make("div", "onenet-cell", ...fields),
    ];
    return make(
      "div",
      "onenet-grid",
      ...row("label.product", make("div", "onenet-pair", this.#productId, this.#kind)),
      ...row("label.productKey", key),
      ...this.#model.elements,
      ...row(
        "label.devices",
        make(
          "div",
          "onenet-device onenet-device-head",
          make("span", "", this.#translate("label.deviceName")),
          make("span", "", this.#translate("label.deviceKey")),
        ),
      ),
    );
  }

  #addButton(): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "red-ui-button red-ui-button-small onenet-add-device";
    button.append(icon("fa-plus"), ` ${this.#translate("button.addDevice")}`);
    button.addEventListener("click", () => {
      const line = this.#add({ deviceName: this.#freeName(), key: generateKey() });
      line.name.focus();
      line.name.select();
      this.#onChange();
    });
    return button;
  }

  #freeName(): string {
    const names = this.#lines.map((line) => line.read().deviceName);
    let number = names.length + 1;
    while (names.includes(`device-${number}`)) number += 1;
    return `device-${number}`;
  }

  #add(device: DeviceRow): DeviceLine {
    const line = new DeviceLine(this.#translate, device, (gone) => {
      this.#lines = this.#lines.filter((other) => other !== gone);
      gone.element.remove();
      this.#onChange();
    });
    this.#lines.push(line);
    this.#devices.append(line.element);
    return line;
  }

  focus(): void {
    this.#productId.focus();
    this.#productId.select();
  }

  read(): ProductRow {
    return {
      productId: this.#productId.value.trim(),
      kind: this.#kind.value === "data-stream" ? "data-stream" : "thing-model",
      key: this.#key.value.trim(),
      model: this.#model.text,
      devices: this.#lines.map((line) => line.read()),
    };
  }

  /** Marks what is wrong in this box. */
  judge(productIds: readonly string[]): void {
    const row = this.read();
    const { productId, key, devices } = row;
    this.#model.judge(row);
    mark(this.#productId, this.#translate, productIdReason(productId, productIds));
    mark(this.#key, this.#translate, keyReason(key, false));
    const names = devices.map(({ deviceName }) => deviceName);
    for (const line of this.#lines) line.judge(names);
  }
}
