import assert from "node:assert/strict";
import { type BatchPlan, runBatch, spread } from "../../bench/proofs/batch";
import { runCatchUp } from "../../bench/proofs/catch-up";
import { runCommandsBehind } from "../../bench/proofs/commands-behind";
import { runGateway, shortestPeriodMs } from "../../bench/proofs/gateway";
import { type HistoryPlan, runHistoryBacklog } from "../../bench/proofs/history-backlog";
import { runKills } from "../../bench/proofs/kills";
import type { Store } from "../../bench/runtime/flows";
import { needs } from "../support/needs";
import { nodeRedVersion } from "../support/node-red-version";

// The rows S2–S5 of `npm run bench`, smaller. They bring their own Node-RED 5, whichever version the other tests are for.
if (nodeRedVersion === "5") {
  describe("Node-RED killed again and again under load, disk always", function () {
    this.timeout(60_000);

    before(function () {
      needs(this, "mosquitto");
    });

    for (const qos of [1, 2] as const) {
      it(`what was queued is delivered or on disk after each kill (QoS ${qos})`, async () => {
        const sample = await runKills({ qos, kills: 4, perSecond: 1000, seed: qos });
        const { vanished, lost, invented, left, queued = 0, duplicates } = sample;
        assert.ok(queued > 500, `${queued} queued`);
        assert.deepEqual({ vanished, lost, invented, left }, { vanished: 0, lost: 0, invented: 0, left: 0 });
        if (qos === 2) assert.equal(duplicates, 0);
      });
    }
  });

  describe("a long time offline, then one message a second", function () {
    this.timeout(60_000);

    for (const store of ["memory", "disk-always"] satisfies Store[]) {
      it(`everything is stored once, live values first (${store})`, async () => {
        const messages = 3000;
        const plan = { store, sendOrder: "live-first", messages, livePerSecond: 10 } as const;
        const sample = await runCatchUp(plan);
        const { stored, doubled, misdated, errors, liveDoubled } = sample;
        assert.deepEqual(
          { stored, doubled, misdated, errors, liveDoubled },
          { stored: messages * 10, doubled: 0, misdated: 0, errors: 0, liveDoubled: 0 },
        );
        const { drainSeconds = Number.NaN, liveP99Ms = Number.NaN, publishes } = sample;
        assert.ok(drainSeconds <= 15, `${drainSeconds} s in ${publishes} posts`);
        assert.ok(liveP99Ms <= 2500, `live values took ${liveP99Ms} ms`);
      });
    }
  });

  describe("a backlog of a thing model, then one message a second", function () {
    this.timeout(60_000);

    for (const plan of [
      { store: "memory", properties: 10, seconds: 350, isSingly: false },
      { store: "disk-always", properties: 10, seconds: 350, isSingly: true },
    ] satisfies HistoryPlan[]) {
      it(`leaves as history, the newest values last (${plan.store})`, async () => {
        const { stored, doubled, outOfOrder, misdated, notPresent, errors, publishes } =
          await runHistoryBacklog(plan);
        assert.deepEqual(
          { stored, doubled, outOfOrder, misdated, notPresent, errors },
          { stored: 3500, doubled: 0, outOfOrder: 0, misdated: 0, notPresent: 0, errors: 0 },
        );
        assert.equal(publishes, 5, "four of history, and the newest values");
      });
    }
  });

  describe("datapoints that the platform does not like, among many that are packed", function () {
    this.timeout(60_000);
    const common = { productKind: "data-stream", limits: "off", messages: 200 } as const;

    async function check(plan: BatchPlan): Promise<Record<string, number | undefined>> {
      const sample = await runBatch(plan);
      const { well, wrongly, twice, doubled } = sample;
      const good = plan.messages - plan.bad.length;
      assert.deepEqual({ well, wrongly, twice }, { well: good, wrongly: 0, twice: 0 });
      // What was on its way when a link closed goes again: that is QoS 1.
      if (plan.reaction === "reject") assert.equal(doubled, 0);
      assert.equal(sample["stored"], good);
      return sample;
    }

    for (const count of [1, 20]) {
      it(`${count} of 200 fail, each with its own error, and the rest is accepted`, async () => {
        const bad = spread(count, 200);
        const sample = await check({ ...common, node: "datapoints", bad, reaction: "reject" });
        assert.equal(sample["ONENET_REJECTED"], count);
        assert.ok(Number(sample["posts"]) <= 1 + count * 16, `${sample["posts"]} posts`);
      });
    }

    for (const node of ["publishes", "datapoints"] as const) {
      it(`one of 200 that closes the link fails, and no other (${node})`, async () => {
        const sample = await check({ ...common, node, bad: [61], reaction: "close" });
        assert.equal(sample["ONENET_PUBLISH_CLOSED_LINK"], 1);
        assert.ok(Number(sample["extraLogins"]) <= 3, `${sample["extraLogins"]} logins`);
      });
    }
  });

  describe("a command to a device with a long queue", function () {
    this.timeout(60_000);

    it("is answered at once, and the platform looks at the answer in time", async () => {
      const sample = await runCommandsBehind({ queued: 2000, commands: 4, everyMs: 2500 });
      const { failed, held = 0, onWireMaxMs = Number.NaN, takenMaxMs = Number.NaN } = sample;
      assert.equal(failed, 0);
      assert.ok(held > 1950, `${held} are still queued`);
      assert.ok(onWireMaxMs <= 1500, `on the wire after ${onWireMaxMs} ms`);
      assert.ok(takenMaxMs <= 2500, `taken after ${takenMaxMs} ms`);
    });
  });

  describe("a gateway whose sub-devices report over one connection, from one node", function () {
    this.timeout(60_000);
    const well = { lost: 0, doubled: 0, errors: 0 };

    it("stores all of 300 that report every second, as fast as the link takes it", async () => {
      const plan = { subDevices: 300, everyMs: 1000, reports: 6, messagesPerSecond: 0 };
      const { lost, doubled, errors, heldMax = Number.NaN } = await runGateway(plan);
      assert.deepEqual({ lost, doubled, errors }, well);
      assert.ok(heldMax < 300, `${heldMax} queued`);
    });

    it("keeps the shortest period that one message a second allows, with a queue that does not grow", async () => {
      const subDevices = 40;
      const plan = { subDevices, everyMs: shortestPeriodMs(subDevices), reports: 5, messagesPerSecond: 1 };
      const { lost, doubled, errors, heldMax = Number.NaN, publishes } = await runGateway(plan);
      assert.deepEqual({ lost, doubled, errors }, well);
      assert.ok(heldMax <= 40, `${heldMax} queued`);
      assert.ok(Number(publishes) <= 25, `${publishes} messages`);
    });
  });
}
