import assert from "node:assert/strict";
import { topics } from "../../lib/protocol/topic";
import { feedBadly, feedWell, give, outcomeOf } from "../support/feed";
import { datapointPublish, deviceConnection, flowOf, makeProduct, mqttOut } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy";

const THINGS = makeProduct("thing-model", "lamp");
const LAMP = { productId: THINGS.productId, deviceName: "lamp" };

describe("msg.expiry and msg.priority", function () {
  this.timeout(30_000);
  let sim: TestSimulator;
  let proxy: TcpProxy;
  let flow: LoadedFlow;

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS] });
    proxy = await startTcpProxy({ port: sim.simulator.port });
    flow = await loadFlow(
      flowOf(
        deviceConnection("c", { port: proxy.port }, THINGS, "lamp"),
        datapointPublish("values", "c", { expirySeconds: "60" }),
        mqttOut("out", "c", { topic: topics.propertyPost(LAMP) }),
        mqttOut("urgent", "c", { topic: topics.propertyPost(LAMP), priority: "high" }),
        mqttOut("usual", "c", { topic: topics.propertyPost(LAMP), priority: "normal" }),
        mqttOut("odd", "c", { topic: topics.propertyPost(LAMP), priority: "highest" }),
      ),
    );
    await feedWell(flow, "values", { payload: { a: 1 } });
  });

  after(async () => {
    await flow?.unload();
    await proxy?.close();
    await sim?.stop();
  });

  const post = (id: number) => ({ id: String(id), version: "1.0", params: { a: { value: id } } });

  it("refuses what is no number of seconds above 0, and no priority", async () => {
    for (const id of ["values", "out"]) {
      for (const expiry of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "30", true, {}]) {
        const msg = { payload: id === "out" ? post(1) : { a: 1 }, expiry };
        const { cause } = await feedBadly(flow, id, msg, "ONENET_MESSAGE_INVALID");
        assert.equal(cause?.params["property"], "msg.expiry");
      }
      for (const priority of ["urgent", 1, true, {}]) {
        const msg = { payload: id === "out" ? post(1) : { a: 1 }, priority };
        const { cause } = await feedBadly(flow, id, msg, "ONENET_MESSAGE_INVALID");
        assert.equal(cause?.params["property"], "msg.priority");
      }
    }
    await feedBadly(flow, "odd", { payload: post(1) }, "ONENET_CONFIG_INVALID");
  });

  it("takes a message without them, or with null, as the form says", async () => {
    await feedWell(flow, "values", { payload: { a: 1 }, expiry: null, priority: null });
    await feedWell(flow, "out", { payload: post(2), expiry: 5, priority: "" });
    // The form goes first: what the message says is not read.
    await feedWell(flow, "usual", { payload: post(3), priority: "whatever" });
  });

  it("lets the message's life time go before the form's, and what is urgent overtake", async () => {
    await proxy.stopListening();
    proxy.cut();
    await flow.events.waitForNext(({ event, ...more }) => event === "status" && "node" in more);
    const short = await give(flow, "values", { payload: { a: 1 }, expiry: 0.3 });
    assert.equal((await outcomeOf(flow, "values", short)).error?.code, "ONENET_EXPIRED");
    const given = [
      await give(flow, "usual", { payload: post(11), priority: "high" }),
      await give(flow, "out", { payload: post(12) }),
      await give(flow, "out", { payload: post(13), priority: "high" }),
      await give(flow, "urgent", { payload: post(14), priority: "normal" }),
    ];
    const arrived = sim.events.length;
    await proxy.listenAgain();
    const nodes = ["usual", "out", "out", "urgent"];
    await Promise.all(given.map((msgid, i) => outcomeOf(flow, nodes[i] ?? "", msgid, 20_000)));
    const ids = sim.events.all
      .slice(arrived)
      .flatMap((event) => (event.event === "publish" ? [Number(event.messageId)] : []));
    assert.deepEqual(ids, [13, 14, 11, 12]);
  });
});
