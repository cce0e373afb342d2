import assert from "node:assert/strict";
import type { SimulatedProduct } from "../../../lib/simulator/options";
import { PUBACK, publishFrame } from "../../support/raw-mqtt";
import { STREAM, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

const THING_LAMP = `$sys/${THING.productId}/lamp`;
const STREAM_LAMP = `$sys/${STREAM.productId}/lamp`;

/** Topics at which the platform cuts the link. */
const REFUSED: readonly (readonly [
  name: string,
  product: SimulatedProduct,
  topic: string,
  message: string,
])[] = [
  [
    "another device's",
    THING,
    `$sys/${THING.productId}/fan/thing/property/post`,
    "not a topic of this device",
  ],
  ["another product's", THING, `${STREAM_LAMP}/thing/property/post`, "not a topic of this device"],
  ["one outside $sys", THING, "homeassistant/lamp/config", "not a topic of this device"],
  [
    "dp/post on a thing-model product",
    THING,
    `${THING_LAMP}/dp/post/json`,
    "a topic of the other product kind",
  ],
  [
    "cmd/response on a thing-model product",
    THING,
    `${THING_LAMP}/cmd/response/1`,
    "a topic of the other product kind",
  ],
  [
    "thing on a data-stream product",
    STREAM,
    `${STREAM_LAMP}/thing/property/post`,
    "a topic of the other product kind",
  ],
  [
    "a platform's: reply",
    THING,
    `${THING_LAMP}/thing/property/post/reply`,
    "only the platform publishes there",
  ],
  ["a platform's: set", THING, `${THING_LAMP}/thing/property/set`, "only the platform publishes there"],
  ["a platform's: command", STREAM, `${STREAM_LAMP}/cmd/request/1`, "only the platform publishes there"],
  ["an unknown one", THING, `${THING_LAMP}/thing/property/post_reply`, "no such topic"],
  ["the historic binary one", STREAM, `${STREAM_LAMP}/dp/post/binary`, "no such topic"],
  ["nine levels", STREAM, `${STREAM_LAMP}/a/b/c/d/e/f`, "too many topic levels"],
  ["strange characters", STREAM, `${STREAM_LAMP}/cmd/response/ü`, "characters that a topic may not have"],
];

/** Topics that the other chapters of the law allow, though nothing replies to them here. */
const TAKEN: readonly (readonly [product: SimulatedProduct, topic: string])[] = [
  [THING, `${THING_LAMP}/custome/up`],
  [THING, `${THING_LAMP}/ota/inform_reply`],
  [STREAM, `${STREAM_LAMP}/image/update`],
];

describe("simulator topic law", () => {
  let test: TestSimulator;
  before(async () => {
    test = await startTestSimulator();
  });
  after(() => test.stop());

  for (const [name, product, topic, message] of REFUSED) {
    it(`closes the link for ${name}`, async () => {
      const client = await test.login(product, "lamp");
      const refused = test.next("refused");
      const closed = test.next("closed");
      client.send(publishFrame(topic, "{}", { qos: 1 }));
      await client.closed;
      const { what, message: told, topic: about } = await refused;
      assert.deepEqual([what, told, about], ["publish", message, topic]);
      assert.equal((await closed).reason, "topic-refused");
      assert.equal(client.frames.filter(({ type }) => type === PUBACK).length, 0);
    });
  }

  for (const [product, topic] of TAKEN) {
    it(`keeps it for ${topic}`, async () => {
      const client = await test.login(product, "lamp");
      await client.ask(publishFrame(topic, Buffer.of(0xff, 0), { qos: 1 }), PUBACK);
      await client.settle();
    });
  }

  /** @see device-mqtt.md §4.1, §12 */
  const FILTERS: readonly (readonly [product: SimulatedProduct, filter: string, code: number])[] = [
    [THING, `${THING_LAMP}/#`, 0],
    [THING, `${THING_LAMP}/thing/#`, 0],
    [THING, `${THING_LAMP}/thing/property/set`, 0],
    [THING, `${THING_LAMP}/thing/service/+/invoke`, 0],
    [THING, `${THING_LAMP}/thing/property/post_reply`, 0],
    [THING, `${THING_LAMP}/ota/notify`, 0],
    [THING, `${THING_LAMP}/cmd/#`, 0x80],
    [THING, `${THING_LAMP}/cmd/request/+`, 0x80],
    [STREAM, `${STREAM_LAMP}/dp/post/json/+`, 0],
    [STREAM, `${STREAM_LAMP}/cmd/#`, 0],
    [STREAM, `${STREAM_LAMP}/thing/#`, 0x80],
    [THING, "#", 0x80],
    [THING, "$sys/#", 0x80],
    [THING, "$sys/+/lamp/thing/#", 0x80],
    [THING, `$sys/${THING.productId}/#`, 0x80],
    [THING, `$sys/${THING.productId}/+/thing/#`, 0x80],
    [THING, `$sys/${THING.productId}/fan/thing/#`, 0x80],
    [THING, `${THING_LAMP}/a/b/c/d/e`, 0],
    [THING, `${THING_LAMP}/a/b/c/d/e/f`, 0x80],
    [THING, `${THING_LAMP}/${"x".repeat(512 - THING_LAMP.length - 1)}`, 0],
    [THING, `${THING_LAMP}/${"x".repeat(512 - THING_LAMP.length)}`, 0x80],
  ];
  for (const [product, filter, code] of FILTERS) {
    it(`answers ${code} to ${filter.slice(0, 60)} of a ${product.kind} product`, async () => {
      const client = await test.login(product, "lamp");
      assert.deepEqual(await client.subscribe([filter, 1]), [code]);
      await client.settle();
    });
  }

  it("tells what was granted and what was refused", async () => {
    const client = await test.login(THING, "lamp");
    const granted = test.next("subscribed");
    const refused = test.next("refused");
    await client.subscribe([`${THING_LAMP}/thing/#`, 0], ["#", 0]);
    assert.deepEqual((await granted).filters, [`${THING_LAMP}/thing/#`]);
    const { what, code, topic, deviceName } = await refused;
    assert.deepEqual([what, code, topic, deviceName], ["subscribe", 0x80, "#", "lamp"]);
  });
});
