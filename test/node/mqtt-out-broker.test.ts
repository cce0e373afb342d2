import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  feed,
  feedBadly,
  feedWell,
  give,
  outcomeOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import { brokerConnection, type Fields, flowOf, mqttOut } from "../support/flows";
import { type LoadedFlow, loadFlow } from "../support/helper";
import { type Mosquitto, startMosquitto } from "../support/mosquitto";
import { needs } from "../support/needs";
import { type Subscriber, subscribe } from "../support/subscriber";
import { startTcpProxy } from "../support/tcp-proxy";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const stateOf = (msg: Record<string, unknown>) => (msg["onenet"] as { state: string }).state;

describe("onenet-mqtt-out on a plain broker", () => {
  let broker: Mosquitto;
  let flow: LoadedFlow;
  let folder: string;
  const subscribers: Subscriber[] = [];

  before(async function () {
    needs(this, "mosquitto", "mosquitto-clients");
    folder = makeTempFolder("acl");
    const acl = path.join(folder, "acl");
    writeFileSync(acl, "topic readwrite ok/#\ntopic read $SYS/#\ntopic readwrite t/#\n", { mode: 0o600 });
    broker = await startMosquitto({ conf: [`acl_file ${acl}`] });
    const v5: Fields = { protocolVersion: "5" };
    flow = await loadFlow(
      flowOf(
        brokerConnection("c4", broker),
        brokerConnection("c5", broker, v5),
        mqttOut("out4", "c4"),
        mqttOut("out5", "c5"),
        mqttOut("qos2", "c4", { topic: "ok/two", qos: "2" }),
        mqttOut("retained", "c4", { topic: "ok/kept", retain: "true" }),
        mqttOut("fixed5", "c5", {
          topic: "ok/props",
          contentType: "application/json",
          responseTopic: "ok/answers",
          correlationData: "c-1",
          userProperties: '{"unit":"°C","tag":["a","b"]}',
          messageExpirySeconds: "60",
        }),
        mqttOut("from-msg5", "c5", { topic: "ok/props" }),
        mqttOut("bad-properties", "c5", { topic: "ok/props", userProperties: '{"a":1}' }),
        mqttOut("no-json", "c5", { topic: "ok/props", userProperties: "a=b" }),
      ),
    );
    await Promise.all(["out4", "out5"].map((id) => feedWell(flow, id, { topic: "ok/first", payload: 1 })));
  });

  after(async () => {
    for (const subscriber of subscribers) await subscriber.stop();
    await flow?.unload();
    await broker?.stop();
    if (folder) removeTempFolder(folder);
  });

  async function listen(filter: string, format: string, ...more: string[]): Promise<Subscriber> {
    const subscriber = await subscribe(broker, filter, format, ...more);
    subscribers.push(subscriber);
    return subscriber;
  }

  it("delivers QoS 0, 1 and 2, from the message; each is complete when it should be", async () => {
    const subscriber = await listen("ok/q/#", "got %t %q %p");
    for (const [qos, state] of [
      [0, "sent"],
      [1, "acknowledged"],
      [2, "acknowledged"],
    ] as const) {
      for (const id of ["out4", "out5"]) {
        const sent = await feedWell(flow, id, { topic: `ok/q/${id}`, payload: `p${qos}`, qos });
        assert.equal(stateOf(sent), state);
        await subscriber.line(`got ok/q/${id} ${qos} p${qos}`);
      }
    }
  });

  it("completes QoS 2 at PUBCOMP, not before", async () => {
    await feedWell(flow, "qos2", { payload: "x" });
    assert.match(broker.output(), /Sending PUBCOMP to nodered_/);
  });

  it("keeps a message at the broker where retain is asked for, and only there", async () => {
    await feedWell(flow, "retained", { payload: "kept" });
    await feedWell(flow, "out4", { topic: "ok/passing", payload: "gone", retain: false });
    await feedWell(flow, "out5", { topic: "ok/kept-too", payload: "kept", retain: true });
    const subscriber = await listen("ok/#", "got %t %r %p");
    await subscriber.line("got ok/kept 1 kept");
    await subscriber.line("got ok/kept-too 1 kept");
    assert.ok(!subscriber.output().includes("ok/passing"));
  });

  it("sends MQTT 5 properties, from the form and from the message", async () => {
    const format = "got %C|%R|%D|%P|%E|%p";
    const subscriber = await listen("ok/props", format, "-V", "5");
    await feedWell(flow, "fixed5", { payload: "1", contentType: "ignored" });
    const fromForm = await subscriber.line("got application/json");
    assert.match(fromForm, /^got application\/json\|ok\/answers\|c-1\|/);
    for (const property of ["unit:°C", "tag:a", "tag:b"]) assert.ok(fromForm.includes(property), fromForm);
    assert.match(fromForm, /\|(60|59)\|1$/);
    await feedWell(flow, "from-msg5", {
      payload: "2",
      contentType: "text/plain",
      responseTopic: "ok/r",
      correlationData: Buffer.from("c-2"),
      userProperties: { a: "b" },
      messageExpiryInterval: 30,
    });
    assert.match(await subscriber.line("got text/plain"), /^got text\/plain\|ok\/r\|c-2\|a:b ?\|(30|29)\|2$/);
    await feedWell(flow, "from-msg5", { payload: "3" });
    await subscriber.line("got ||||");
  });

  it("refuses properties that are none, from the message and from the form", async () => {
    for (const bad of [
      { contentType: 5 },
      { responseTopic: "a/#" },
      { responseTopic: {} },
      { correlationData: 5 },
      { userProperties: "a=b" },
      { userProperties: { a: 1 } },
      { messageExpiryInterval: -1 },
      { messageExpiryInterval: 1.5 },
      { messageExpiryInterval: "soon" },
      { messageExpiryInterval: 4_294_967_296 },
    ]) {
      const code = typeof bad.responseTopic === "string" ? "ONENET_TOPIC_INVALID" : "ONENET_MESSAGE_INVALID";
      await feedBadly(flow, "from-msg5", { payload: 1, ...bad }, code);
    }
    for (const id of ["bad-properties", "no-json"]) {
      await feedBadly(flow, id, { payload: 1 }, "ONENET_CONFIG_INVALID");
      await waitForLastStatus(flow, id, "status.config-error");
    }
    await feedWell(flow, "from-msg5", {
      payload: 1,
      contentType: null,
      responseTopic: "",
      userProperties: undefined,
    });
  });

  it("says what the broker refuses (MQTT 5), and the next message goes well", async () => {
    const { cause } = await feedBadly(
      flow,
      "out5",
      { topic: "secret", payload: 1 },
      "ONENET_PUBLISH_REFUSED",
    );
    assert.equal(cause?.params["reasonCode"], 135);
    await feedWell(flow, "out5", { topic: "ok/next", payload: 1 });
    const qos2 = await feed(flow, "out5", { topic: "secret", payload: 1, qos: 2 });
    assert.equal(qos2.error?.code, "ONENET_PUBLISH_REFUSED");
  });

  it("takes topics up to 65,535 bytes and $-topics, and refuses wildcards and longer ones", async () => {
    const longest = `t/${"开".repeat(21_844)}x`;
    assert.equal(Buffer.byteLength(longest), 65_535);
    await feedWell(flow, "out4", { topic: longest, payload: "far" });
    await feedBadly(flow, "out4", { topic: `${longest}x`, payload: "too far" }, "ONENET_TOPIC_INVALID");
    await feedBadly(flow, "out4", { topic: "ok/+", payload: "?" }, "ONENET_TOPIC_INVALID");
    await feedWell(flow, "out4", { topic: "$any/thing", payload: "1" });
  });

  it("is not bound to 256 KB", async () => {
    await feedWell(flow, "out4", { topic: "ok/large", payload: Buffer.alloc(1_000_000), qos: 2 });
  });

  it("keeps what is sent while the broker is away, in order, and delivers it", async () => {
    await broker.halt();
    await waitForLastStatus(flow, "out4", "status.unreachable");
    await waitForCaught(flow, "ONENET_LINK_LOST");
    const ids: string[] = [];
    const buffer = Buffer.alloc(1);
    for (const digit of ["1", "2", "3"]) {
      // The flow uses one Buffer again and again.
      buffer.write(digit);
      ids.push(
        await give(flow, "out4", { topic: `ok/later/${digit}`, payload: buffer, qos: 2, retain: true }),
      );
    }
    await waitForLastStatus(flow, "out4", "3"); // so many wait
    await broker.start();
    for (const id of ids) assert.equal((await outcomeOf(flow, "out4", id)).error, undefined);
    await waitForLastStatus(flow, "out4", "connected");
    const arrivals = [...broker.output().matchAll(/Received PUBLISH from .*'ok\/later\/(\d)'/g)];
    assert.deepEqual(
      arrivals.map(([, digit]) => digit),
      ["1", "2", "3"],
    );
    const subscriber = await listen("ok/later/#", "got %t %p");
    for (const digit of ["1", "2", "3"]) await subscriber.line(`got ok/later/${digit} ${digit}`);
  });
});

describe("a connection to a plain broker", () => {
  let broker: Mosquitto;
  let flow: LoadedFlow | undefined;

  before(async function () {
    needs(this, "mosquitto", "mosquitto-clients");
    broker = await startMosquitto();
  });

  afterEach(async () => {
    await flow?.unload();
    flow = undefined;
  });

  after(() => broker?.stop());

  it("publishes its birth message at each login, and the broker its will when the link is cut", async () => {
    const subscriber = await subscribe(broker, "state/#", "got %t %q %p");
    const proxy = await startTcpProxy(broker);
    flow = await loadFlow(
      flowOf(
        brokerConnection("c", proxy, {
          clientId: "mortal",
          birthTopic: "state/birth",
          birthPayload: "here",
          birthQos: "1",
          willTopic: "state/will",
          willPayload: "gone",
          willQos: "2",
        }),
        mqttOut("out", "c"),
      ),
    );
    try {
      await feedWell(flow, "out", { topic: "x", payload: 1 });
      await subscriber.line("got state/birth 1 here");
      proxy.cut();
      await subscriber.line("got state/will 2 gone");
      await feedWell(flow, "out", { topic: "state/again", payload: 2 });
      await subscriber.line("got state/again");
      const births = subscriber
        .output()
        .split("\n")
        .filter((line) => line.startsWith("got state/birth"));
      assert.equal(births.length, 2);
    } finally {
      await subscriber.stop();
      await proxy.close();
    }
  });

  it("shares one login by host, port and client id, and gives nameless ones a name each", async () => {
    const logins = () =>
      [...broker.output().matchAll(/New client connected from \S+ as (\S+)/g)].map(([, id]) => id);
    const before = logins().length;
    flow = await loadFlow(
      flowOf(
        brokerConnection("a", broker, { clientId: "same" }),
        brokerConnection("b", broker, { clientId: "same" }),
        brokerConnection("x", broker),
        brokerConnection("y", broker),
        ...["a", "b", "x", "y"].map((connection) => mqttOut(`out-${connection}`, connection, { topic: "t" })),
      ),
    );
    for (const connection of ["a", "b", "x", "y"]) await feedWell(flow, `out-${connection}`, { payload: 1 });
    const names = logins().slice(before);
    assert.equal(names.length, 3);
    assert.equal(names.filter((name) => name === "same").length, 1);
    assert.equal(new Set(names).size, 3);
  });

  it("needs a client id to keep a session", async () => {
    flow = await loadFlow(
      flowOf(brokerConnection("c", broker, { cleanSession: false }), mqttOut("out", "c", { topic: "t" })),
    );
    const { cause } = await feedBadly(flow, "out", { payload: 1 }, "ONENET_CONFIG_INVALID");
    assert.match(String(cause?.params["field"]), /client/i);
  });
});
