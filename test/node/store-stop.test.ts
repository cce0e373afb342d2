import assert from "node:assert/strict";
import type { StoredShare } from "../../lib/simulator/events";
import { feedWell } from "../support/feed";
import { datapointPublish, deviceConnection, flowOf, makeProduct, subdevice } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { startNodeRed } from "../support/node-red";
import { nodeRedVersion } from "../support/node-red-version";
import { startTestSimulator } from "../support/simulated";
import { removeTempFolder } from "../support/temp-folder";

const MESSAGES = 50;
const THINGS = makeProduct("thing-model", "fan");
const SUBS = makeProduct("thing-model", "s1", "s2");

// The disk store needs Node.js 22.13; Node-RED 4.1 is tested on Node.js 20.
(nodeRedVersion === "5" ? describe : () => undefined)("a stop of Node-RED with a disk store", function () {
  this.timeout(60_000);

  for (const store of ["disk-behind", "disk-always"]) {
    it(`loses nothing, however new it is (${store})`, async () => {
      const port = await findFreePort();
      const flows = flowOf(
        deviceConnection("c", { port }, THINGS, "fan", { store }),
        datapointPublish("publish", "c", { completeWhen: "queued" }),
      );
      const first = await startNodeRed({ flows });
      const { userDir } = first;
      try {
        const messages = Array.from({ length: MESSAGES }, (_, a) => ({ _msgid: `m${a}`, payload: { a } }));
        await Promise.all(messages.map((msg) => first.receive("publish", msg)));
        await first.events.waitForCount(
          MESSAGES,
          (each) => each.event === "complete" && each.node === "publish",
        );
        await first.stop({ keep: true });
        assert.doesNotMatch(first.output(), /they are lost/);
        const second = await startNodeRed({ userDir });
        try {
          await second.waitForStatus("publish", `queued ${MESSAGES}, oldest`);
        } finally {
          await second.stop({ keep: true });
        }
      } finally {
        await first.stop({ keep: true });
        removeTempFolder(userDir);
      }
    });
  }

  it("sends what sub-devices have said after they are added to the topology, at the next start", async () => {
    const port = await findFreePort();
    const flows = flowOf(
      deviceConnection("c", { port }, THINGS, "fan", { store: "disk-always" }),
      subdevice("any", "c", SUBS, "", { autoTopology: true }),
      datapointPublish("publish", "c", { subdevice: "any", completeWhen: "queued" }),
    );
    const first = await startNodeRed({ flows });
    const { userDir } = first;
    try {
      for (const device of ["s1", "s2"]) await feedWell(first, "publish", { device, payload: { t: 1 } });
      await first.stop({ keep: true });
      const sim = await startTestSimulator({ products: [THINGS, SUBS], port });
      const second = await startNodeRed({ userDir });
      try {
        for (const name of ["s1", "s2"]) {
          const isOf = ({ deviceName }: StoredShare) => deviceName === name;
          await sim.events.waitFor(
            (event) => event.event === "publish" && event.stored?.some(isOf) === true,
            {
              what: `the value of ${name}`,
              timeoutMs: 20_000,
            },
          );
        }
        assert.deepEqual(
          sim.events.filter((event) => event.event === "reply" && event.code !== 200),
          [],
        );
        assert.equal(
          sim.events.filter((event) => event.event === "publish" && event.topic.endsWith("topo/add")).length,
          2,
        );
      } finally {
        await second.stop({ keep: true });
        await sim.stop();
      }
    } finally {
      await first.stop({ keep: true });
      removeTempFolder(userDir);
    }
  });
});
