import assert from "node:assert/strict";
import { feedWell, waitForCaught } from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "box", "card", "bad");
const CARD = {
  hardwareNetwork: "1",
  hardwareImei: "860000000000001",
  hardwareCardKind: "imsi",
  hardwareCard: "4600",
};

describe("SIM and hardware report", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow | undefined;

  beforeEach(async () => {
    sim = await startTestSimulator({ products: [THINGS] });
  });
  afterEach(async () => {
    await flow?.unload();
    flow = undefined;
    await sim.stop();
  });

  const nodes = (device: string, fields: Fields) =>
    flowOf(
      deviceConnection("c-one", sim.simulator, THINGS, device, fields),
      datapointPublish("publish", "c-one"),
    );
  const reports = () =>
    sim.events
      .filter((event) => event.event === "publish")
      .flatMap((event) =>
        "topic" in event && String(event.topic).endsWith("/cmp/property/post")
          ? [JSON.parse(String("payload" in event ? event.payload : "")).params]
          : [],
      );

  it("goes with the login, in the client id", async () => {
    const login = sim.next("login");
    flow = await loadFlow(
      nodes("box", {
        hardwareReport: "login",
        hardwareSn: "F-1",
        hardwareMac: "00:11:22:33:44:55",
        clientIdSuffix: "x=1",
      }),
    );
    assert.equal((await login).clientIdSuffix, "?network=0&sn=F-1&mac=00:11:22:33:44:55");
  });

  it("goes with the login as a text of one's own, chosen or left by an older flow", async () => {
    for (const [device, hardwareReport] of [
      ["box", "own"],
      ["card", "none"],
    ] as const) {
      const login = sim.next("login");
      flow = await loadFlow(nodes(device, { hardwareReport, hardwareSn: "F-1", clientIdSuffix: "x=1" }));
      assert.equal((await login).clientIdSuffix, "?x=1");
      await flow.unload();
    }
  });

  it("goes as a message after the login, and again when a deploy has changed it", async () => {
    const first = sim.next("publish");
    flow = await loadFlow(nodes("card", { hardwareReport: "message", ...CARD }));
    await first;
    assert.deepEqual(reports(), [{ network: 1, imei: "860000000000001", imsi: "4600" }]);
    await flow.deploy(nodes("card", { hardwareReport: "message", ...CARD }));
    await feedWell(flow, "publish", { payload: { a: 1 } });
    assert.equal(reports().length, 1, "the same again");
    const second = sim.next("publish", ({ topic }) => topic.endsWith("/cmp/property/post"));
    await flow.deploy(nodes("card", { hardwareReport: "message", ...CARD, hardwareCard: "4601" }));
    await second;
    assert.equal(reports().at(-1).imsi, "4601");
    assert.equal(sim.events.filter(({ event }) => event === "login").length, 1, "no other login");
  });

  it("tells when the platform did not take it, and goes on", async () => {
    const { end } = sim.simulator.faults.dropReply({ count: 1 });
    const impatient = { ackTimeoutSeconds: "0.3", ackAttempts: "1" };
    flow = await loadFlow(nodes("card", { hardwareReport: "message", ...CARD, ...impatient }));
    const { error } = await waitForCaught(flow, "ONENET_ACK_TIMEOUT", { source: "c-one" });
    assert.equal(error.cause?.key, "ONENET_ACK_TIMEOUT.reply");
    end();
    await feedWell(flow, "publish", { payload: { a: 1 } });
    const again = sim.next("publish", ({ topic }) => topic.endsWith("/cmp/property/post"));
    await flow.deploy(nodes("card", { hardwareReport: "message", ...CARD, ...impatient }));
    await again;
  });

  it("refuses what would not stay whole in a client id", async () => {
    flow = await loadFlow(nodes("bad", { hardwareReport: "message", hardwareSn: "a&b" }));
    const { error } = await waitForCaught(flow, "ONENET_CONFIG_INVALID", { source: "c-one" });
    assert.equal(error.cause?.params["field"], "sn");
  });
});
