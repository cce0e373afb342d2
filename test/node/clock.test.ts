import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { BUILD_DATE_MS } from "../../lib/client/build-date";
import { feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import { datapointPublish, deviceConnection, flowOf, makeProduct } from "../support/flows";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { startTestSimulator, type TestSimulator } from "../support/simulated";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const PRODUCT = makeProduct("thing-model", "pi");
const YEAR_MS = 365 * 86_400_000;

describe("a machine whose clock is wrong", function () {
  this.timeout(40_000);
  let sim: TestSimulator;
  let nodeRed: NodeRed;
  let folder: string;

  before(async () => {
    sim = await startTestSimulator({ products: [PRODUCT] });
    folder = makeTempFolder("clock");
    const file = path.join(folder, "clock.cjs");
    writeFileSync(
      file,
      `const now = Date.now; globalThis.clockShiftMs = -${YEAR_MS}; Date.now = () => now() + globalThis.clockShiftMs;`,
    );
    nodeRed = await startNodeRed({
      nodeArgs: ["--require", file],
      flows: flowOf(
        deviceConnection("c", sim.simulator, PRODUCT, "pi"),
        datapointPublish("pub", "c", { stream: "s" }),
      ),
    });
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
    if (folder) removeTempFolder(folder);
  });

  const paramsOf = async (payload: unknown) => {
    const came = sim.next("publish");
    await feedWell(nodeRed, "pub", { payload });
    return JSON.parse((await came).payload).params.s as { value: unknown; time?: number };
  };

  it("logs in all the same, says so, and sends no times of its own", async () => {
    const { error } = await waitForCaught(nodeRed, "ONENET_CLOCK_WRONG", { source: "c" });
    assert.match(error.message, /NTP/);
    const { fill, shape } = await waitForLastStatus(nodeRed, "pub", "clock-wrong");
    assert.deepEqual([fill, shape], ["yellow", "dot"]);
    const [login] = sim.events.filter(({ event }) => event === "login");
    assert.ok(
      login?.event === "login" && login.tokenExpiresAtMs > BUILD_DATE_MS,
      "a token from the build date on",
    );
    assert.deepEqual(await paramsOf(1), { value: 1 });
  });

  it("logs in again by itself when the clock is set", async () => {
    const again = sim.next("login");
    await nodeRed.evaluate(() => {
      Reflect.set(globalThis, "clockShiftMs", 0);
    });
    await again;
    await waitForLastStatus(nodeRed, "pub", "connected");
    const before = Date.now();
    const { time } = await paramsOf(2);
    assert.ok(time !== undefined && time >= before && time <= Date.now());
  });
});
