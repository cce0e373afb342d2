import assert from "node:assert/strict";
import type { SimulatorEvent } from "../../lib/simulator/events";
import type { SimulatedProduct } from "../../lib/simulator/options";
import type { FlowNode } from "../support/admin-api";
import { feedWell } from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct, node } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type LoadedFlow, loadFlow } from "../support/helper";

const MINE = makeProduct("data-stream", "meter");
const YOURS = makeProduct("data-stream", "meter");

function simulatorNode(id: string, port: number, products: readonly SimulatedProduct[]): FlowNode {
  const keys = products.flatMap(({ productId, devices }) =>
    devices.map(({ deviceName, deviceKey }) => [`${productId}/${deviceName}`, deviceKey] as const),
  );
  const fields: Fields = {
    port: String(port),
    httpPort: "0",
    products: products.map(({ productId, kind, devices }) => ({
      productId,
      kind,
      devices: devices.map(({ deviceName }) => ({ deviceName })),
    })),
    credentials: { keys: JSON.stringify(Object.fromEntries(keys)) },
  };
  return node("onenet-simulator", id, { ...fields, wires: [["sink"], []] });
}

describe("simulator nodes that share an address", () => {
  let flow: LoadedFlow;

  const productsToldBy = (id: string) => {
    const told = flow.events.filter((event) => event.event === "send" && event.node === id);
    const events = told.map((event) =>
      event.event === "send" ? (event.msg["payload"] as SimulatorEvent) : undefined,
    );
    const products = events.map((event) => (event && "productId" in event ? event.productId : undefined));
    return [...new Set(products.filter((productId) => productId !== undefined))].sort();
  };

  before(async () => {
    const port = await findFreePort();
    flow = await loadFlow(
      flowOf(
        simulatorNode("mine", port, [MINE]),
        simulatorNode("yours", port, [YOURS]),
        simulatorNode("observer", port, []),
        deviceConnection("c-mine", { port }, MINE, "meter"),
        deviceConnection("c-yours", { port }, YOURS, "meter"),
        deviceConnection("c-stranger", { port }, { ...MINE, productId: "Nobodys1" }, "meter"),
        datapointPublish("to-mine", "c-mine", { stream: "v" }),
        datapointPublish("to-yours", "c-yours", { stream: "v" }),
        datapointPublish("to-nobody", "c-stranger", { stream: "v" }),
      ),
    );
    await feedWell(flow, "to-mine", { payload: 1 });
    await feedWell(flow, "to-yours", { payload: 2 });
    for (const id of ["mine", "yours", "observer"]) {
      await flow.events.waitFor(
        (event) => event.event === "send" && event.node === id && event.msg["topic"] === "refused",
        { what: `${id} tells of the stranger` },
      );
    }
  });

  after(() => flow.unload());

  it("tell what concerns their own products, and logins that nobody knows", () => {
    assert.deepEqual(productsToldBy("mine"), [MINE.productId, "Nobodys1"].sort());
    assert.deepEqual(productsToldBy("yours"), [YOURS.productId, "Nobodys1"].sort());
  });

  it("tell everything when they have no products of their own", () => {
    assert.deepEqual(productsToldBy("observer"), [MINE.productId, YOURS.productId, "Nobodys1"].sort());
  });
});
