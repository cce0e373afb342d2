import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { topics } from "../../lib/protocol/topic";
import { needs, PYTHON } from "../support/needs";
import { follow, type RunningProcess } from "../support/process";
import { deviceToken, STREAM, startTestSimulator, type TestSimulator, THING } from "../support/simulated";

/** A device as its maker would write it: logs in, subscribes, posts, then obeys whatever the platform asks. */
const DEVICE = `
import json, os, sys
import paho.mqtt.client as mqtt

c = json.loads(os.environ["DEVICE"])
prefix = "$sys/%s/%s" % (c["productId"], c["deviceName"])
state = {}

def say(what, **more):
    print(json.dumps(dict(what=what, **more)), flush=True)

def on_connect(client, userdata, flags, rc, *rest):
    say("connack", rc=int(getattr(rc, "value", rc)))
    if rc == 0:
        client.subscribe([(prefix + f, 1) for f in c["filters"]])

def on_subscribe(client, userdata, mid, granted, *rest):
    say("suback", granted=[int(getattr(g, "value", g)) for g in granted])
    client.publish(prefix + c["post"]["topic"], json.dumps(c["post"]["payload"]), qos=1)

def on_publish(client, userdata, mid, *rest):
    say("puback")

def on_message(client, userdata, message):
    topic = message.topic[len(prefix):]
    text = message.payload.decode()
    say("message", topic=topic, qos=message.qos, payload=text)
    if topic == "/thing/property/set":
        request = json.loads(text)
        state.update(request["params"])
        client.publish(prefix + topic + "_reply", json.dumps({"id": request["id"], "code": 200, "msg": "success"}))
    elif topic == "/thing/property/get":
        request = json.loads(text)
        data = dict((name, state.get(name)) for name in request["params"])
        client.publish(prefix + topic + "_reply", json.dumps({"id": request["id"], "code": 200, "data": data}))
    elif topic.startswith("/thing/service/"):
        request = json.loads(text)
        output = {"echo": request["params"]}
        client.publish(prefix + topic + "_reply", json.dumps({"id": request["id"], "code": 200, "data": output}))
    elif topic == "/thing/sub/property/set":
        request = json.loads(text)
        state.update(request["params"]["params"])
        client.publish(prefix + topic + "_reply", json.dumps({"id": request["id"], "code": 200}))
    elif topic == "/thing/sub/topo/change" or topic == "/ota/inform":
        request = json.loads(text)
        client.publish(prefix + topic + "_reply", json.dumps({"id": request["id"], "code": 200}))
    elif topic.startswith("/cmd/request/"):
        client.publish(prefix + topic.replace("request", "response"), b"did: " + message.payload, qos=1)

version = getattr(mqtt, "CallbackAPIVersion", None)
first = [version.VERSION1] if version else []
client = mqtt.Client(*first, client_id=c["clientId"], clean_session=True, protocol=mqtt.MQTTv311)
client.username_pw_set(c["productId"], c["token"])
client.on_connect, client.on_subscribe, client.on_publish, client.on_message = on_connect, on_subscribe, on_publish, on_message
client.connect("127.0.0.1", c["port"], keepalive=60)
client.loop_forever()
`;

interface Said {
  readonly what: string;
  readonly [field: string]: unknown;
}

describe("a paho device and the simulator", () => {
  let test: TestSimulator;
  let device: RunningProcess | undefined;
  before(async function () {
    needs(this, "python3-paho-mqtt");
    test = await startTestSimulator();
  });
  afterEach(async () => {
    await device?.stop("SIGKILL");
    device = undefined;
  });
  after(() => test?.stop());

  function start(config: object): RunningProcess {
    const env = { ...process.env, DEVICE: JSON.stringify({ port: test.simulator.port, ...config }) };
    device = follow(spawn(PYTHON, ["-c", DEVICE], { env, stdio: ["ignore", "pipe", "pipe"] }), "paho");
    return device;
  }

  async function next({ lines }: RunningProcess, what: string, field = ""): Promise<Said> {
    const line = await lines.waitFor((text) => text.includes(`"what": "${what}"`) && text.includes(field), {
      what: `${what} ${field}`,
    });
    return JSON.parse(line) as Said;
  }

  it("logs in, posts, receives the reply, obeys a set and answers a get", async () => {
    const lamp = { productId: THING.productId, deviceName: "lamp" };
    const post = {
      topic: "/thing/property/post",
      payload: { id: "5", version: "1.0", params: { temp: { value: 21.5 } } },
    };
    const program = start({
      ...lamp,
      clientId: "lamp?network=0&sn=1",
      token: deviceToken(THING, "lamp"),
      filters: ["/thing/#", "/cmd/#"],
      post,
    });
    assert.equal((await next(program, "connack"))["rc"], 0);
    assert.deepEqual((await next(program, "suback"))["granted"], [0, 128]);
    const reply = await next(program, "message", "/thing/property/post/reply");
    assert.deepEqual([reply["qos"], reply["payload"]], [0, '{"id":"5","code":200,"msg":"success"}']);
    await next(program, "puback");
    const set = await test.simulator.cloud.setProperty({ ...lamp, params: { on: true } });
    assert.deepEqual([set.code, (set.data as { code: number }).code], [0, 200]);
    const get = await test.simulator.cloud.getProperty({ ...lamp, identifiers: ["on"] });
    assert.deepEqual([get.code, get.data], [0, { on: true }]);
  });

  it("is a gateway, runs services and hears of upgrades", async () => {
    const lamp = { productId: THING.productId, deviceName: "lamp" };
    const fan = { productId: THING.productId, deviceName: "fan" };
    const sub = { productID: fan.productId, deviceName: "fan", sasToken: deviceToken(THING, "fan") };
    const program = start({
      ...lamp,
      clientId: "lamp",
      token: deviceToken(THING, "lamp"),
      filters: ["/thing/#", "/ota/#"],
      post: { topic: "/thing/sub/topo/add", payload: { id: "5", version: "1.0", params: sub } },
    });
    const added = await next(program, "message", "/thing/sub/topo/add/reply");
    assert.equal(added["payload"], '{"id":"5","code":200,"msg":"success"}');
    const { cloud } = test.simulator;
    const called = await cloud.callService({ ...lamp, identifier: "blink", params: { times: 2 } });
    assert.deepEqual([called.code, called.data], [0, { echo: { times: 2 } }]);
    assert.equal((await cloud.setProperty({ ...fan, params: { speed: 3 } })).code, 0);
    assert.equal((await cloud.informOta({ ...lamp, params: { version: "2" } })).code, 0);
    assert.equal((await cloud.changeTopology({ ...lamp, subDevices: [] })).code, 0);
  });

  it("posts datapoints, obeys a command and is told that its answer is accepted", async () => {
    const lamp = { productId: STREAM.productId, deviceName: "lamp" };
    const post = { topic: "/dp/post/json", payload: { id: 9, dp: { temp: [{ v: 1 }, { v: 2 }] } } };
    const program = start({
      ...lamp,
      clientId: "lamp",
      token: deviceToken(STREAM, "lamp"),
      filters: ["/dp/post/json/+", "/cmd/#"],
      post,
    });
    assert.deepEqual((await next(program, "suback"))["granted"], [0, 0]);
    const accepted = await next(program, "message", "/dp/post/json/accepted");
    assert.equal(accepted["payload"], '{"id":9}');
    const { code, data } = await test.simulator.cloud.sendCommand({ ...lamp, body: "open" });
    const { cmd_uuid: id, cmd_resp: response } = data as { cmd_uuid: string; cmd_resp: string };
    assert.deepEqual([code, Buffer.from(response, "base64").toString()], [0, "did: open"]);
    await next(program, "message", topics.commandResponseAccepted(lamp, id).slice(-20));
  });

  it("is refused with a token that expired", async () => {
    const token = deviceToken(THING, "lamp", { expiresAtSeconds: 1_600_000_000 });
    const refused = test.next("refused");
    const program = start({
      productId: THING.productId,
      deviceName: "lamp",
      clientId: "lamp",
      token,
      filters: [],
      post: {},
    });
    assert.equal((await next(program, "connack"))["rc"], 4);
    assert.equal((await refused).code, 1104);
  });
});
