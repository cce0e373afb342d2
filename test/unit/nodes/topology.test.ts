import assert from "node:assert/strict";
import type { Connection } from "../../../lib/client/connection";
import { whenAddedToTopology } from "../../../nodes/shared/topology";
import { deviceProfile } from "../../support/connections";
import { type TestEngine, testEngine } from "../../support/engine";
import { startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

describe("values that wait for a topology", () => {
  let test: TestSimulator;
  let engine: TestEngine;
  let went: string[];
  let reported: unknown[];

  beforeEach(async () => {
    test = await startTestSimulator({ products: [THING] });
    engine = testEngine(deviceProfile(THING, "lamp", test.simulator.port));
    went = [];
    reported = [];
    await engine.online();
    test.simulator.faults.dropReply();
    for (const name of ["a", "b", "a"]) {
      const device = { productId: THING.productId, deviceName: name };
      const report = (thrown: unknown) => reported.push(thrown);
      whenAddedToTopology(engine.connection, device, () => went.push(name), report);
    }
    await test.events.waitFor((event) => event.event === "publish" && event.topic.endsWith("topo/get"));
    assert.deepEqual(went, []);
  });
  afterEach(async () => {
    await engine.connection.close();
    await test.stop();
  });

  const cases: readonly [what: string, end: (connection: Connection) => Promise<unknown>][] = [
    ["its nodes are closed", (connection) => connection.settleDown()],
    ["another connection takes its place", (connection) => connection.handOver(() => undefined)],
    ["it is closed", (connection) => connection.close()],
    [
      "its link is lost",
      (connection) => {
        const lost = engine.states.waitForNext(({ phase }) => phase !== "online");
        connection.reconnect();
        return lost;
      },
    ],
  ];
  for (const [what, end] of cases) {
    it(`go on when ${what}, once`, async () => {
      await end(engine.connection);
      assert.deepEqual(went.toSorted(), ["a", "a", "b"]);
      await engine.connection.close();
      assert.equal(went.length, 3);
      assert.deepEqual(reported, []);
    });
  }
});
