import assert from "node:assert/strict";
import type { Context } from "mocha";
import { atPorts, type Example, type Ports, readExamples } from "../support/examples";
import { findFreePort } from "../support/free-port";
import { type Mosquitto, startMosquitto } from "../support/mosquitto";
import { has, needs } from "../support/needs";
import { type NodeRed, startNodeRed } from "../support/node-red";
import type { ProbeEvent } from "../support/probe-protocol";

type Sent = Extract<ProbeEvent, { event: "send" }>;

const stateOf = ({ msg }: Sent) => (msg["onenet"] as { state?: string } | undefined)?.state;

/** Where a Catch node hands on an error that belongs to the story. */
const EXPECTED_ERRORS = new Set([
  "onenet-lamp-refused",
  "onenet-queue-catch",
  "onenet-valve-catch",
  "onenet-station-catch",
]);

async function choosePorts(broker: Mosquitto | undefined): Promise<Ports> {
  return {
    mqtt: await findFreePort(),
    http: await findFreePort(),
    broker: broker?.port ?? (await findFreePort()),
  };
}

function allNodes(examples: readonly Example[], ports: Ports) {
  return atPorts(
    examples.flatMap(({ nodes }) => nodes),
    ports,
  );
}

describe("the examples, all in one Node-RED", function () {
  this.timeout(90_000);
  let nodeRed: NodeRed;
  let broker: Mosquitto | undefined;

  /** Presses an inject node's button and waits for what `node` sends because of it. */
  async function press(inject: string, node: string, matches: (sent: Sent) => boolean = () => true) {
    const isIt = (event: ProbeEvent) => event.event === "send" && event.node === node && matches(event);
    const sent = nodeRed.events.waitForNext(isIt, { what: `message from ${node} after ${inject}` });
    await nodeRed.admin.inject(inject);
    return ((await sent) as Sent).msg;
  }

  const accepted = (sent: Sent) => stateOf(sent) === "accepted";
  const waitForAccepted = async (node: string) => (await nodeRed.waitForSend(node, accepted)).msg["payload"];

  before(async () => {
    broker = has("mosquitto") ? await startMosquitto() : undefined;
    nodeRed = await startNodeRed({ flows: allNodes(readExamples(), await choosePorts(broker)) });
  });

  after(async () => {
    await nodeRed?.stop();
    await broker?.stop();
  });

  it("Host telemetry: readings of this machine are accepted", async () => {
    const payload = (await waitForAccepted("onenet-host-publish")) as Record<string, number>;
    assert.ok(Number(payload["cpu_load"]) >= 0, JSON.stringify(payload));
    assert.ok(Number(payload["memory_used"]) > 0 && Number(payload["memory_used"]) < 100);
    const temperature = payload["cpu_temperature"] ?? 20;
    assert.ok(temperature > 0 && temperature < 150);
  });

  it("Modbus or GPIO sensor: scaled registers and a changed contact are accepted", async () => {
    const { temperature, humidity } = (await waitForAccepted("onenet-sensor-publish-readings")) as Record<
      string,
      number
    >;
    assert.ok(Number(temperature) >= 20 && Number(temperature) <= 30);
    assert.ok(Number(humidity) >= 45 && Number(humidity) <= 55);
    assert.equal(await waitForAccepted("onenet-sensor-publish-contact"), false);
    const opened = await press("onenet-sensor-door-open", "onenet-sensor-publish-contact", accepted);
    assert.equal(opened["payload"], true);
  });

  it("Local broker to cloud: a reading put in without a broker is accepted", async () => {
    const sent = await press("onenet-bridge-without-broker", "onenet-bridge-publish", accepted);
    assert.equal(sent["topic"], "press_2.temperature");
    assert.equal(typeof sent["payload"], "number");
  });

  it("Local broker to cloud: a reading that came through the broker is accepted", async function () {
    needs(this as Context, "mosquitto");
    await nodeRed.waitForStatus("onenet-bridge-subscription", "connected");
    const sent = await press("onenet-bridge-report", "onenet-bridge-publish", accepted);
    assert.equal(sent["topic"], "press_1.temperature");
  });

  it("Command (data stream): the application hears what the pump did, or why it did not", async () => {
    await nodeRed.waitForStatus("onenet-pump-commands", "connected");
    const hear = async (inject: string) => (await press(inject, "onenet-pump-answer-text"))["payload"];
    assert.equal(await hear("onenet-pump-on"), '{"code":200,"pump":"on"}');
    await nodeRed.waitForStatus("onenet-pump-pump", "on");
    assert.equal(await hear("onenet-pump-off"), '{"code":200,"pump":"off"}');
    await nodeRed.waitForStatus("onenet-pump-pump", "off");
    assert.equal(await hear("onenet-pump-unknown"), '{"code":100,"msg":"unknown command"}');
    await nodeRed.waitForSend("onenet-pump-answer", accepted);
  });

  it("Property set and get (thing model): the lamp obeys, refuses, reports and can be asked", async () => {
    await nodeRed.waitForStatus("onenet-lamp-sets", "connected");
    const hear = async (inject: string) => {
      const answer = await press(inject, "onenet-lamp-simulator", ({ port }) => port === 1);
      return answer["payload"] as { code: number; msg: string; data?: unknown };
    };
    assert.equal((await hear("onenet-lamp-on")).code, 0);
    assert.deepEqual(await waitForAccepted("onenet-lamp-publish"), { power: true, brightness: 60 });
    const refused = await hear("onenet-lamp-too-bright");
    assert.equal(refused.code, 10411);
    assert.match(refused.msg, /brightness must be 0 to 100/);
    assert.deepEqual((await hear("onenet-lamp-read")).data, { power: true, brightness: 60 });
    assert.equal((await hear("onenet-lamp-off")).code, 0);
    assert.deepEqual((await hear("onenet-lamp-read")).data, { power: false, brightness: 60 });
  });

  it("Rule-triggered control: on above 28 °C, off below 26 °C, nothing in between", async () => {
    await nodeRed.waitForStatus("onenet-room-sets", "connected");
    const answers = (power: boolean) =>
      nodeRed.events.filter(
        (event) =>
          event.event === "send" && event.node === "onenet-room-done" && event.msg["power"] === power,
      );
    for (const power of [true, false]) {
      for (let presses = 0; answers(power).length === 0; presses += 1) {
        assert.ok(presses < 40, `power ${power} is never set`);
        await press("onenet-room-timer", "onenet-room-publish", accepted);
      }
      await nodeRed.waitForStatus("onenet-room-cooling", power ? "cooling" : "off");
      const isReported = (sent: Sent) =>
        accepted(sent) && (sent.msg["payload"] as { power?: boolean }).power === power;
      await nodeRed.waitForSend("onenet-room-report", isReported);
    }
    const wanted = nodeRed.events.filter(
      (event) => event.event === "send" && event.node === "onenet-room-thresholds",
    );
    for (const event of wanted) {
      const { port, msg } = event as Sent;
      const temperature = Number(msg["payload"]);
      assert.ok(port === 0 ? temperature > 28 : temperature < 26, `${temperature} °C at output ${port}`);
    }
  });

  it("QoS 2 to a local broker: a piece arrives once, and the node knows", async function () {
    needs(this as Context, "mosquitto");
    const isFirst = ({ msg }: Sent) => (msg["payload"] as { count: number }).count === 1;
    const published = await nodeRed.waitForSend("onenet-counter-publish", isFirst);
    assert.equal(stateOf(published), "acknowledged");
    await nodeRed.waitForStatus("onenet-counter-subscription", "connected");
    const second = await press("onenet-counter-piece", "onenet-counter-subscription");
    assert.deepEqual([second["payload"], second["qos"]], [{ line: 1, count: 2 }, 2]);
    await press("onenet-counter-piece", "onenet-counter-subscription");
    const heard = nodeRed.events
      .filter((event) => event.event === "send" && event.node === "onenet-counter-subscription")
      .map((event) => ((event as Sent).msg["payload"] as { count: number }).count);
    assert.equal(new Set(heard).size, heard.length, `counted twice: ${heard}`);
  });

  it("Queue and outcomes: what waits is counted, what is urgent overtakes, what is short-lived is given up", async () => {
    await nodeRed.waitForStatus("onenet-queue-watch", "connected");
    const high = await press(
      "onenet-queue-burst",
      "onenet-queue-watch",
      ({ msg }) => msg["topic"] === "queue",
    );
    assert.equal((high["payload"] as { mark: string }).mark, "high");
    // Ordinary levels are below 80.
    const isUrgent = ({ msg }: Sent) => {
      const { event, values } = msg["payload"] as { event: string; values?: { level?: unknown } };
      return event === "publish" && Number(values?.level) >= 80;
    };
    await press("onenet-queue-urgent", "onenet-queue-simulator", isUrgent);
    const isExpired = ({ msg }: Sent) => (msg["error"] as { code?: string }).code === "ONENET_EXPIRED";
    await press("onenet-queue-short", "onenet-queue-catch", isExpired);
    const report = await press("onenet-queue-ask", "onenet-queue-watch", ({ port }) => port === 0);
    const { queuedMessages, expired, accepted: stored } = report["payload"] as Record<string, number>;
    assert.ok(Number(queuedMessages) > 5, `${queuedMessages} still wait`);
    assert.deepEqual([expired, Number(stored) > 0], [1, true]);
  });

  it("Desired values after an outage: what was wished for arrives with the next login, once", async () => {
    await nodeRed.waitForStatus("onenet-valve-sets", "connected");
    const ask = async (inject: string) => {
      const { payload } = await press(inject, "onenet-valve-simulator", ({ port }) => port === 1);
      return payload as { code: number; msg: string; data?: unknown };
    };
    assert.equal((await ask("onenet-valve-wish")).code, 0);
    assert.match((await ask("onenet-valve-wish-too-far")).msg, /opening/);
    assert.match(JSON.stringify((await ask("onenet-valve-wished")).data), /opening/);
    const isApplied = ({ msg }: Sent) => (msg["onenet"] as { trigger?: string }).trigger === "login";
    const got = await press("onenet-valve-outage", "onenet-valve-desired", isApplied);
    assert.deepEqual(got["payload"], {
      open: { value: true, version: 1 },
      opening: { value: 40, version: 1 },
    });
    const published = await nodeRed.waitForSend("onenet-valve-publish", accepted);
    assert.deepEqual(published.msg["payload"], { open: true, opening: 40 });
    await nodeRed.waitForStatus("onenet-valve-valve", "wished for");
    assert.doesNotMatch(JSON.stringify((await ask("onenet-valve-wished")).data), /opening/);
    const nothing = await press("onenet-valve-ask", "onenet-valve-desired");
    assert.deepEqual(nothing["payload"], {});
  });

  it("Environment station: values fit the model or are refused, the alarm comes once, the service answers", async () => {
    const readings = await nodeRed.waitForSend("onenet-station-publish", accepted);
    const { changed } = readings.msg["onenet"] as { changed: readonly { to: unknown }[] };
    assert.equal(changed[0]?.to, false, "the door, told as text");
    const held = await press("onenet-station-timer", "onenet-station-publish");
    assert.match(JSON.stringify(held["onenet"]), /"heldBack":\[.*door_open/);
    const isRefused = ({ msg }: Sent) => (msg["error"] as { code?: string }).code === "ONENET_VALUE_INVALID";
    await press("onenet-station-wrong", "onenet-station-catch", isRefused);
    const alarms = () =>
      nodeRed.events.filter((event) => event.event === "send" && event.node === "onenet-station-alarm");
    for (let presses = 0; presses < 6; presses += 1) {
      await press("onenet-station-heat", "onenet-station-publish");
    }
    const alarm = await nodeRed.waitForSend("onenet-station-alarm", accepted);
    assert.equal((alarm.msg["onenet"] as { eventType: string }).eventType, "alert");
    assert.equal(alarms().length, 1);
    const hear = async (inject: string) => {
      const answer = await press(inject, "onenet-station-simulator", ({ port }) => port === 1);
      return answer["payload"] as { code: number; data?: unknown };
    };
    const posted = nodeRed.waitForSend(
      "onenet-station-publish",
      (sent) => accepted(sent) && (sent.msg["payload"] as { limit?: number }).limit === 60,
    );
    assert.equal((await hear("onenet-station-limit")).code, 0);
    assert.deepEqual((await posted).msg["payload"], { limit: 60 }, "the limit that holds, at once");
    assert.match(JSON.stringify(await hear("onenet-station-reboot")), /"starts":2/);
  });

  it("Report by exception: what says nothing new stays back, a change leaves at once", async () => {
    const onenetOf = ({ msg }: Sent) => msg["onenet"] as { state: string; heldBack?: { stream: string }[] };
    const isQuiet = (sent: Sent) => onenetOf(sent).state === "unchanged";
    const quiet = await nodeRed.waitForSend("onenet-tank-publish", isQuiet);
    assert.equal(onenetOf(quiet).heldBack?.length, 4);
    const changed = await press("onenet-tank-pump", "onenet-tank-publish", accepted);
    const heldBack = (changed["onenet"] as { heldBack: { stream: string }[] }).heldBack;
    assert.ok(!heldBack.some(({ stream }) => stream === "pump"), JSON.stringify(heldBack));
    await nodeRed.waitForStatus("onenet-tank-count", "held back");
  });

  it("Backlog upload: an hour's samples leave a thousand in a message", async () => {
    const isMany = ({ msg }: Sent) => (msg["payload"] as { samples: number }).samples > 5000;
    const stored = await press("onenet-logger-hour", "onenet-logger-stored", isMany);
    const { messages, samples } = stored["payload"] as { messages: number; samples: number };
    assert.ok(messages <= Math.ceil(samples / 900), `${samples} samples in ${messages} messages`);
    const report = await press("onenet-logger-ask", "onenet-logger-watch", ({ port }) => port === 0);
    assert.ok((report["payload"] as { queuedMessages: number }).queuedMessages > 1000, "the rest waits");
  });

  it("20 Modbus-like sub-devices: each reports, is set and read, and belongs to the gateway", async () => {
    const reporting = new Set<unknown>();
    const isAll = (event: ProbeEvent) => {
      if (event.event !== "send" || event.node !== "onenet-meters-publish" || !accepted(event)) return false;
      reporting.add(event.msg["device"]);
      return reporting.size === 20;
    };
    await nodeRed.events.waitFor(isAll, { timeoutMs: 30_000, what: "reports of 20 meters" });
    const hear = async (inject: string) => {
      const answer = await press(inject, "onenet-meters-simulator", ({ port }) => port === 1);
      return answer["payload"] as { code: number; data?: { relay?: boolean } };
    };
    const isReported = (sent: Sent) => {
      const { relay, voltage } = sent.msg["payload"] as { relay?: boolean; voltage?: number };
      return accepted(sent) && relay === false && voltage === undefined;
    };
    const reported = nodeRed.waitForSend("onenet-meters-publish", isReported);
    assert.equal((await hear("onenet-meters-relay-off")).code, 0);
    assert.deepEqual((await reported).msg["device"], { productId: "DemoMetr01", deviceName: "meter-07" });
    assert.equal((await hear("onenet-meters-read")).data?.relay, false);
    assert.equal((await hear("onenet-meters-relay-on")).code, 0);
    const listed = await press("onenet-meters-list", "onenet-meters-gateway", ({ port }) => port === 0);
    assert.equal((listed["payload"] as object[]).length, 20);
  });

  it("has no error that is not part of the story", function () {
    needs(this as Context, "mosquitto");
    const caught = nodeRed.events.filter(
      (event) => event.event === "send" && event.type === "catch" && !EXPECTED_ERRORS.has(event.node),
    );
    assert.deepEqual(
      caught.map((event) => [(event as Sent).node, (event as Sent).msg["error"]]),
      [],
    );
    const logged = nodeRed.events.filter((event) => event.event === "log" && event.level <= 20);
    assert.deepEqual(logged, []);
  });
});

describe("the examples that want a local broker, without one", function () {
  this.timeout(30_000);
  let nodeRed: NodeRed;

  before(async () => {
    const examples = readExamples().filter(({ nodes }) => nodes.some(({ type }) => type === "mqtt-broker"));
    const nodes = allNodes(examples, await choosePorts(undefined));
    const impatient = (id: string) => (id === "onenet-counter-publish" ? { expirySeconds: "0.5" } : {});
    nodeRed = await startNodeRed({ flows: nodes.map((node) => ({ ...node, ...impatient(node.id) })) });
  });

  after(() => nodeRed?.stop());

  it("QoS 2 to a local broker: the message fails with what to do about it", async () => {
    const isExpired = ({ msg }: Sent) => (msg["error"] as { code?: string }).code === "ONENET_EXPIRED";
    const { msg } = await nodeRed.waitForSend("onenet-counter-advice", isExpired);
    assert.match(String(msg["payload"]), /sudo apt install mosquitto/);
    await nodeRed.waitForStatus("onenet-counter-publish", ({ fill }) => fill === "red");
  });

  it("Local broker to cloud: a reading put in without a broker is accepted", async () => {
    await nodeRed.admin.inject("onenet-bridge-without-broker");
    await nodeRed.waitForSend("onenet-bridge-publish", (sent) => stateOf(sent) === "accepted");
  });
});
