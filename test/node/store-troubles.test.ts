import assert from "node:assert/strict";
import {
  damageFile,
  fillDisk,
  forbidFolder,
  jumpClock,
  jumpPastExpiry,
  startTwice,
} from "../../bench/proofs/store-troubles";
import { nodeRedVersion } from "../support/node-red-version";
import { canMount } from "../support/small-disk";

// Row S7 of `npm run bench`. It brings its own Node-RED 5, whichever version the other tests are for.
if (nodeRedVersion === "5") {
  describe("a disk store in trouble, in Node-RED", function () {
    this.timeout(180_000);

    it("a damaged page: says what it rescued, delivers that, and goes on", async () => {
      const sample = await damageFile();
      const { rescued = 0, notRescued = 0, rescuedButLost, refused, lost } = sample;
      assert.ok(rescued > 0 && notRescued <= 100, `${rescued} rescued, ${notRescued} not`);
      assert.deepEqual({ rescuedButLost, refused, lost }, { rescuedButLost: 0, refused: 0, lost: 0 });
    });

    // A file system of a known size needs root.
    if (canMount()) {
      it("a full disk: refuses with its own error, loses nothing, and takes messages when there is room", async () => {
        const { queued = 0, refused = 0, ...rest } = await fillDisk();
        assert.ok(queued > 0 && refused > 0, `${queued} queued, ${refused} refused`);
        assert.deepEqual(rest, { unclear: 0, lost: 0, refusedLater: 0 });
      });
    }

    it("a folder without write permission: takes nothing until it may be written to", async () => {
      const sample = await forbidFolder();
      assert.deepEqual(sample, { queued: 0, refused: 20, unclear: 0, lost: 0, refusedLater: 0 });
    });

    it("two Node-RED on one user directory: the second takes nothing, the first loses nothing", async () => {
      const sample = await startTwice();
      assert.deepEqual(sample, { queued: 200, refused: 20, unclear: 0, takenBySecond: 0, lost: 0 });
    });

    it("a clock that jumps forth and back by a day: nothing is lost or doubled", async () => {
      assert.deepEqual(await jumpClock(), { queued: 800, refused: 0, lost: 0, doubled: 0 });
    });

    it("a clock that jumps past a life time: what waits gets no older", async () => {
      assert.deepEqual(await jumpPastExpiry(), { queued: 3000, refused: 0, lost: 0 });
    });
  });
}
