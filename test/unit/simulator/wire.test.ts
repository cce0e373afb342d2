import assert from "node:assert/strict";
import { topics } from "../../../lib/protocol/topic";
import {
  CONNACK,
  connectFrame,
  DISCONNECT_FRAME,
  frame,
  PINGREQ_FRAME,
  PUBACK,
  PUBCOMP,
  PUBLISH,
  PUBREC,
  publishFrame,
  type RawMqtt,
  readPublish,
  SUBACK,
  subscribeFrame,
  UNSUBACK,
  unsubscribeFrame,
} from "../../support/raw-mqtt";
import {
  connectOptions,
  STREAM,
  startTestSimulator,
  type TestSimulator,
  THING,
} from "../../support/simulated";

const LAMP = { productId: THING.productId, deviceName: "lamp" };
const POST = topics.propertyPost(LAMP);
const ALL = topics.thingFilter(LAMP);
const MAX_PAYLOAD = 262_144;

function post(id: number | string, value: unknown = 1): string {
  return JSON.stringify({ id: String(id), version: "1.0", params: { temp: { value } } });
}

/** A post of exactly so many bytes. */
function postOf(bytes: number): string {
  return post(1, "x".repeat(bytes - Buffer.byteLength(post(1, ""))));
}

describe("simulator on the wire", () => {
  let test: TestSimulator;
  const start = async (rules = {}) => {
    test = await startTestSimulator({ rules });
  };
  afterEach(() => test.stop());

  async function assertCloses(client: RawMqtt, reason: string, ...packets: Buffer[]): Promise<void> {
    const closed = test.next("closed");
    client.send(...packets);
    await client.closed;
    assert.equal((await closed).reason, reason);
  }

  describe("CONNECT", () => {
    for (const keepAliveSeconds of [0, 9, 1801]) {
      it(`drops keep alive ${keepAliveSeconds} without a CONNACK`, async () => {
        await start();
        const client = await test.open();
        const options = { ...connectOptions(THING, "lamp"), keepAliveSeconds };
        await assertCloses(client, "keep-alive-range", connectFrame(options));
        assert.equal(client.frames.length, 0);
      });
    }

    for (const keepAliveSeconds of [10, 1800]) {
      it(`takes keep alive ${keepAliveSeconds}`, async () => {
        await start();
        await test.login(THING, "lamp", { keepAliveSeconds });
      });
    }

    const will = { topic: POST, payload: post(1) };
    for (const [name, rule, fields] of [
      ["will", "closeOnWill", { will }],
      ["persistent-session", "closeOnPersistentSession", { clean: false }],
    ] as const) {
      it(`closes for a ${name}`, async () => {
        await start();
        const client = await test.open();
        await assertCloses(client, name, connectFrame({ ...connectOptions(THING, "lamp"), ...fields }));
        assert.equal(client.frames.length, 0);
      });

      it(`ignores a ${name} if told so`, async () => {
        await start({ [rule]: false });
        const client = await test.login(THING, "lamp", fields);
        const closed = test.next("closed");
        client.close();
        await closed;
        // no will is published, and no session is present
        const again = await test.login(THING, "lamp", fields);
        assert.equal(again.frames.all[0]?.body[0], 0);
        assert.equal(test.events.filter(({ event }) => event === "publish").length, 0);
      });
    }

    for (const [name, fields] of [
      ["5", { protocolLevel: 5 }],
      ["3.1", { protocolLevel: 3, protocolName: "MQIsdp" }],
      ["3.1.1 of a bridge", { protocolLevel: 0x84 }],
    ] as const) {
      it(`answers MQTT ${name} with CONNACK 1`, async () => {
        await start();
        const client = await test.open();
        const closed = test.next("closed");
        assert.equal(await client.login({ ...connectOptions(THING, "lamp"), ...fields }), 1);
        await client.closed;
        assert.equal((await closed).reason, "protocol-version");
      });
    }

    it("closes for MQTT 5 without a CONNACK if told so", async () => {
      await start({ otherProtocolVersion: "close" });
      const client = await test.open();
      const options = { ...connectOptions(THING, "lamp"), protocolLevel: 5 };
      await assertCloses(client, "protocol-version", connectFrame(options));
      assert.equal(client.frames.length, 0);
    });

    it("closes for a second one", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await assertCloses(client, "second-connect", connectFrame(connectOptions(THING, "lamp")));
    });

    it("closes a connection on which none comes", async () => {
      await start({ connectTimeoutMs: 20 });
      const closed = test.next("closed");
      const client = await test.open();
      await client.closed;
      assert.equal((await closed).reason, "no-connect");
    });

    it("closes for anything before it, and for what is not MQTT", async () => {
      await start();
      await assertCloses(await test.open(), "malformed", PINGREQ_FRAME);
      await assertCloses(await test.open(), "malformed", Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    });

    it("takes packets that come with it, before the CONNACK", async () => {
      await start();
      const client = await test.open();
      const published = test.next("publish");
      client.send(connectFrame(connectOptions(THING, "lamp")), publishFrame(POST, post(1)), DISCONNECT_FRAME);
      assert.equal((await published).messageId, "1");
      assert.equal((await client.frames.waitFor(() => true)).type, CONNACK);
    });
  });

  it("closes after 1.5 keep alives of silence", async () => {
    await start({ silenceFactor: 0.003 });
    const closed = test.next("closed");
    const client = await test.login(THING, "lamp", { keepAliveSeconds: 10 });
    await client.closed;
    assert.equal((await closed).reason, "keep-alive-timeout");
  });

  it("tells a DISCONNECT from a lost connection", async () => {
    await start();
    await assertCloses(await test.login(THING, "lamp"), "disconnect", DISCONNECT_FRAME);
    const closed = test.next("closed");
    (await test.login(THING, "lamp")).close();
    assert.equal((await closed).reason, "connection-lost");
    const reset = test.next("closed");
    (await test.login(THING, "lamp")).socket.resetAndDestroy();
    const { reason, detail } = await reset;
    assert.deepEqual([reason, detail], ["connection-lost", "ECONNRESET"]);
  });

  describe("SUBSCRIBE", () => {
    it("grants QoS 0 whatever is asked for, 0x80 for what is refused, in the order of the filters", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      const codes = await client.subscribe(
        [ALL, 2],
        ["#", 1],
        [`${POST}/reply`, 1],
        [topics.commandFilter(LAMP), 0],
      );
      assert.deepEqual(codes, [0, 0x80, 0, 0x80]);
      await client.settle();
    });

    it("answers nine filters with 0x80 each, and eight with their grants", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      const filters = Array.from({ length: 9 }, (_, index) => [`${POST}/${index}`, 0] as const);
      assert.deepEqual(await client.subscribe(...filters), Array(9).fill(0x80));
      assert.deepEqual(await client.subscribe(...filters.slice(1)), Array(8).fill(0));
    });

    it("closes for nine filters if told so, of an UNSUBSCRIBE too", async () => {
      await start({ tooManyFilters: "close" });
      const names = Array.from({ length: 9 }, (_, index) => `${POST}/${index}`);
      const filters = names.map((name) => [name, 0] as const);
      await assertCloses(await test.login(THING, "lamp"), "too-many-filters", subscribeFrame(1, filters));
      await assertCloses(await test.login(THING, "lamp"), "too-many-filters", unsubscribeFrame(1, names));
    });

    it("delivers downlinks at QoS 0, once, and not after an UNSUBSCRIBE", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await client.subscribe([ALL, 1], [`${POST}/+`, 1]);
      const reply = client.next(PUBLISH);
      client.send(publishFrame(POST, post(7)));
      const got = await reply;
      assert.equal(got.flags, 0);
      assert.deepEqual(readPublish(got), {
        topic: `${POST}/reply`,
        payload: '{"id":"7","code":200,"msg":"success"}',
      });
      await client.settle();
      await client.ask(unsubscribeFrame(2, [ALL, `${POST}/+`]), UNSUBACK);
      const silent = test.next("reply");
      client.send(publishFrame(POST, post(8)));
      assert.equal((await silent).delivered, false);
      await client.settle();
      assert.equal(client.frames.filter(({ type }) => type === PUBLISH).length, 1);
    });
  });

  describe("PUBLISH", () => {
    for (const [name, rule, options] of [
      ["qos-2", "closeOnQos2", { qos: 2, packetId: 5 }],
      ["retain", "closeOnRetain", { retain: true }],
    ] as const) {
      it(`closes for ${name}`, async () => {
        await start();
        await assertCloses(await test.login(THING, "lamp"), name, publishFrame(POST, post(1), options));
        assert.equal(test.events.filter(({ event }) => event === "publish").length, 0);
      });

      it(`takes ${name} if told so`, async () => {
        await start({ [rule]: false });
        const client = await test.login(THING, "lamp");
        const published = test.next("publish");
        client.send(publishFrame(POST, post(1), options));
        assert.equal((await published).messageId, "1");
        await client.subscribe([ALL, 0]);
        assert.equal(client.frames.filter(({ type }) => type === PUBLISH).length, 0);
      });
    }

    it("ends the handshake of QoS 2 where it is taken", async () => {
      await start({ closeOnQos2: false });
      const client = await test.login(THING, "lamp");
      const pubrec = await client.ask(publishFrame(POST, post(1), { qos: 2, packetId: 513 }), PUBREC);
      assert.deepEqual([...pubrec.body], [2, 1]);
      const pubcomp = await client.ask(frame(0x62, pubrec.body), PUBCOMP);
      assert.deepEqual([...pubcomp.body], [2, 1]);
    });

    it("closes for DUP at QoS 0, not at QoS 1", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await client.ask(publishFrame(POST, post(1), { dup: true, qos: 1 }), PUBACK);
      await assertCloses(client, "dup-at-qos-0", publishFrame(POST, post(1), { dup: true }));
    });

    it("takes 256 KB and closes for one byte more", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await client.ask(publishFrame(POST, postOf(MAX_PAYLOAD), { qos: 1 }), PUBACK);
      await assertCloses(
        client,
        "payload-too-large",
        publishFrame(POST, postOf(MAX_PAYLOAD + 1), { qos: 1 }),
      );
    });

    it("closes for a far too large packet before its body has come", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await assertCloses(client, "payload-too-large", frame(0x30, Buffer.alloc(10), 100_000_000));
    });

    it("closes for a topic with a wildcard, an empty one, a malformed packet", async () => {
      await start();
      for (const topic of [`${POST}/+`, `${POST}/#`, ""]) {
        await assertCloses(await test.login(THING, "lamp"), "malformed", publishFrame(topic, ""));
      }
      await assertCloses(await test.login(THING, "lamp"), "malformed", frame(0x36, Buffer.alloc(4)));
    });

    it("acknowledges in order, before the reply", async () => {
      await start();
      const client = await test.login(THING, "lamp");
      await client.subscribe([ALL, 0]);
      const replies = client.frames.waitForCount(20, ({ type }) => type === PUBLISH);
      const packets = Array.from({ length: 20 }, (_, index) =>
        publishFrame(POST, post(index + 1), { qos: 1, packetId: index + 1 }),
      );
      client.send(...packets);
      await replies;
      const acks = client.frames
        .filter(({ type }) => type === PUBACK)
        .map(({ body }) => body.readUInt16BE(0));
      assert.deepEqual(
        acks,
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      const types = client.frames.all.map(({ type }) => type);
      assert.ok(types.indexOf(PUBACK) < types.indexOf(PUBLISH));
    });

    it("never echoes an uplink, nor shows one device's to another", async () => {
      await start();
      const lamp = await test.login(THING, "lamp");
      const fan = await test.login(THING, "fan");
      await lamp.subscribe([ALL, 0], [`$sys/${THING.productId}/lamp/#`, 0]);
      assert.deepEqual(await fan.subscribe([POST, 0]), [0x80]);
      await lamp.ask(publishFrame(POST, post(1), { qos: 1 }), PUBACK);
      await Promise.all([lamp.settle(), fan.settle()]);
      const topicsSeen = lamp.frames
        .filter(({ type }) => type === PUBLISH)
        .map((got) => readPublish(got).topic);
      assert.deepEqual(topicsSeen, [`${POST}/reply`]);
      assert.equal(fan.frames.filter(({ type }) => type === PUBLISH).length, 0);
    });
  });

  it("closes for packets that only a server sends", async () => {
    await start();
    for (const packet of [
      frame(0x20, Buffer.of(0, 0)),
      frame(0x90, Buffer.of(0, 1, 0)),
      frame(0xb0, Buffer.of(0, 1)),
      frame(0xd0, Buffer.alloc(0)),
    ]) {
      await assertCloses(await test.login(THING, "lamp"), "malformed", packet);
    }
  });

  it("knows a data-stream product's filters from a thing model's", async () => {
    await start();
    const lamp = { productId: STREAM.productId, deviceName: "lamp" };
    const client = await test.login(STREAM, "lamp");
    const codes = await client.subscribe(
      [topics.commandFilter(lamp), 1],
      [topics.datapointReplyFilter(lamp), 1],
      [topics.thingFilter(lamp), 1],
    );
    assert.deepEqual(codes, [0, 0, 0x80]);
    assert.equal(client.frames.filter(({ type }) => type === SUBACK).length, 1);
  });
});
