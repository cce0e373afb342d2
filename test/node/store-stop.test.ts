import assert from "node:assert/strict";
import { datapointPublish, deviceConnection, flowOf, makeProduct } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { startNodeRed } from "../support/node-red";
import { nodeRedVersion } from "../support/node-red-version";
import { removeTempFolder } from "../support/temp-folder";

const MESSAGES = 50;
const THINGS = makeProduct("thing-model", "fan");

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
});
