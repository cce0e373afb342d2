import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { demoKey, isDemoKey } from "../support/demo-keys";
import { readExamples } from "../support/examples";
import { readSavedFields } from "../support/form-defaults";
import { NODE_TYPES, type NodeType } from "../support/node-red-version";

const CHINESE = /\p{Script=Han}/u;
/** What every node of a flow is saved with, besides its form's fields. */
const PLACE = ["id", "type", "z", "g", "x", "y", "wires", "credentials"];
const MIN_REPEAT_SECONDS = 2;
/** A node's size in the editor, at least. */
const MIN_WIDTH = 100;
const HEIGHT = 30;
/** Of a comment in two lines. */
const COMMENT_HEIGHT = 54;

interface SimulatorProduct {
  readonly productId: string;
  readonly kind: string;
  readonly devices: readonly { readonly deviceName: string }[];
}

const examples = readExamples();
const all = examples.flatMap(({ nodes }) => nodes);
const isOurs = ({ type }: FlowNode): boolean => (NODE_TYPES as readonly string[]).includes(type);
const ofType = (nodes: readonly FlowNode[], type: string) => nodes.filter((node) => node.type === type);
const productsOf = (node: FlowNode) => node["products"] as readonly SimulatorProduct[];
const wiresOf = ({ wires = [] }: FlowNode) => wires as readonly (readonly string[])[];

describe("the examples' files", () => {
  it("stand in numbered groups, one flow in each file", () => {
    for (const { name, nodes } of examples) {
      assert.match(name, /^\d\d - [A-Z][\w ]+\/[A-Z\d][\w ()-]+$/, "the menu shows it so");
      assert.equal(ofType(nodes, "tab").length, 1, name);
    }
  });

  it("can all be imported together: no id and no product comes twice", () => {
    const ids = all.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    const products = ofType(all, "onenet-simulator").flatMap(productsOf);
    assert.equal(new Set(products.map(({ productId }) => productId)).size, products.length);
  });

  it("use every node of the package", () => {
    for (const type of NODE_TYPES) assert.ok(ofType(all, type).length > 0, type);
  });

  it("hold whole flows: every wire, group, tab and connection is there", () => {
    for (const { name, nodes } of examples) {
      const ids = new Set(nodes.map(({ id }) => id));
      for (const node of nodes) {
        // A broker's own field of this name is its address.
        const broker = node.type === "mqtt-broker" ? undefined : node["broker"];
        const chosen = [node["connection"], node["subdevice"] || undefined, broker];
        const named = [node.z, node["g"], ...chosen, ...wiresOf(node).flat()];
        for (const id of named) {
          if (typeof id === "string") assert.ok(ids.has(id), `${name}: ${node.id} names ${id}`);
        }
      }
    }
  });

  it("lay their nodes out side by side", () => {
    for (const { nodes } of examples) {
      const placed = nodes.filter(({ x, wires }) => x !== undefined && wires !== undefined);
      for (const [index, one] of placed.entries()) {
        for (const other of placed.slice(index + 1)) {
          const [dx, dy] = ["x", "y"].map((axis) => Math.abs(Number(one[axis]) - Number(other[axis])));
          const height = one.type === "comment" && other.type === "comment" ? COMMENT_HEIGHT : HEIGHT;
          assert.ok(Number(dx) >= MIN_WIDTH || Number(dy) >= height, `${one.id} covers ${other.id}`);
        }
      }
    }
  });

  it("save our nodes with the fields of their forms, all of them and no others", () => {
    for (const node of all.filter(isOurs)) {
      const { defaults, credentials } = readSavedFields(node.type as NodeType);
      const saved = Object.keys(node).filter((field) => !PLACE.includes(field));
      assert.deepEqual(saved.sort(), [...defaults].sort(), node.id);
      for (const field of Object.keys(node.credentials ?? {}))
        assert.ok(credentials.includes(field), node.id);
    }
  });

  it("explain themselves in English and Chinese, and what to change for a real account", () => {
    for (const { name, nodes } of examples) {
      const comments = ofType(nodes, "comment");
      const texts = comments.map((node) => String(node["name"]));
      assert.ok(texts.length >= 2, `${name} has comments`);
      assert.ok(
        texts.some((text) => /^(Real account|Another broker): .*\\n (真实账号|其他服务器)：/.test(text)),
        name,
      );
      for (const text of [...texts, ...comments.map((node) => String(node["info"]))]) {
        assert.match(text, CHINESE, name);
        assert.match(text, /[A-Za-z]{4}/, name);
      }
    }
  });

  it("name every node in both languages, where the name is not a topic or a comparison", () => {
    const isNamed = (node: FlowNode) =>
      node.type === "group" || (node.z !== undefined && node["x"] !== undefined);
    for (const node of all.filter(isNamed)) {
      const text = String(node["name"]);
      if (/[/<>]/.test(text)) continue;
      assert.match(text, CHINESE, `${node.id}: ${text}`);
      assert.match(text, /[A-Za-z]{2}/, `${node.id}: ${text}`);
    }
  });

  it("hold published demo keys and no other secret", () => {
    const keys = [...ofType(all, "onenet-connection"), ...ofType(all, "onenet-subdevice")].map(
      (node) => node.credentials?.["key"] ?? "",
    );
    for (const node of ofType(all, "onenet-simulator")) {
      const listed = JSON.parse(node.credentials?.["keys"] ?? "{}") as Record<string, string>;
      for (const [name, key] of Object.entries(listed)) assert.equal(key, demoKey(name));
      keys.push(...Object.values(listed));
    }
    for (const key of keys.filter((each) => each !== "")) assert.ok(isDemoKey(key), key);
    for (const node of all.filter((each) => !isOurs(each)))
      assert.equal(node.credentials, undefined, node.id);
  });

  it("run without an account: every device is one of a simulator in the same file", () => {
    for (const { name, nodes } of examples) {
      const products = ofType(nodes, "onenet-simulator").flatMap(productsOf);
      for (const connection of ofType(nodes, "onenet-connection")) {
        if (connection["platform"] === "mqtt") {
          assert.equal(connection["host"], "127.0.0.1");
          continue;
        }
        const { platform, productId, productKind, deviceName } = connection;
        // Host and port are left open, so that another platform can be chosen without clearing them.
        assert.deepEqual([platform, connection["host"], connection["port"]], ["simulator", "", ""], name);
        const product = products.find((each) => each.productId === productId);
        assert.equal(product?.kind, productKind, `${name}: ${productId}`);
        assert.ok(product?.devices.some((device) => device.deviceName === deviceName));
        assert.equal(connection.credentials?.["key"], demoKey(`${productId}/${deviceName}`));
      }
    }
  });

  it("ask the simulator for one address and one set of rules, so that it is shared", () => {
    for (const { host, port, httpPort, limits } of ofType(all, "onenet-simulator")) {
      assert.deepEqual([host, port, httpPort, limits], ["127.0.0.1", "18830", "18831", "off"]);
    }
  });

  it("repeat no faster than every two seconds", () => {
    for (const { id, repeat, crontab } of ofType(all, "inject")) {
      assert.equal(crontab, "", id);
      if (repeat !== "") assert.ok(Number(repeat) >= MIN_REPEAT_SECONDS, id);
    }
  });
});
