import assert from "node:assert/strict";
import type { PostOptions } from "../../../lib/client/device";
import type { Clock } from "../../../lib/clock";
import type { Datapoint } from "../../../lib/protocol/datapoint";
import { subDeviceToken, topoParams } from "../../../lib/protocol/gateway";
import { deviceProfile } from "../../support/connections";
import { FastClock, type TestEngine, testEngine } from "../../support/engine";
import { keyOf, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const SUB_PRODUCT = "SubPr0duct";
const LAMP = { productId: THING.productId, deviceName: "lamp" };
const AT = 1_893_456_000_000;
const ACCEPTED = { completeWhen: "accepted", qos: 1 } as const;
const meter = (index: number) => ({ productId: SUB_PRODUCT, deviceName: `meter${index}` });

describe("a gateway's connection on the simulator", () => {
  let test: TestSimulator;
  let engine: TestEngine;
  const METERS = 25;

  beforeEach(async () => {
    const key = keyOf(THING, "lamp");
    const devices = Array.from({ length: METERS + 1 }, (_, index) => ({ ...meter(index), deviceKey: key }));
    const products = [THING, { productId: SUB_PRODUCT, kind: "thing-model", devices } as const];
    test = await startTestSimulator({ products });
    const subDevices = Array.from({ length: METERS }, (_, index) => meter(index));
    await test.simulator.cloud.changeTopology({ ...LAMP, subDevices });
  });
  afterEach(async () => {
    await engine.connection.close();
    await test.stop();
  });

  function open(clock?: Clock): void {
    engine = testEngine(deviceProfile(THING, "lamp", test.simulator.port), clock);
  }

  function post(points: readonly Datapoint[], options: Partial<PostOptions> = {}) {
    const { device } = engine.connection;
    assert.ok(device);
    return device.post(points, { ...ACCEPTED, ...options });
  }

  /** What was published, in order: `pack`, `history`, `login` … */
  const forms = () =>
    test.events.all.flatMap((event) => {
      const [, form] = event.event === "publish" ? (/thing\/(?:sub\/)?(\w+)/.exec(event.topic) ?? []) : [];
      return form === undefined ? [] : [form];
    });

  async function valuesOf(device: object, identifier: string): Promise<string[]> {
    const request = { ...LAMP, ...device, identifier, startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
    const { data } = await test.simulator.cloud.propertyHistory(request);
    return (data as { list: { value: string }[] }).list.map(({ value }) => value);
  }

  it("values of sub-devices share packs of ten, events beside properties", async () => {
    open();
    const inputs = Array.from({ length: METERS }, (_, index) =>
      post([
        { stream: "kwh", value: index, atMs: AT, device: meter(index) },
        { stream: "opened", value: { by: index }, atMs: AT, event: true, device: meter(index) },
      ]),
    );
    await engine.online();
    for (const { failed, receipt } of await Promise.all(inputs)) {
      assert.deepEqual(failed, []);
      assert.equal(receipt?.state, "accepted");
    }
    assert.deepEqual(forms(), ["pack", "pack", "pack"]);
    assert.deepEqual(await valuesOf(meter(24), "kwh"), ["24"]);
  });

  it("a backlog of sub-devices is their history", async () => {
    open();
    const inputs = Array.from({ length: 500 }, (_, index) =>
      post([{ stream: "kwh", value: index, atMs: AT + index, device: meter(index % 5) }]),
    );
    await engine.online();
    for (const { failed } of await Promise.all(inputs)) assert.deepEqual(failed, []);
    assert.deepEqual(forms(), ["history", "pack"]);
    const own = Array.from({ length: 100 }, (_, index) => String(3 + 5 * index));
    assert.deepEqual(
      (await valuesOf(meter(3), "kwh")).sort((a, b) => Number(a) - Number(b)),
      own,
    );
  });

  it("one that is in no topology fails alone, with its name", async () => {
    open();
    const inputs = Array.from({ length: 8 }, (_, index) =>
      post([{ stream: "kwh", value: index, atMs: AT, device: meter(index === 5 ? METERS : index) }]),
    );
    await engine.online();
    const outcomes = await Promise.all(inputs);
    assert.deepEqual(
      outcomes.flatMap(({ failed }) => failed.map(({ device, error }) => [device?.deviceName, error.key])),
      [[`meter${METERS}`, "ONENET_REJECTED"]],
    );
  });

  describe("one that is in no topology", () => {
    const stray = () => post([{ stream: "kwh", value: 1, device: meter(METERS) }]);
    const topology = () => Array.from({ length: METERS + 1 }, (_, index) => meter(index));
    const known = async () => {
      const { failed, receipt } = await stray();
      return failed.length === 0 && receipt?.state === "accepted";
    };

    /** It was posted with the others, and found by taking the post apart. */
    async function findStray(): Promise<void> {
      open();
      await engine.online();
      const all = Array.from({ length: 8 }, (_, index) => meter(index === 5 ? METERS : index));
      const { failed } = await post(all.map((device) => ({ stream: "kwh", value: 1, device })));
      assert.deepEqual(
        failed.map(({ device }) => device),
        [meter(METERS)],
      );
    }

    it("is refused here from then on, with the platform's word, and leaves the others alone", async () => {
      await findStray();
      const before = forms().length;
      const [mixed, alone] = await Promise.all([
        post([0, METERS, 1].map((index) => ({ stream: "kwh", value: 2, device: meter(index) }))),
        stray(),
      ]);
      for (const { failed } of [mixed, alone]) {
        assert.deepEqual(
          failed.map(({ device, error }) => [device, error.key, error.params["platformCode"]]),
          [[meter(METERS), "ONENET_REJECTED", 307]],
        );
      }
      assert.equal(mixed.receipt?.state, "accepted");
      assert.deepEqual(forms().slice(before), ["pack"]);
    });

    it("is known when the platform tells of a topology that has it", async () => {
      await findStray();
      await test.simulator.cloud.changeTopology({ ...LAMP, subDevices: topology() });
      assert.ok(await known());
    });

    it("is known when the platform lists it", async () => {
      open();
      await engine.online();
      const fault = test.simulator.faults.rejectIdentifier({ identifier: "kwh", code: 307, ...meter(1) });
      const one = () => post([{ stream: "kwh", value: 1, device: meter(1) }]);
      assert.equal((await one()).failed.length, 1);
      fault.end();
      assert.equal((await one()).failed.length, 1, "it is remembered");
      await engine.connection.device?.request("topo-get", undefined);
      assert.deepEqual((await one()).failed, []);
    });

    it("is known when it has been added", async () => {
      await findStray();
      const params = topoParams(
        meter(METERS),
        subDeviceToken(meter(METERS), keyOf(THING, "lamp"), AT / 1000, "sha1"),
      );
      await engine.connection.device?.request("topo-add", params);
      assert.ok(await known());
    });
  });

  it("an identifier unknown to one product is known again when another sub-device's is accepted", async () => {
    open();
    await engine.online();
    const fault = test.simulator.faults.rejectIdentifier({ identifier: "kwh", ...meter(1) });
    // Two posts, and both are on their way before the platform has said anything.
    const [bad, good] = await Promise.all([
      post([{ stream: "kwh", value: 1, device: meter(1) }]),
      post([{ stream: "kwh", value: 2, device: meter(2) }], { qos: 0 }),
    ]);
    assert.deepEqual([bad.failed.length, good.failed.length], [1, 0]);
    fault.end();
    const again = await post([{ stream: "kwh", value: 3, device: meter(1) }]);
    assert.deepEqual(again.failed, []);
  });

  it("an identifier unknown to one product is not refused to another one", async () => {
    open();
    await engine.online();
    const fault = test.simulator.faults.rejectIdentifier({ identifier: "kwh", ...meter(1) });
    const [bad] = (await post([{ stream: "kwh", value: 1, device: meter(1) }])).failed;
    assert.deepEqual([bad?.error.params["platformCode"], bad?.device?.deviceName], [2306, "meter1"]);
    fault.end();
    const again = await post([
      { stream: "kwh", value: 1 },
      { stream: "kwh", value: 1, device: meter(2) },
    ]);
    assert.deepEqual(
      again.failed.map(({ device }) => device?.deviceName),
      ["meter2"],
      "it is of that product",
    );
  });

  it("logs each in before its first values, once, and again on the next link", async () => {
    open(new FastClock(10));
    await engine.online();
    const options = { subLogin: "lazy" } as const;
    const both = (value: number) =>
      Promise.all([0, 1].map((index) => post([{ stream: "kwh", value, device: meter(index) }], options)));
    await both(1);
    await both(2);
    assert.deepEqual(forms().slice(0, 3), ["login", "login", "pack"]);
    assert.equal(forms().filter((form) => form === "login").length, 2);
    const online = engine.states.waitForNext((state) => state.phase === "online");
    engine.connection.reconnect();
    await online;
    await both(3);
    assert.equal(forms().filter((form) => form === "login").length, 4);
  });

  it("goes on when a login is refused, for the platform judges the values itself", async () => {
    open();
    const told: string[] = [];
    engine.connection.listen({ stateChanged: () => undefined, failed: (error) => told.push(error.key) });
    await engine.online();
    const stranger = { stream: "kwh", value: 1, device: meter(METERS) };
    const { failed, receipt } = await post([stranger, { stream: "kwh", value: 2 }], { subLogin: "lazy" });
    assert.deepEqual(
      failed.map(({ device, error }) => [device?.deviceName, error.key]),
      [[`meter${METERS}`, "ONENET_REJECTED"]],
    );
    assert.equal(receipt?.state, "accepted");
    assert.ok(forms().includes("login"));
    assert.deepEqual(told, ["ONENET_SUBDEVICE_LOGIN"]);
  });

  it("what waits for a login goes with the connection", async () => {
    open();
    await engine.online();
    const outcome = post([{ stream: "kwh", value: 1, device: meter(0) }], { subLogin: "lazy" });
    await engine.connection.close();
    const [failed] = (await outcome).failed;
    assert.equal(failed?.error.key, "ONENET_CLOSED");
  });
});
