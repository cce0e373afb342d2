import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { feedBadly, feedWell, waitForCaught } from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  node,
} from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { STATION_MODEL } from "../support/station";

type Message = Record<string, unknown>;

const WITH_MODEL = { modelSource: "pasted", model: STATION_MODEL, modelCheck: "coerce" };

describe("desired values", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;
  let flows: readonly FlowNode[];
  let device: { productId: string; deviceName: string };

  afterEach(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  const wish = (params: object) => sim.simulator.cloud.setDesired({ ...device, params });

  async function wished(): Promise<unknown> {
    return (await sim.simulator.cloud.queryDesired(device)).data;
  }

  interface Setup {
    readonly desired?: Fields;
    /** A second node. */
    readonly desired2?: Fields;
    readonly commands?: Fields;
    readonly connection?: Fields;
    /** Wished for before the device comes. */
    readonly wishes?: object;
    readonly kind?: "thing-model" | "data-stream";
    /** The platform's. */
    readonly model?: string;
  }

  async function start(setup: Setup = {}): Promise<void> {
    const product = makeProduct(setup.kind ?? "thing-model", "dev");
    device = { productId: product.productId, deviceName: "dev" };
    const { model } = setup;
    sim = await startTestSimulator({ products: [{ ...product, ...(model === undefined ? {} : { model }) }] });
    if (setup.wishes) await wish(setup.wishes);
    flows = flowOf(
      deviceConnection("c", sim.simulator, product, "dev", setup.connection ?? {}),
      commandSubscribe("sub", "c", setup.commands ?? {}),
      commandResponse("answer"),
      commandResponse("refuse", { outcome: "failure", failureCode: "7", failureMessage: "not now" }),
      node("onenet-desired", "desired", { connection: "c", afterLogin: false, ...setup.desired }),
      ...(setup.desired2 ? [node("onenet-desired", "desired2", { connection: "c", ...setup.desired2 })] : []),
    );
    flow = await loadFlow(flows);
    if (setup.kind !== "data-stream") await flow.waitForStatus("sub", "connected");
  }

  /** The `index`-th message that `id` sent. */
  async function received(id: string, index = 0): Promise<Message> {
    const sent = await flow.events.waitForCount(
      index + 1,
      (event) => event.event === "send" && event.node === id,
      { what: `message ${index} of ${id}` },
    );
    const event = sent[index];
    assert.ok(event?.event === "send");
    return event.msg;
  }

  const answerNext = async (id: "answer" | "refuse", index = 0) =>
    await feedWell(flow, id, await received("sub", index));

  describe("on demand", () => {
    it("come with their versions; what has none is missing", async () => {
      await start({ wishes: { power: true, level: 3 } });
      await wish({ level: 4 });
      const sent = await feedWell(flow, "desired", { payload: ["power", "level", "temperature"], more: 1 });
      assert.deepEqual(sent["payload"], {
        power: { value: true, version: 1 },
        level: { value: 4, version: 2 },
      });
      assert.deepEqual(sent["onenet"], {
        action: "get",
        trigger: "message",
        identifiers: ["power", "level", "temperature"],
        applied: [],
        deleted: [],
      });
      assert.equal(sent["more"], 1);
      assert.deepEqual((await feedWell(flow, "desired", { payload: "power" }))["payload"], {
        power: { value: true, version: 1 },
      });
    });

    it("are those of the form, or all of the model that can be set", async () => {
      await start({
        wishes: { power: true, level: 3 },
        desired: { identifiers: "level" },
        connection: WITH_MODEL,
      });
      const of = async () => (await feedWell(flow, "desired", { payload: ["power"] }))["onenet"] as Message;
      assert.deepEqual((await of())["identifiers"], ["level"]);
      await flow.unload();
      await sim.stop();
      await start({ wishes: { total: 1 }, connection: WITH_MODEL });
      const sent = await feedWell(flow, "desired", { payload: 1_700_000_000_000 });
      assert.deepEqual((sent["onenet"] as Message)["identifiers"], ["power", "level", "total"]);
      assert.deepEqual(sent["payload"], { total: { value: 1, version: 1 } });
    });

    it("need identifiers, a known action and versions that can be", async () => {
      await start();
      await feedBadly(flow, "desired", { payload: 1 }, "ONENET_MESSAGE_INVALID");
      await feedBadly(flow, "desired", { payload: ["a", 1] }, "ONENET_MESSAGE_INVALID");
      await feedBadly(flow, "desired", { payload: ["a"], action: "set" }, "ONENET_MESSAGE_INVALID");
      await feedBadly(flow, "desired", { payload: { a: 0 }, action: "delete" }, "ONENET_MESSAGE_INVALID");
      await feedBadly(flow, "desired", { payload: 5, action: "delete" }, "ONENET_MESSAGE_INVALID");
    });

    it("are deleted with their version; another version is left alone, a list goes whatever it is", async () => {
      await start({ wishes: { power: true, level: 3, total: 9 } });
      await wish({ level: 4 });
      const action = "delete";
      const payload = { power: { value: true, version: 1 }, level: 1 };
      const sent = await feedWell(flow, "desired", { action, payload });
      assert.deepEqual(sent["payload"], payload);
      assert.deepEqual((sent["onenet"] as Message)["deleted"], ["power", "level"]);
      const names = async () => JSON.stringify(await wished());
      assert.doesNotMatch(await names(), /power/);
      assert.match(await names(), /level/);
      await feedWell(flow, "desired", { action, payload: ["level"] });
      assert.doesNotMatch(await names(), /level/);
      assert.match(await names(), /total/);
    });

    it("are rejected with OneNET's code where the model does not know them", async () => {
      await start({ model: STATION_MODEL });
      const error = await feedBadly(flow, "desired", { payload: ["powr"] }, "ONENET_REJECTED");
      assert.equal(error.cause?.params["platformCode"], 2306);
      await feedBadly(flow, "desired", { action: "delete", payload: ["powr"] }, "ONENET_REJECTED");
    });

    it("come late, or not at all", async () => {
      await start({
        desired: { timeoutSeconds: "0.2" },
        connection: { ackTimeoutSeconds: "0.2", ackAttempts: "1" },
      });
      const { end } = sim.simulator.faults.dropReply();
      await feedBadly(flow, "desired", { payload: ["power"] }, "ONENET_ACK_TIMEOUT");
      end();
      await sim.stop();
      await feedBadly(flow, "desired", { payload: ["power"] }, "ONENET_EXPIRED");
    });
  });

  describe("after a login", () => {
    it("come by themselves, each time", async () => {
      await start({ desired: { afterLogin: true, identifiers: "power" }, wishes: { power: true } });
      const first = await received("desired");
      assert.deepEqual(first["payload"], { power: { value: true, version: 1 } });
      assert.equal((first["onenet"] as Message)["trigger"], "login");
      assert.equal(typeof first["_msgid"], "string");
      await wish({ power: false });
      sim.simulator.faults.cutLink();
      const second = await received("desired", 1);
      assert.deepEqual(second["payload"], { power: { value: false, version: 2 } });
    });

    it("come after a deploy, too, that finds the device logged in", async () => {
      await start({ desired: { afterLogin: true, identifiers: "power" }, wishes: { power: true } });
      await received("desired");
      await flow.deploy(flows);
      assert.deepEqual((await received("desired", 1))["payload"], { power: { value: true, version: 1 } });
      assert.equal(sim.events.filter(({ event }) => event === "login").length, 1);
    });

    it("tell a Catch node what went wrong", async () => {
      await start({ desired: { afterLogin: true } });
      assert.equal((await waitForCaught(flow, "ONENET_MESSAGE_INVALID")).error.source.id, "desired");
    });
  });

  describe("applied", () => {
    const APPLY = { afterLogin: true, identifiers: "power, level", apply: "together" };

    it("are a property set of the flow's, and are deleted after its success", async () => {
      await start({ desired: APPLY, wishes: { power: 1, level: 3 }, connection: WITH_MODEL });
      const msg = await received("sub");
      assert.deepEqual(msg["payload"], { power: true, level: 3 }, "checked like one");
      const command = msg["command"] as Message;
      assert.deepEqual([command["kind"], command["desired"]], ["property-set", true]);
      await feedWell(flow, "answer", msg);
      const { deleted, applied } = (await received("desired"))["onenet"] as Message;
      assert.deepEqual(
        [applied, deleted],
        [
          ["power", "level"],
          ["power", "level"],
        ],
      );
      assert.doesNotMatch(JSON.stringify(await wished()), /power|level/);
      assert.equal(sim.events.filter((event) => event.event === "refused").length, 0);
    });

    it("stay where they were set again meanwhile", async () => {
      await start({ desired: APPLY, wishes: { power: true } });
      const msg = await received("sub");
      await wish({ power: false });
      await feedWell(flow, "answer", msg);
      await received("desired");
      assert.match(JSON.stringify(await wished()), /power/);
    });

    it("are kept where the form says so", async () => {
      await start({ desired: { ...APPLY, deleteApplied: false }, wishes: { power: true } });
      assert.deepEqual((await answerNext("answer"))["onenet"], { state: "applied" });
      assert.deepEqual(((await received("desired"))["onenet"] as Message)["deleted"], []);
      assert.match(JSON.stringify(await wished()), /power/);
    });

    it("are refused together, told and not deleted", async () => {
      await start({ desired: APPLY, wishes: { power: true, level: 3 } });
      await answerNext("refuse");
      const { error } = await waitForCaught(flow, "ONENET_DESIRED_REFUSED");
      assert.match(error.message, /power, level/);
      assert.deepEqual([error.source.id, error.cause?.params["code"]], ["desired", 7]);
      assert.match(JSON.stringify(await wished()), /power.*level|level.*power/);
    });

    it("are applied each by itself, and one that is refused does not hold up the others", async () => {
      await start({ desired: { ...APPLY, apply: "each" }, wishes: { power: true, level: 3 } });
      const first = await received("sub");
      assert.equal(Object.keys(first["payload"] as object).length, 1);
      await feedWell(flow, "refuse", first);
      await answerNext("answer", 1);
      await waitForCaught(flow, "ONENET_DESIRED_REFUSED");
      const left = JSON.stringify(await wished());
      const [refused = ""] = Object.keys(first["payload"] as object);
      assert.match(left, new RegExp(refused));
      assert.doesNotMatch(left, refused === "power" ? /level/ : /power/);
    });

    it("that a node ignores are neither applied nor deleted", async () => {
      const commands = { identifiers: "level", unhandled: "ignore" };
      await start({ desired: APPLY, wishes: { power: true, level: 3 }, commands });
      await answerNext("answer");
      const { deleted, applied } = (await received("desired"))["onenet"] as Message;
      assert.deepEqual([applied, deleted], [["level"], ["level"]]);
      assert.match(JSON.stringify(await wished()), /power/);
    });

    describe("by two nodes of one connection", () => {
      const sets = () => flow.events.filter((event) => event.event === "send" && event.node === "sub");

      /** What both nodes were told after a login. */
      async function told(index = 0): Promise<readonly string[]> {
        const both = [await received("desired", index), await received("desired2", index)];
        for (const { payload } of both) assert.deepEqual(payload, { power: { value: true, version: 1 } });
        return both.flatMap(({ onenet }) => (onenet as { applied: string[] }).applied);
      }

      it("are applied once and deleted; both are told", async () => {
        const commands = { autoAnswer: true };
        await start({ desired: APPLY, desired2: APPLY, commands, wishes: { power: true } });
        assert.deepEqual(await told(), ["power"]);
        assert.equal(sets().length, 1);
        assert.doesNotMatch(JSON.stringify(await wished()), /power/);
        await wish({ power: true });
        await feedWell(flow, "desired", {});
        assert.equal(sets().length, 2, "the same again, with the same version");
      });

      it("are applied once each time where they are kept", async () => {
        const kept = { ...APPLY, deleteApplied: false };
        await start({
          desired: kept,
          desired2: { ...kept, apply: "each" },
          commands: { autoAnswer: true },
          wishes: { power: true },
        });
        assert.deepEqual(await told(), ["power"]);
        assert.equal(sets().length, 1);
        sim.simulator.faults.cutLink();
        assert.deepEqual(await told(1), ["power"]);
        assert.equal(sets().length, 2);
      });

      it("are applied once while the flow takes its time", async () => {
        await start({ desired: APPLY, desired2: APPLY, wishes: { power: true } });
        const msg = await received("sub");
        await flow.events.waitFor((event) => event.event === "send" && /^desired/.test(event.node));
        await feedWell(flow, "answer", msg);
        assert.deepEqual(await told(), ["power"]);
        assert.equal(sets().length, 1);
      });

      it("are refused once", async () => {
        await start({ desired: APPLY, desired2: APPLY, wishes: { power: true } });
        await answerNext("refuse");
        await waitForCaught(flow, "ONENET_DESIRED_REFUSED");
        await flow.events.waitFor((event) => event.event === "send" && /^desired/.test(event.node));
        assert.equal(sets().length, 1);
      });
    });

    it("that no node takes are refused", async () => {
      await start({ desired: APPLY, wishes: { power: true }, commands: { identifiers: "door" } });
      assert.match((await waitForCaught(flow, "ONENET_DESIRED_REFUSED")).error.message, /no handler/);
    });
  });

  it("are no part of a data-stream product", async () => {
    await start({ kind: "data-stream" });
    assert.equal((await waitForCaught(flow, "ONENET_CONFIG_INVALID")).error.source.id, "desired");
  });
});
