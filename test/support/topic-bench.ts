import assert from "node:assert/strict";
import { parseTopic, type TopicKind } from "../../lib/protocol/topic";
import type { SimulatorEvent } from "../../lib/simulator/events";
import type { SimulatorOptions } from "../../lib/simulator/options";
import type { Simulator } from "../../lib/simulator/simulator";
import type { FlowNode } from "./admin-api";
import { waitForLastStatus } from "./feed";
import { flowOf } from "./flows";
import { type NodeRed, startNodeRed } from "./node-red";
import { startTestSimulator, type TestSimulator } from "./simulated";

/** A topic that must go over the wire, or with `!` one that must not. */
type Carried = TopicKind | `!${TopicKind}`;

interface BenchOptions extends Pick<SimulatorOptions, "products" | "rules"> {
  readonly flow: (simulator: Simulator) => readonly FlowNode[];
  /** Nodes that show "connected" before the first test. */
  readonly connected: readonly string[];
}

/**
 * A real Node-RED of its own process with one flow for all tests of a `describe`, against a simulator. What a test
 * says that it carries is held against what the simulator saw: docs/protocol-coverage.md lists these tests.
 */
export class TopicBench {
  #sim: TestSimulator | undefined;
  #nodeRed: NodeRed | undefined;

  /** Registers the hooks that start and stop it. */
  constructor({ products = [], rules = {}, flow, connected }: BenchOptions) {
    const bench = this;
    before(async function () {
      this.timeout(60_000);
      bench.#sim = await startTestSimulator({ products, rules });
      const { simulator } = bench.#sim;
      bench.#nodeRed = await startNodeRed({ flows: flowOf(...flow(simulator)) });
      for (const id of connected) await waitForLastStatus(bench.#nodeRed, id, "connected");
    });
    after(async () => {
      await this.#nodeRed?.stop();
      await this.#sim?.stop();
    });
  }

  get sim(): TestSimulator {
    return there(this.#sim);
  }

  get nodeRed(): NodeRed {
    return there(this.#nodeRed);
  }

  get cloud(): Simulator["cloud"] {
    return this.sim.simulator.cloud;
  }

  get faults(): Simulator["faults"] {
    return this.sim.simulator.faults;
  }

  /** The body of a test that ends when these topics have gone over the wire, and none of those with `!`. */
  carries(carried: readonly Carried[], body: () => Promise<void>): () => Promise<void> {
    return async () => {
      this.sim.events.clear();
      this.nodeRed.events.clear();
      this.faults.clear();
      await body();
      for (const each of carried) {
        if (!each.startsWith("!")) await this.#wire(each as TopicKind);
      }
      const seen = new Set(this.sim.events.all.map(kindOf));
      const unwanted = carried.filter((each) => each.startsWith("!") && seen.has(each.slice(1) as TopicKind));
      assert.deepEqual(unwanted, [], "went over the wire");
    };
  }

  #wire(kind: TopicKind): Promise<SimulatorEvent> {
    return this.sim.events.waitFor((event) => kindOf(event) === kind, { what: `${kind} on the wire` });
  }

  /** What the device published of this kind, of this test or to come. */
  async published(kind: TopicKind) {
    const event = await this.#wire(kind);
    assert.ok(event.event === "publish");
    return event;
  }

  /** The `index`-th message that a node sent in this test. */
  async received(id: string, index = 0): Promise<Record<string, unknown>> {
    const sent = await this.nodeRed.events.waitForCount(
      index + 1,
      (event) => event.event === "send" && event.node === id,
      { what: `message ${index} of ${id}` },
    );
    const event = sent[index];
    assert.ok(event?.event === "send");
    return event.msg as Record<string, unknown>;
  }
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is not started yet");
  return value;
}

/** The topic that an event of the simulator shows on the wire. */
function kindOf(event: SimulatorEvent): TopicKind | undefined {
  const isOnWire =
    event.event === "publish" || event.event === "request" || (event.event === "reply" && event.delivered);
  return isOnWire ? parseTopic(event.topic)?.kind : undefined;
}
