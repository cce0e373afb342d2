import assert from "node:assert/strict";
import { devicePacker } from "../../../lib/delivery/device-packer";
import type { Draft, QueuedMessage } from "../../../lib/delivery/message";
import type { Pack } from "../../../lib/delivery/pack";
import type { Packer, WaitingLine } from "../../../lib/delivery/packer";
import { postReplyKey, publishPacker, wholeOf } from "../../../lib/delivery/packer";
import { queued as newMessage, packOf } from "../../support/messages";

const DEVICE = { productId: "pid", deviceName: "dev" };

const NOTHING_WAITS: WaitingLine = {
  waiting: 0,
  peek: () => undefined,
  shift: () => undefined,
  pick: () => [],
  keepMark: (_message, _mark, kept) => kept(),
};

function queued(draft: Draft, answer = false): QueuedMessage {
  return newMessage(draft, { options: { completeWhen: "accepted", answer } });
}

function packOne(packer: Packer, message: QueuedMessage): Pack {
  const [pack, ...others] = packer.pack([wholeOf(message)], NOTHING_WAITS);
  assert.ok(pack);
  assert.deepEqual(others, []);
  return pack;
}

const POINTS = [{ stream: "temperature", value: 21.5, atMs: 1_700_000_000_123 }];

describe("packer", () => {
  const kinds = [
    {
      kind: "data-stream",
      topic: "$sys/pid/dev/dp/post/json",
      payload: { id: 7, dp: { temperature: [{ v: 21.5, t: 1_700_000_000 }] } },
    },
    {
      kind: "thing-model",
      topic: "$sys/pid/dev/thing/property/post",
      payload: {
        id: "7",
        version: "1.0",
        params: { temperature: { value: 21.5, time: 1_700_000_000_123 } },
      },
    },
  ] as const;
  for (const { kind, topic, payload } of kinds) {
    it(`encodes datapoints of a ${kind} product with an id of their own`, () => {
      const message = queued({ kind: "datapoints", points: POINTS, qos: 0 });
      const pack = packOne(
        devicePacker(DEVICE, kind, () => 7),
        message,
      );
      assert.equal(pack.publish.topic, topic);
      assert.deepEqual(JSON.parse(pack.publish.payload.toString()), payload);
      assert.deepEqual([pack.publish.qos, pack.publish.retain], [0, false]);
      assert.equal(pack.replyKey, postReplyKey(7));
      assert.equal(message.id, "7");
      assert.deepEqual(pack.parts, [{ message, points: POINTS }]);
      assert.equal(pack.handshake, undefined);
      assert.deepEqual([pack.isAnswer, pack.attempts, pack.acknowledged], [false, 0, false]);
    });
  }

  it("takes a ready-made publish as it is", () => {
    const publish = { topic: "t", payload: Buffer.from([1]), qos: 2, retain: true } as const;
    for (const packer of [publishPacker, devicePacker(DEVICE, "thing-model", () => 1)]) {
      const message = queued({ kind: "publish", publish, replyKey: "key" }, true);
      const pack = packOne(packer, message);
      assert.equal(pack.publish, publish);
      assert.deepEqual(pack.parts, [{ message, points: [] }]);
      assert.deepEqual([pack.replyKey, pack.isAnswer], ["key", true]);
    }
  });

  it("has no datapoints on a plain broker", () => {
    assert.throws(
      () => packOne(publishPacker, queued({ kind: "datapoints", points: POINTS, qos: 1 })),
      /no device/,
    );
    assert.throws(() => publishPacker.packParts([], packOf("a")), /no device/);
  });

  it("throws what makes encoding impossible", () => {
    const packer = devicePacker(DEVICE, "data-stream", () => 1);
    assert.throws(() => packOne(packer, queued({ kind: "datapoints", points: [], qos: 1 })), {
      code: "ONENET_DATAPOINT_INVALID",
    });
  });
});
