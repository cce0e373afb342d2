import assert from "node:assert/strict";
import type { Connection } from "../../../lib/client/connection";
import { brokerProfile, deviceProfile, type TestConnection, testConnection } from "../../support/connections";
import { nextTurn } from "../../support/manual-clock";
import { type Mosquitto, startMosquitto } from "../../support/mosquitto";
import { needs } from "../../support/needs";
import { PUBLISH, RawMqtt, readPublish } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator } from "../../support/simulated";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy";

/** Numbers from 0 to under 1, the same ones each time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Lets the sockets work for some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

/** Time passes, and the sockets work, until everything is delivered. */
async function drain({ connection, clock, states }: TestConnection): Promise<void> {
  for (let round = 0; round < 100 && connection.held > 0; round += 1) {
    const { state } = connection;
    if (state.phase === "waiting") {
      const next = states.waitForNext(() => true);
      clock.advance(state.retryInMs);
      await next;
    } else {
      const endMs = Date.now() + 100;
      while (Date.now() < endMs && connection.held > 0 && connection.state === state) await nextTurn();
      if (connection.state === state) clock.advance(2500);
    }
  }
  assert.equal(connection.held, 0, `held after all, ${connection.state.phase}`);
  assert.equal(connection.heldBytes, 0);
}

/** The first time each number came, in the order in which they came. */
function firstTimes(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}

/**
 * Which links may be closed: a message that is unanswered at three closes, alone at the third, is given up, and
 * rightly so. So after two of them what was given by then must get through.
 */
class Mercy {
  #closes = 0;
  #given = 0;

  /** Whether one more link may be closed now, with so many messages through and so many given. */
  allows(through: number, given: number): boolean {
    if (through >= this.#given) this.#closes = 0;
    if (this.#closes === 2) return false;
    this.#closes += 1;
    this.#given = given;
    return true;
  }
}

describe("Connection in a storm", () => {
  describe("of a device", () => {
    let simulator: TestSimulator;
    let test: TestConnection;
    beforeEach(async () => {
      simulator = await startTestSimulator();
    });
    afterEach(async () => {
      await test.connection.close();
      await simulator.stop();
    });

    for (const seed of [1, 2, 3, 4, 5]) {
      it(`delivers each datapoint, in order, and tells each once (dice ${seed})`, async () => {
        const { faults } = simulator.simulator;
        const random = dice(seed);
        test = testConnection(
          deviceProfile(STREAM, "lamp", simulator.simulator.port, {
            inFlightMax: 8,
            ackAttempts: 20,
          }),
        );
        const { connection, clock } = test;
        connection.start();
        const storms = [
          () => faults.cutLink(),
          () => faults.evict(),
          () => faults.dropAck({ count: 2 }),
          () => faults.dropReply({ count: 3 }),
          () => faults.refuseLogin({ count: 1 }),
          () => faults.refuseSubscription({ count: 1 }),
          () => connection.reconnect(),
        ];
        const outcomes: Promise<string>[] = [];
        const mercy = new Mercy();
        let through = 0;
        for (let round = 0; round < 40; round += 1) {
          for (let index = 0; index < 4; index += 1) {
            const outcome = post(connection, outcomes.length);
            outcomes.push(outcome);
            outcome.then(() => {
              through += 1;
            });
          }
          if (random() < 0.4) {
            const storm = storms[Math.floor(random() * storms.length)];
            if (mercy.allows(through, outcomes.length)) storm?.();
          }
          clock.advance(random() * 4000);
          await turns(Math.floor(random() * 20));
        }
        faults.clear();
        await drain(test);
        const told = await Promise.all(outcomes);
        assert.deepEqual([...new Set(told)], ["accepted"]);
        const wanted = outcomes.map((_, index) => index);
        assert.deepEqual(firstTimes(posted()), wanted);
        const { accepted, failed, rejected, dropped, expired } = connection.report();
        assert.deepEqual([accepted, failed, rejected, dropped, expired], [wanted.length, 0, 0, 0, 0]);
        assert.deepEqual(test.failures.all, []);
      });
    }

    /** Every value that came, in order: a post may carry several of the stream. */
    function posted(): number[] {
      return simulator.events.all.flatMap((event) => {
        if (event.event !== "publish") return [];
        const { dp } = JSON.parse(event.payload) as { dp: { n: { v: number }[] } };
        return dp.n.map(({ v }) => v);
      });
    }

    async function post(connection: Connection, value: number): Promise<string> {
      const outcome = await connection.device?.post([{ stream: "n", value }], {
        qos: 1,
        completeWhen: "accepted",
      });
      return outcome?.failed[0]?.error.key ?? outcome?.receipt?.state ?? "nothing";
    }
  });

  describe("of a broker's client", () => {
    let broker: Mosquitto;
    let proxy: TcpProxy;
    let listener: RawMqtt;
    let test: TestConnection;
    let isBlackHole = false;

    before(async function () {
      needs(this, "mosquitto");
      broker = await startMosquitto();
    });
    after(() => broker?.stop());
    beforeEach(async () => {
      proxy = await startTcpProxy({ port: broker.port });
      listener = await RawMqtt.open(broker.port);
      await listener.login({ clientId: "listener" });
      await listener.subscribe(["storm", 0]);
    });
    afterEach(async () => {
      await test.connection.close();
      await proxy.close();
      listener.close();
    });

    function swallow(): void {
      isBlackHole = true;
      proxy.setMode("black-hole");
    }

    /** What a black hole has swallowed would be missing in the middle of a link: no TCP does that. */
    function forward(): void {
      if (isBlackHole) proxy.cut();
      isBlackHole = false;
      proxy.setMode("forward");
    }

    for (const qos of [1, 2] as const) {
      for (const protocolVersion of [4, 5] as const) {
        it(`delivers each message at QoS ${qos}, MQTT ${protocolVersion}, in order, and tells each once`, async () => {
          const random = dice(qos * 10 + protocolVersion);
          const profile = brokerProfile(proxy.port, { protocolVersion, inFlightMax: 20, ackAttempts: 20 });
          test = testConnection(profile);
          test.connection.start();
          const outcomes: Promise<string>[] = [];
          const told: number[] = [];
          const mercy = new Mercy();
          for (let round = 0; round < 40; round += 1) {
            for (let index = 0; index < 10; index += 1) {
              const number = outcomes.length;
              const sent = test.publish({ topic: "storm", payload: String(number), qos });
              sent.then(() => told.push(number)).catch(() => undefined);
              outcomes.push(sent.then(({ state }) => state));
            }
            const fate = random();
            if (fate >= 0.25 || !mercy.allows(told.length, outcomes.length)) forward();
            else if (fate < 0.2) proxy.cut(fate < 0.1 ? "reset" : "end");
            else swallow();
            test.clock.advance(random() * 6000);
            await turns(Math.floor(random() * 20));
          }
          forward();
          await drain(test);
          assert.deepEqual([...new Set(await Promise.all(outcomes))], ["acknowledged"]);
          assert.equal(new Set(told).size, outcomes.length);
          await listener.settle();
          const came = listener.frames
            .filter(({ type }) => type === PUBLISH)
            .map((frame) => Number(readPublish(frame).payload));
          assert.deepEqual(
            firstTimes(came),
            outcomes.map((_, index) => index),
          );
          assert.deepEqual(test.failures.all, []);
        });
      }
    }
  });
});
