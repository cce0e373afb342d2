import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  CATCH,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
  node,
  SINK,
} from "../support/flows";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { keyOf, startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp", "fan", "door");
const POST = `$sys/${THINGS.productId}/lamp/thing/property/post`;

describe("a node in Node-RED", () => {
  let sim: TestSimulator;
  let nodeRed: NodeRed;

  before(async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [THINGS] });
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  const connection = () => deviceConnection("c", sim.simulator, THINGS, "lamp");
  const users = (connectionId: string) => [
    datapointPublish("pub", connectionId, { stream: "s" }),
    mqttOut("out", connectionId, { topic: POST }),
    commandSubscribe("sub", connectionId, { wires: [[SINK]] }),
  ];

  const MISSING: Readonly<Record<string, () => readonly FlowNode[]>> = {
    "without a connection": () => users(""),
    "whose connection was deleted": () => users("c"),
    "whose connection is disabled": () => [{ ...connection(), d: true }, ...users("c")],
    "whose connection is something else": () => users(CATCH),
  };

  for (const [name, nodes] of Object.entries(MISSING)) {
    it(`${name} says so at deploy, in its status and with every message; then it can be given one`, async () => {
      nodeRed.events.clear();
      await nodeRed.deploy(flowOf(...nodes()));
      for (const source of ["pub", "out", "sub"]) {
        await waitForCaught(nodeRed, "ONENET_CONNECTION_MISSING", { source });
        const { fill, shape } = await waitForLastStatus(nodeRed, source, "status.no-connection");
        assert.deepEqual([fill, shape], ["red", "ring"]);
      }
      for (const id of ["pub", "out"])
        await feedBadly(nodeRed, id, { payload: 1 }, "ONENET_CONNECTION_MISSING");
      await nodeRed.deploy(flowOf(connection(), ...users("c")));
      await feedWell(nodeRed, "pub", { payload: 1 });
      await feedWell(nodeRed, "out", { payload: "{}" });
      await waitForLastStatus(nodeRed, "sub", "connected");
    });
  }

  it("whose connection is deleted while it is in use says so, and works again with a new one", async () => {
    nodeRed.events.clear();
    await nodeRed.deploy(flowOf(connection(), ...users("c")));
    await feedWell(nodeRed, "pub", { payload: 1 });
    await nodeRed.deploy(flowOf(...users("c")), "nodes");
    await waitForLastStatus(nodeRed, "pub", "status.no-connection");
    await feedBadly(nodeRed, "pub", { payload: 1 }, "ONENET_CONNECTION_MISSING");
    // A full deploy: Node-RED starts users again for a changed config node, but not for one that is new.
    await nodeRed.deploy(flowOf(connection(), ...users("c")));
    await feedWell(nodeRed, "pub", { payload: 2 });
  });

  it("takes what a function node makes, and does not end the process with what nobody can clone", async () => {
    nodeRed.events.clear();
    const func = "msg.payload = { temperature: 21.5, at: [new Date()] }; return msg;";
    await nodeRed.deploy(
      flowOf(
        connection(),
        datapointPublish("pub", "c"),
        node("function", "good", { func, outputs: 1, wires: [["pub"]] }),
      ),
    );
    const came = sim.next("publish");
    await nodeRed.receive("good", {});
    assert.equal((await came).values?.["temperature"], 21.5);
    await nodeRed.evaluate((RED: { nodes: { getNode(id: string): { receive(msg: object): void } } }) => {
      const trap = () => {
        throw new Error("the trap");
      };
      RED.nodes
        .getNode("pub")
        .receive({ payload: Object.defineProperty({}, "x", { enumerable: true, get: trap }) });
    });
    await nodeRed.waitForLog(/the trap/);
    const next = sim.next("publish");
    await nodeRed.receive("good", {});
    await next;
  });

  it("in a subflow has a connection for each instance, by the instance's environment", async () => {
    nodeRed.events.clear();
    const inner = (fields: FlowNode): FlowNode => ({ ...fields, z: "sub-1" });
    const template = deviceConnection("inner-c", sim.simulator, THINGS, "fan", {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the subflow
      deviceName: "${DEVICE}",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the subflow
      credentials: { key: "${KEY}" },
    });
    const instance = (id: string, deviceName: string) =>
      node("subflow:sub-1", id, {
        env: [
          { name: "DEVICE", value: deviceName, type: "str" },
          { name: "KEY", value: keyOf(THINGS, deviceName), type: "str" },
        ],
      });
    await nodeRed.deploy(
      flowOf(
        {
          id: "sub-1",
          type: "subflow",
          name: "device",
          in: [{ wires: [{ id: "inner-pub" }] }],
          out: [{ wires: [{ id: "inner-pub", port: 0 }] }],
        },
        inner(template),
        inner(datapointPublish("inner-pub", "inner-c", { stream: "s", wires: [[]] })),
        instance("one", "fan"),
        instance("two", "door"),
      ),
    );
    for (const [id, deviceName] of [
      ["one", "fan"],
      ["two", "door"],
    ] as const) {
      const came = sim.next("publish", (event) => event.deviceName === deviceName);
      await nodeRed.receive(id, { payload: deviceName });
      assert.deepEqual((await came).values, { s: deviceName });
    }
  });
});
