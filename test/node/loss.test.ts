import assert from "node:assert/strict";
import type { Counts } from "../../bench/loss/counts";
import { FAULTS, type Fault } from "../../bench/loss/faults";
import { LOSS_WINDOW, type LossPlan, runLoss } from "../../bench/loss/run";
import { needs } from "../support/needs";
import { nodeRedVersion } from "../support/node-red-version";

/** The loss rows of `npm run bench`, a tenth of the size: each fault has a tenth of its time, too. */
const SIZE = { count: 2000, perSecond: 2000, inFlightMax: 0 } as const;
const PARALLEL = 3;

async function runAll(system: LossPlan["system"], qos: 0 | 1 | 2): Promise<Counts[]> {
  const waiting = [...FAULTS];
  const all: Counts[] = [];
  const work = async (): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      all.push(await runLoss({ ...SIZE, system, qos, fault }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return all;
}

/** What a broker that was killed forgot of QoS 2 after its PUBREC, no client can know. */
function forgottenByBroker(qos: number, { losesSession }: Fault): number {
  return qos === 2 && losesSession ? LOSS_WINDOW : 0;
}

function checkCounts(counts: Counts): void {
  const { plan, ...figures } = counts;
  const { fault, qos, system } = plan;
  const what = `${system}, QoS ${qos}, ${fault.name}: ${JSON.stringify(figures)}`;
  const forgotten = forgottenByBroker(qos, fault);
  const survives = system === "disk-always" || !fault.killsNodeRed;
  if (survives) assert.ok(counts.lost <= forgotten, `lost: ${what}`);
  assert.equal(counts.silent, 0, `silent: ${what}`);
  assert.ok(counts.completeButLost <= forgotten, `complete but lost: ${what}`);
  assert.equal(counts.outOfOrder, 0, `out of order: ${what}`);
  const repeatable = qos === 1 ? LOSS_WINDOW : forgotten;
  assert.ok(counts.duplicates <= repeatable, `duplicates: ${what}`);
}

// The runs bring their own Node-RED 5, whichever version the other tests are for.
if (nodeRedVersion === "5") {
  describe("nothing is lost when broker, link or Node-RED fail", function () {
    this.timeout(180_000);

    before(function () {
      needs(this, "mosquitto");
    });

    for (const system of ["memory", "disk-always"] as const) {
      for (const qos of [1, 2] as const) {
        it(`${system}, QoS ${qos}: nine faults, 2,000 messages each`, async () => {
          for (const counts of await runAll(system, qos)) checkCounts(counts);
        });
      }
    }
  });
}
