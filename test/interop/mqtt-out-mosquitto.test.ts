import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { FlowNode } from "../support/admin-api";
import { makeCertificates, type TestCertificates } from "../support/certificates";
import { feed, feedWell, give, outcomeOf, waitForCaught } from "../support/feed";
import { brokerConnection, type Fields, flowOf, mqttOut } from "../support/flows";
import { type Mosquitto, startMosquitto } from "../support/mosquitto";
import { needs, PYTHON } from "../support/needs";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { follow, type RunningProcess } from "../support/process";
import { type Subscriber, subscribe } from "../support/subscriber";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

/** A subscriber as an application would write it; it prints a line of JSON for each message. */
const LISTENER = `
import json, os
import paho.mqtt.client as mqtt

c = json.loads(os.environ["LISTENER"])

def say(what, **more):
    print(json.dumps(dict(what=what, **more), ensure_ascii=False), flush=True)

def on_connect(client, userdata, flags, rc, *rest):
    client.subscribe(c["filter"], 2)

def on_subscribe(client, userdata, mid, granted, *rest):
    say("subscribed", granted=[int(getattr(g, "value", g)) for g in granted])

def on_message(client, userdata, m):
    say("message", topic=m.topic, qos=m.qos, retain=bool(m.retain), payload=m.payload.hex())

version = getattr(mqtt, "CallbackAPIVersion", None)
first = [version.VERSION1] if version else []
client = mqtt.Client(*first, client_id=c["clientId"], protocol=mqtt.MQTTv5 if c["version"] == "5" else mqtt.MQTTv311)
client.username_pw_set(c["user"], c["password"])
client.tls_set(ca_certs=c["ca"])
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect("127.0.0.1", c["port"], keepalive=60)
client.loop_forever()
`;

const USER = { user: "factory", password: `pw-${randomBytes(8).toString("hex")}` };
const VERSIONS = [
  { version: "4", name: "3.1.1", argument: "mqttv311" },
  { version: "5", name: "5", argument: "mqttv5" },
] as const;
const QOS = [0, 1, 2] as const;

/** What mosquitto's log calls the last packet of a delivery from this client. */
const LAST_PACKET = [undefined, "PUBACK", "PUBCOMP"] as const;
const TEXT = "温度 23.5 °C";

describe("onenet-mqtt-out in Node-RED and mosquitto, with TLS and a password", function () {
  this.timeout(30_000);
  let folder: string;
  let ca: string;
  let certificates: TestCertificates;
  let broker: Mosquitto;
  let nodeRed: NodeRed;
  const subscribers: Subscriber[] = [];
  const listeners: RunningProcess[] = [];

  before(async function () {
    needs(this, "mosquitto", "mosquitto-clients", "python3-paho-mqtt");
    folder = makeTempFolder("interop");
    ca = path.join(folder, "ca.crt");
    certificates = await makeCertificates();
    writeFileSync(ca, certificates.ca.cert);
    broker = await startMosquitto({ users: { [USER.user]: USER.password }, tls: { certificates } });
    nodeRed = await startNodeRed({ flows: flows() });
  });

  after(async () => {
    for (const subscriber of subscribers) await subscriber.stop();
    for (const listener of listeners) await listener.stop("SIGKILL");
    await nodeRed?.stop();
    await broker?.stop();
    if (folder) removeTempFolder(folder);
  });

  function secure(id: string, fields: Fields): FlowNode {
    const pinned = { transport: "mqtts", tlsTrust: "pinned-root", rootCertificate: certificates.ca.cert };
    return brokerConnection(id, broker, {
      clientId: `client-${id}`,
      credentials: USER,
      ...pinned,
      ...fields,
    });
  }

  function flows(): readonly FlowNode[] {
    const tls = { verifyservercert: true, servername: "", alpnprotocol: "", name: "" };
    const files = { cert: "", key: "", ca: "", certname: "", keyname: "", caname: "ca" };
    return flowOf(
      {
        id: "tls",
        type: "tls-config",
        ...tls,
        ...files,
        credentials: { cadata: certificates.ca.cert },
      },
      ...VERSIONS.flatMap(({ version }) => [
        secure(`c${version}`, { protocolVersion: version }),
        mqttOut(`out${version}`, `c${version}`),
        ...QOS.map((qos) => mqttOut(`out${version}-${qos}`, `c${version}`, { qos: String(qos) })),
      ]),
      secure("c-core", { tlsTrust: "tls-config", tlsConfig: "tls" }),
      mqttOut("core", "c-core", { topic: "core", qos: "2" }),
      secure("c-named", { host: "localhost", checkHostname: true }),
      mqttOut("named", "c-named", { topic: "named", qos: "2" }),
      secure("c-intruder", { credentials: { user: USER.user, password: "guessed" } }),
      mqttOut("intruder", "c-intruder", { topic: "intruder" }),
      secure("c-stranger", { tlsTrust: "system-ca" }),
      mqttOut("stranger", "c-stranger", { topic: "stranger" }),
    );
  }

  /** `mosquitto_sub`, over TLS and with the password. */
  async function listen(filter: string, version: string): Promise<Subscriber> {
    const login = ["-u", USER.user, "-P", USER.password, "--cafile", ca, "-V", version];
    const subscriber = await subscribe(broker, filter, "got %t %q %r %x", ...login);
    subscribers.push(subscriber);
    return subscriber;
  }

  /** A paho client, over TLS and with the password. */
  async function listenInPython(filter: string, version: string): Promise<RunningProcess> {
    const config = { ...USER, ca, filter, version, port: broker.port, clientId: `paho-${listeners.length}` };
    const env = { ...process.env, LISTENER: JSON.stringify(config) };
    const child = spawn(PYTHON, ["-c", LISTENER], { env, stdio: ["ignore", "pipe", "pipe"] });
    const listener = follow(child, "paho");
    listeners.push(listener);
    const granted = await listener.lines.waitFor((line) => line.includes('"subscribed"'), { what: "SUBACK" });
    assert.deepEqual((JSON.parse(granted) as { granted: number[] }).granted, [2]);
    return listener;
  }

  async function assertHeard(
    subscriber: Subscriber,
    listener: RunningProcess,
    expected: { topic: string; qos: number; payload: string },
  ): Promise<void> {
    const { topic, qos, payload } = expected;
    await subscriber.line(`got ${topic} ${qos} 0 ${payload}`);
    const line = await listener.lines.waitFor((text) => text.includes(`"${topic}"`), { what: topic });
    assert.deepEqual(JSON.parse(line), { what: "message", retain: false, ...expected });
  }

  for (const { version, name, argument } of VERSIONS) {
    it(`delivers QoS 0, 1 and 2 over MQTT ${name} to mosquitto_sub and to paho`, async () => {
      const filter = `line/${version}/#`;
      const [subscriber, listener] = await Promise.all([
        listen(filter, argument),
        listenInPython(filter, version),
      ]);
      for (const qos of QOS) {
        const state = qos === 0 ? "sent" : "acknowledged";
        const payload = Buffer.from(TEXT).toString("hex");
        for (const [id, msg] of [
          [`out${version}`, { qos }],
          [`out${version}-${qos}`, { qos: "ignored" }],
        ] as const) {
          const topic = `line/${version}/${id}/${qos}`;
          const sent = await feedWell(nodeRed, id, { ...msg, topic, payload: TEXT });
          assert.equal((sent["onenet"] as { state: string }).state, state);
          await assertHeard(subscriber, listener, { topic, qos, payload });
        }
        const last = LAST_PACKET[qos];
        if (last) assert.match(broker.output(), new RegExp(`Sending ${last} to client-c${version}\\b`));
      }
    });
  }

  it("delivers every kind of payload as the bytes it stands for", async () => {
    const [subscriber, listener] = await Promise.all([
      listen("kind/#", "mqttv5"),
      listenInPython("kind/#", "4"),
    ]);
    const payloads: Readonly<Record<string, [unknown, Buffer]>> = {
      text: ["开灯", Buffer.from("开灯")],
      empty: ["", Buffer.alloc(0)],
      number: [23.5, Buffer.from("23.5")],
      boolean: [true, Buffer.from("true")],
      object: [{ 温度: 23.5, on: [true] }, Buffer.from('{"温度":23.5,"on":[true]}')],
      buffer: [Buffer.of(0, 1, 254, 255), Buffer.of(0, 1, 254, 255)],
    };
    for (const [name, [payload, bytes]] of Object.entries(payloads)) {
      const topic = `kind/${name}`;
      await feedWell(nodeRed, "out4", { topic, payload, qos: 2 });
      await assertHeard(subscriber, listener, { topic, qos: 2, payload: bytes.toString("hex") });
    }
  });

  it("delivers many QoS 2 messages once each and in order", async () => {
    const subscriber = await listen("many", "mqttv311");
    const numbers = Array.from({ length: 300 }, (_, i) => i);
    const ids: string[] = [];
    for (const number of numbers)
      ids.push(await give(nodeRed, "out5", { topic: "many", payload: number, qos: 2 }));
    for (const id of ids) assert.equal((await outcomeOf(nodeRed, "out5", id)).error, undefined);
    const hex = (number: number) => Buffer.from(String(number)).toString("hex");
    await subscriber.line(`got many 2 0 ${hex(299)}`);
    const heard = subscriber
      .output()
      .split("\n")
      .filter((line) => line.startsWith("got "));
    assert.deepEqual(
      heard,
      numbers.map((number) => `got many 2 0 ${hex(number)}`),
    );
  });

  it("trusts the root of a core tls-config, and checks the name where asked", async () => {
    for (const id of ["core", "named"]) {
      const subscriber = await listen(id, "mqttv311");
      await feedWell(nodeRed, id, { payload: "x" });
      await subscriber.line(`got ${id} 2 0 78`);
    }
  });

  it("says that the password is wrong, and that the certificate is not trusted", async () => {
    for (const [id, key] of [
      ["intruder", "ONENET_AUTH_FAILED.broker"],
      ["stranger", "ONENET_TLS_FAILED.untrusted"],
    ] as const) {
      const [code = ""] = key.split(".");
      const { error } = await waitForCaught(nodeRed, code, { source: `c-${id}` });
      assert.equal(error.cause?.key, key);
    }
    assert.doesNotMatch(broker.output(), /connected from \S+ as client-c-(intruder|stranger) /);
    assert.match(broker.output(), /connected from \S+ as client-c-core /);
  });

  it("delivers what came while the broker was away, QoS 2, over TLS", async () => {
    await broker.halt("kill");
    await waitForCaught(nodeRed, "ONENET_LINK_LOST", { source: "c5" });
    const later = feed(nodeRed, "out5", { topic: "later", payload: "y", qos: 2 }, 20_000);
    await broker.start();
    const subscriber = await listen("later-too", "mqttv311");
    assert.equal((await later).error, undefined);
    await feedWell(nodeRed, "out5", { topic: "later-too", payload: "z", qos: 2 });
    await subscriber.line("got later-too 2 0 7a");
  });
});
