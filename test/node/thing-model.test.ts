import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { FlowNode } from "../support/admin-api";
import { feed, feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { stationModel } from "../support/station-model";
import { makeTempFolder } from "../support/temp-folder";

const THINGS = makeProduct("thing-model", "coerce", "strict", "off", "file", "broken");
const STREAMS = makeProduct("data-stream", "meter");

interface Onenet {
  readonly state: string;
  readonly changed?: readonly Readonly<Record<string, unknown>>[];
  readonly failed?: readonly { readonly stream: string; readonly code: string }[];
}

const onenetOf = (msg: Record<string, unknown>) => msg["onenet"] as Onenet;

describe("the thing model of a connection", () => {
  let sim: TestSimulator;
  let flow: LoadedFlow;

  const connection = (name: string, fields: Fields) =>
    deviceConnection(`c-${name}`, sim.simulator, THINGS, name, fields);
  const nodes = (model: string, file: string): readonly FlowNode[] =>
    flowOf(
      connection("coerce", { modelSource: "pasted", model }),
      connection("strict", { modelSource: "pasted", model, modelCheck: "strict" }),
      connection("off", { modelSource: "pasted", model, modelCheck: "off" }),
      connection("file", { modelSource: "file", modelFile: file, snapToStep: true }),
      connection("broken", { modelSource: "pasted", model: '{"properties": [{}]}' }),
      deviceConnection("c-meter", sim.simulator, STREAMS, "meter", { modelSource: "pasted", model }),
      ...["coerce", "strict", "off", "file", "broken", "meter"].map((name) =>
        datapointPublish(`p-${name}`, `c-${name}`),
      ),
      datapointPublish("all", "c-coerce", { allOrNothing: true }),
    );

  let file: string;
  before(async () => {
    sim = await startTestSimulator({ products: [THINGS, STREAMS] });
    file = path.join(makeTempFolder("model"), "model.json");
    writeFileSync(file, `\uFEFF${stationModel()}`);
    flow = await loadFlow(nodes(stationModel(), file));
  });
  after(async () => {
    await flow?.unload();
    await sim?.stop();
  });

  async function wireOf(id: string, payload: unknown): Promise<[wire: unknown, onenet: Onenet]> {
    const came = sim.next("publish");
    const msg = await feedWell(flow, id, { payload });
    return [JSON.parse((await came).payload).params ?? {}, onenetOf(msg)];
  }

  it("corrects what clearly means something, and says what it changed", async () => {
    const [wire, { changed }] = await wireOf("p-coerce", {
      temp: "21.5",
      power: "on",
      mode: "manual",
      label: "a",
    });
    const values = Object.entries(wire as Record<string, { value: unknown }>).map(([id, { value }]) => [
      id,
      value,
    ]);
    assert.deepEqual(Object.fromEntries(values), { temp: 21.5, power: true, mode: 1, label: "a" });
    assert.deepEqual(
      changed?.map(({ stream, from, to }) => [stream, from, to]),
      [
        ["temp", '"21.5"', 21.5],
        ["power", '"on"', true],
        ["mode", '"manual"', 1],
      ],
    );
  });

  it("says nothing where nothing was to be changed", async () => {
    const [, onenet] = await wireOf("p-coerce", { temp: 21.5 });
    assert.equal("changed" in onenet, false);
  });

  it("refuses what does not fit, each with its reason, and sends the others", async () => {
    const payload = {
      temp: 300,
      power: true,
      tmep: 1,
      overheat: 1,
      reboot: 1,
      label: "far too long",
      $OneNET_LBS: [1],
    };
    const came = sim.next("publish");
    const { error, sent } = await feed(flow, "p-coerce", { payload });
    assert.deepEqual(Object.keys(JSON.parse((await came).payload).params), ["power", "$OneNET_LBS"]);
    const failed = onenetOf(sent[0] ?? {}).failed ?? [];
    assert.deepEqual(
      failed.map(({ stream, code }) => [stream, code]),
      ["temp", "tmep", "overheat", "reboot", "label"].map((stream) => [stream, "ONENET_VALUE_INVALID"]),
    );
    assert.equal(error?.cause?.failed?.length, 5);
    assert.equal(error?.code, "ONENET_VALUE_INVALID");
  });

  it("names identifier, rule, limit and value, and a near name", async () => {
    const tooHot = await feedBadly(flow, "p-coerce", { payload: 300, topic: "temp" }, "ONENET_VALUE_INVALID");
    assert.deepEqual(tooHot.cause?.params, { identifier: "temp", rule: "max", limit: "125", value: "300" });
    assert.equal((await waitForLastStatus(flow, "p-coerce", "status.value-invalid")).fill, "red");
    const { cause } = await feedBadly(
      flow,
      "p-coerce",
      { payload: 1, topic: "tmep" },
      "ONENET_VALUE_INVALID",
    );
    assert.equal(cause?.key, "ONENET_VALUE_INVALID.unknown");
    assert.match(String(cause?.params["limit"]), /^temp\b/);
    for (const [topic, reason] of [
      ["overheat", "is-event"],
      ["reboot", "is-service"],
    ]) {
      const wrong = await feedBadly(flow, "p-coerce", { payload: 1, topic }, "ONENET_VALUE_INVALID");
      assert.equal(wrong.cause?.key, `ONENET_VALUE_INVALID.${reason}`);
    }
    await feedBadly(flow, "all", { payload: { temp: 300, power: true } }, "ONENET_VALUE_INVALID");
  });

  it("takes only the right type when strict, and everything when off", async () => {
    await feedBadly(flow, "p-strict", { payload: "21.5", topic: "temp" }, "ONENET_VALUE_INVALID");
    await wireOf("p-strict", { temp: 21.5 });
    const came = sim.next("publish");
    await feed(flow, "p-off", { payload: { temp: "21.5", tmep: 1 } });
    assert.deepEqual(Object.keys(JSON.parse((await came).payload).params), ["temp", "tmep"]);
  });

  it("keeps whole numbers beyond 2^53, given as text", async () => {
    const came = sim.next("publish");
    const msg = await feedWell(flow, "p-coerce", { payload: "9007199254740993", topic: "count" });
    assert.match((await came).payload, /"value":9007199254740993\b/);
    assert.equal(onenetOf(msg).changed?.[0]?.["to"], "9007199254740993");
  });

  it("reads a file, byte order mark and all, and puts numbers on their step where that is asked for", async () => {
    const [, { changed }] = await wireOf("p-file", { temp: 20.04 });
    assert.equal(changed?.[0]?.["to"], 20);
  });

  it("says what is wrong with a model, and lets values pass", async () => {
    const { error } = await waitForCaught(flow, "ONENET_MODEL_INVALID", { source: "c-broken" });
    assert.equal(error.cause?.params["path"], "properties[0].identifier");
    await feed(flow, "p-broken", { payload: { anything: 1 } });
  });

  it("holds nothing against a data-stream product", async () => {
    const came = sim.next("publish");
    await feedWell(flow, "p-meter", { payload: { tmep: "x" } });
    assert.deepEqual(Object.keys(JSON.parse((await came).payload).dp), ["tmep"]);
  });

  it("takes another model without another login", async () => {
    writeFileSync(file, stationModel({ tempMax: 400 }));
    await flow.deploy(nodes(stationModel({ tempMax: 400 }), file));
    const logins = () => sim.events.filter(({ event }) => event === "login").length;
    const before = logins();
    assert.ok(before >= 5, `${before} logins`);
    await feedWell(flow, "p-coerce", { payload: 300, topic: "temp" });
    await feedWell(flow, "p-file", { payload: 300, topic: "temp" });
    assert.equal(logins(), before);
  });
});
