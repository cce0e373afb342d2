import assert from "node:assert/strict";
import { commandLineOf } from "../../../nodes/shared/form/simulator-command";
import {
  keyReason,
  modelReason,
  type ProductRow,
  productRowsReason,
  readProductRows,
  saveProductRows,
  simulatorRules,
} from "../../../nodes/shared/form/simulator-products";
import { fieldsOf, judge } from "./fields";

const KEY = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
const MODEL = '{"properties":[],"events":[],"services":[]}';
const ROWS: readonly ProductRow[] = [
  { productId: "P1", kind: "thing-model", key: KEY, model: MODEL, devices: [{ deviceName: "a", key: KEY }] },
  { productId: "P2", kind: "data-stream", key: "", model: "", devices: [{ deviceName: "a", key: KEY }] },
];

function rowsWith(change: Partial<ProductRow>): ProductRow[] {
  return ROWS.map((row, i) => (i === 1 ? { ...row, ...change } : row));
}

describe("form: the simulator's products", () => {
  it("keeps keys apart from products, and puts them together again", () => {
    const saved = saveProductRows(ROWS);
    assert.deepEqual(saved.products, [
      { productId: "P1", kind: "thing-model", model: MODEL, devices: [{ deviceName: "a" }] },
      { productId: "P2", kind: "data-stream", devices: [{ deviceName: "a" }] },
    ]);
    assert.equal(JSON.stringify(saved.products).includes(KEY), false);
    assert.deepEqual(JSON.parse(saved.keys), { P1: KEY, "P1/a": KEY, "P2/a": KEY });
    assert.deepEqual(readProductRows(saved.products, saved.keys), ROWS);
  });

  it("saves no keys as no credential", () => {
    assert.equal(
      saveProductRows([{ productId: "P", kind: "thing-model", key: "", model: "", devices: [] }]).keys,
      "",
    );
  });

  it("survives whatever a flow file holds", () => {
    assert.deepEqual(readProductRows(undefined, "{"), []);
    assert.deepEqual(readProductRows([null, 3], "null"), []);
    const odd = readProductRows([{ productId: 5, kind: "x", devices: "none" }], '"text"');
    assert.deepEqual(odd, [{ productId: "5", kind: "thing-model", key: "", model: "", devices: [] }]);
  });

  it("says which product is wrong", () => {
    const wrong = [
      rowsWith({ productId: "P1" }),
      rowsWith({ productId: "" }),
      rowsWith({ productId: "a b" }),
      rowsWith({ devices: [...(ROWS[0]?.devices ?? []), ...(ROWS[0]?.devices ?? [])] }),
      rowsWith({ devices: [{ deviceName: "", key: KEY }] }),
    ];
    for (const rows of wrong) assert.equal(productRowsReason(rows, false)?.key, "reason.products");
    assert.equal(productRowsReason(ROWS, true), undefined);
    assert.equal(productRowsReason([], false)?.key, "reason.noProducts");
    assert.equal(productRowsReason(rowsWith({ productId: `\${PID}` }), true), undefined);
  });

  it("judges the thing model of a thing-model product", () => {
    const wrong = { model: "{", kind: "thing-model" } as const;
    assert.equal(modelReason(wrong)?.key, "errors.ONENET_MODEL_INVALID.json");
    assert.equal(productRowsReason(rowsWith(wrong), true)?.key, "reason.products");
    assert.equal(
      productRowsReason(rowsWith({ model: "{" }), true),
      undefined,
      "a data stream's is not looked at",
    );
    assert.equal(modelReason({ model: "", kind: "thing-model" }), undefined);
  });

  it("judges keys only where they are known", () => {
    const rows = rowsWith({ devices: [{ deviceName: "a", key: "" }] });
    assert.equal(productRowsReason(rows, false), undefined);
    assert.deepEqual(productRowsReason(rows, true), { key: "reason.products", params: { product: "P2" } });
    assert.equal(keyReason("not base64", false)?.key, "reason.base64");
    assert.equal(keyReason("", true)?.key, "reason.required");
    assert.equal(keyReason("", false), undefined);
    assert.equal(keyReason(`\${KEY}`, true), undefined);
  });

  it("checks host, ports, limits and products", () => {
    const reasonOf = (field: string, values: Readonly<Record<string, unknown>>) =>
      judge(simulatorRules, field, values)?.key;
    assert.equal(reasonOf("host", { host: "" }), undefined);
    assert.equal(reasonOf("host", { host: "http://x" }), "errors.ONENET_HOST_INVALID.scheme");
    assert.equal(reasonOf("port", { port: "0" }), undefined);
    assert.equal(reasonOf("httpPort", { port: "1883", httpPort: "1883" }), "reason.samePort");
    assert.equal(reasonOf("httpPort", { port: "0", httpPort: "0" }), undefined);
    assert.equal(reasonOf("limits", { limits: "some" }), "reason.choice");
    assert.equal(reasonOf("products", { products: saveProductRows(ROWS).products }), undefined);
    assert.equal(reasonOf("products", { products: [] }), "reason.noProducts");
  });

  it("writes the command that starts the same simulator", () => {
    const read = fieldsOf({ host: "127.0.0.1", port: "18830", httpPort: "18831" });
    const rows = [
      ...rowsWith({ devices: [{ deviceName: "it's", key: KEY }] }),
      ...rowsWith({ devices: [{ deviceName: "b", key: "" }] }).slice(1),
    ];
    assert.equal(
      commandLineOf(read, rows),
      [
        "npx onenet-simulator --host 127.0.0.1 --port 18830",
        "--http-port 18831",
        `--product P1 --kind thing-model --product-key ${KEY}`,
        "--model P1.json",
        `--device a=${KEY}`,
        "--product P2 --kind data-stream",
        `--device 'it'\\''s=${KEY}'`,
        "--product P2 --kind data-stream",
      ].join(" \\\n  "),
    );
    assert.equal(
      commandLineOf(fieldsOf({ host: "", port: "" }), []),
      ["npx onenet-simulator --host 127.0.0.1 --port 18830", "--http-port 18831"].join(" \\\n  "),
    );
  });
});
