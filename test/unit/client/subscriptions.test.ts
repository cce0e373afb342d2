import assert from "node:assert/strict";
import type { MessageHandler } from "../../../lib/client/subscriptions";
import { Subscriptions } from "../../../lib/client/subscriptions";

const message = (topic: string) => ({ topic, payload: Buffer.alloc(0), qos: 0, retain: false }) as const;

describe("Subscriptions", () => {
  it("says when a filter comes and goes", () => {
    const subscriptions = new Subscriptions();
    const [first, second]: MessageHandler[] = [() => undefined, () => undefined];
    assert.ok(first && second);
    assert.equal(subscriptions.add("a/#", first), true);
    assert.equal(subscriptions.add("a/#", second), false);
    assert.equal(subscriptions.add("b", first), true);
    assert.deepEqual(subscriptions.filters, ["a/#", "b"]);
    assert.equal(subscriptions.remove("a/#", first), false);
    assert.equal(subscriptions.remove("a/#", first), false);
    assert.equal(subscriptions.remove("a/#", second), true);
    assert.equal(subscriptions.remove("never", second), false);
    assert.deepEqual(subscriptions.filters, ["b"]);
  });

  it("gives a message to each handler once, whatever filters match", () => {
    const subscriptions = new Subscriptions();
    const got: string[] = [];
    const one = ({ topic }: { topic: string }) => got.push(`one ${topic}`);
    const two = ({ topic }: { topic: string }) => got.push(`two ${topic}`);
    subscriptions.add("a/#", one);
    subscriptions.add("a/+", one);
    subscriptions.add("a/b", two);
    subscriptions.dispatch(message("a/b"));
    subscriptions.dispatch(message("a/c/d"));
    subscriptions.dispatch(message("b"));
    assert.deepEqual(got, ["one a/b", "two a/b", "one a/c/d"]);
  });
});
