import { checkHost, SIMULATOR_HOST } from "../../../lib/protocol/platform";
import { holdsEnv, reasonOf, textOf } from "../form/reason";
import { commandLineOf, hasModel, modelFileOf, readPlace } from "../form/simulator-command";
import {
  type ProductRow,
  productRowsReason,
  readProductRows,
  saveProductRows,
  simulatorRules,
} from "../form/simulator-products";
import { make, note, place } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { makeNodeForm } from "./node-form";
import { copyButton, generateKey } from "./secret-input";
import { ProductBox } from "./simulator-product";
import { reasonText } from "./texts";

const ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
const ID_LENGTH = 10;

/** Ten letters and digits, as OneNET makes them. */
function generateProductId(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(ID_LENGTH)),
    (byte) => ID_LETTERS[byte % ID_LETTERS.length],
  ).join("");
}

function newProduct(): ProductRow {
  return {
    productId: generateProductId(),
    kind: "thing-model",
    key: "",
    model: "",
    devices: [{ deviceName: "device-1", key: generateKey() }],
  };
}

class ProductList {
  readonly #list: JQuery;
  readonly #form: OpenForm;
  #isReady = false;

  constructor(form: OpenForm) {
    this.#form = form;
    this.#list = form.element.find("#onenet-simulator-products");
    this.#list.editableList({
      addButton: form.translate("button.addProduct"),
      height: "auto",
      removable: true,
      sortable: true,
      addItem: (row: JQuery, _index: number, item: Partial<ProductRow>) => this.#show(row, item),
      removeItem: () => form.update(),
    });
    const saved = readProductRows(form.node["products"], form.read("keys"));
    // a new simulator begins with a product that works; it counts once the form is saved
    for (const row of saved.length === 0 ? [newProduct()] : saved) this.#list.editableList("addItem", row);
    this.#isReady = true;
  }

  #show(row: JQuery, item: Partial<ProductRow>): void {
    const container = row.get(0);
    if (container === undefined) return;
    const isNew = item.productId === undefined;
    const product = isNew ? newProduct() : { ...newProduct(), ...item };
    const box = new ProductBox(container, this.#form.translate, product, () => this.#form.update());
    row.data("box", box);
    if (!this.#isReady) return;
    this.#form.update();
    if (isNew) setTimeout(() => box.focus(), 0);
  }

  #boxes(): ProductBox[] {
    return this.#list
      .editableList("items")
      .toArray()
      .map((item) => $(item).data("box") as ProductBox);
  }

  read(): ProductRow[] {
    return this.#boxes().map((box) => box.read());
  }

  judge(): void {
    const ids = this.read().map(({ productId }) => productId);
    for (const box of this.#boxes()) box.judge(ids);
  }
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(host);
}

/** One address with a button that copies it; the number of a free port is known at run time only. */
function addressLine({ translate }: OpenForm, label: string, place: string, port: string): HTMLElement {
  const name = make("span", "", translate(label));
  if (port === "0") return make("div", "onenet-address", name, translate("address.free"));
  const url = `${place}:${port}`;
  const copy = copyButton(translate, () => url);
  return make("div", "onenet-address", name, make("code", "", url), copy);
}

function addressLines(form: OpenForm, rows: readonly ProductRow[], isOpen: boolean): HTMLElement[] {
  const { read, translate } = form;
  const { host, port, httpPort } = readPlace(read);
  const command = commandLineOf(read, rows);
  const copy = copyButton(translate, () => command);
  const title = make("summary", "", translate("address.program"));
  const files = rows.filter(hasModel).map(modelFileOf).join(", ");
  const hint = files === "" ? [] : [make("div", "onenet-hint", translate("address.models", { files }))];
  const details = make("details", "", title, make("pre", "", command), copy, ...hint);
  details.toggleAttribute("open", isOpen);
  return [
    addressLine(form, "address.mqtt", `mqtt://${host}`, port),
    addressLine(form, "address.http", `http://${SIMULATOR_HOST}`, httpPort),
    details,
  ];
}

/** Where devices and applications find this simulator, and how to run the same without Node-RED. */
function wireAddress(form: OpenForm, list: () => ProductRow[]): FormParts {
  const slot = form.element.find("#onenet-simulator-address").get(0);
  const warning = form.element.find("#onenet-simulator-host-note").get(0);
  return {
    update() {
      const rows = list();
      const host = textOf(form.read("host"));
      const isOpen =
        host !== "" && !holdsEnv(host) && !isLoopback(host) && reasonOf(() => checkHost(host)) === undefined;
      place(warning, String(isOpen), () =>
        isOpen ? [note("warning", form.translate("hint.openHost"))] : [],
      );
      const state = JSON.stringify([host, form.read("port"), form.read("httpPort"), rows]);
      place(slot, state, () => addressLines(form, rows, slot?.querySelector("details[open]") != null));
    },
  };
}

function showProductsReason(form: OpenForm, rows: readonly ProductRow[]): void {
  const reason = productRowsReason(rows, true);
  const text = reason ? reasonText(form.translate, reason, form.labelOf("products")) : "";
  form.element.find("#onenet-simulator-products-reason").text(text);
}

export const simulatorForm = makeNodeForm({
  type: "onenet-simulator",
  prefix: "node-input",
  rules: simulatorRules,
  facts: () => ({}),
  nodeLabel: () => "",
  open(form) {
    const list = new ProductList(form);
    const address = wireAddress(form, () => list.read());
    return {
      update(facts) {
        const rows = list.read();
        list.judge();
        showProductsReason(form, rows);
        address.update?.(facts);
      },
      save() {
        const { products, keys } = saveProductRows(list.read());
        form.node["products"] = products;
        form.field("keys").val(keys);
      },
    };
  },
});
