import assert from "node:assert/strict";
import type { MessageHandler } from "../../../lib/client/subscriptions";
import { Subscriptions } from "../../../lib/client/subscriptions";
import { OneNetError } from "../../../lib/errors";
import { nextTurn } from "../../support/manual-clock";

const message = (topic: string) => ({ topic, payload: Buffer.alloc(0), qos: 0, retain: false }) as const;
const nothing: MessageHandler = () => undefined;

/** A session that refuses some filters, and notes what it was asked for. */
class Session {
  readonly asked: string[][] = [];
  readonly #refused: readonly string[];
  /** What the next SUBACK waits for. */
  wait: Promise<void> = Promise.resolve();

  constructor(...refused: string[]) {
    this.#refused = refused;
  }

  async subscribe(filters: readonly string[]): Promise<number[]> {
    this.asked.push([...filters]);
    await this.wait;
    return filters.map((filter) => (this.#refused.includes(filter) ? 128 : 1));
  }
}

describe("Subscriptions", () => {
  const reported: OneNetError[] = [];
  let subscriptions: Subscriptions;
  beforeEach(() => {
    reported.length = 0;
    subscriptions = new Subscriptions("host", (error) => reported.push(error));
  });

  it("know which filters are wanted", () => {
    const other: MessageHandler = () => undefined;
    subscriptions.add("a/#", nothing);
    subscriptions.add("a/#", other);
    subscriptions.add("b", nothing);
    assert.deepEqual(subscriptions.filters, ["a/#", "b"]);
    subscriptions.remove("a/#", nothing);
    subscriptions.remove("a/#", nothing);
    assert.deepEqual(subscriptions.filters, ["a/#", "b"]);
    subscriptions.remove("a/#", other);
    subscriptions.remove("never", other);
    assert.deepEqual(subscriptions.filters, ["b"]);
  });

  it("gives a message to each handler once, whatever filters match", () => {
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

  it("asks for eight filters at a time", async () => {
    const session = new Session();
    const names = Array.from({ length: 10 }, (_, i) => `f${i}`);
    for (const name of names) subscriptions.add(name, nothing);
    await subscriptions.login(session);
    assert.deepEqual(session.asked, [names.slice(0, 8), names.slice(8)]);
  });

  it("has no login without a required filter", async () => {
    subscriptions.add("thing", nothing);
    const refusal = {
      key: "ONENET_SUBSCRIBE_REFUSED",
      params: { host: "host", filter: "thing", returnCode: 128 },
    };
    await assert.rejects(subscriptions.login(new Session("thing")), refusal);
  });

  it("has one without an optional filter, and tells of it each time", async () => {
    subscriptions.add("thing", nothing);
    assert.equal(await subscriptions.addOptional("ota", nothing), undefined);
    for (const times of [1, 2]) {
      const session = new Session("ota");
      await subscriptions.login(session);
      assert.deepEqual(session.asked, [["thing", "ota"]]);
      assert.deepEqual(
        reported.map(({ params }) => params["filter"]),
        Array(times).fill("ota"),
      );
      const again = await subscriptions.addOptional("ota", nothing);
      assert.ok(again instanceof OneNetError);
      assert.equal(session.asked.length, 1);
      subscriptions.logout();
    }
  });

  it("asks for an optional filter that comes later, once", async () => {
    const session = new Session("ota");
    await subscriptions.login(session);
    const [first, second] = [
      subscriptions.addOptional("ota", nothing),
      subscriptions.addOptional("ota", nothing),
    ];
    assert.equal(await first, await second);
    assert.equal((await first)?.code, "ONENET_SUBSCRIBE_REFUSED");
    assert.equal(reported.length, 1);
    assert.equal(await subscriptions.addOptional("cmp", nothing), undefined);
    assert.deepEqual(session.asked, [["ota"], ["cmp"]]);
    subscriptions.remove("cmp", nothing);
    await subscriptions.addOptional("cmp", nothing);
    assert.deepEqual(session.asked, [["ota"], ["cmp"], ["cmp"]]);
  });

  it("asks for one that came during the login when that is done", async () => {
    const session = new Session();
    let proceed: () => void = () => undefined;
    session.wait = new Promise((resolve) => {
      proceed = resolve;
    });
    subscriptions.add("thing", nothing);
    const login = subscriptions.login(session);
    await subscriptions.addOptional("ota", nothing);
    assert.deepEqual(session.asked, [["thing"]]);
    proceed();
    await login;
    assert.deepEqual(session.asked, [["thing"], ["ota"]]);
  });

  it("forgets a session that has ended meanwhile", async () => {
    const session = new Session("ota", "late");
    let proceed: () => void = () => undefined;
    session.wait = new Promise((resolve) => {
      proceed = resolve;
    });
    await subscriptions.addOptional("ota", nothing);
    const login = subscriptions.login(session);
    subscriptions.logout();
    proceed();
    await login;
    assert.deepEqual(reported, []);
    assert.equal(await subscriptions.addOptional("late", nothing), undefined);
    assert.deepEqual(session.asked, [["ota"]]);
  });

  it("takes a link that is lost for no refusal", async () => {
    const session = new Session();
    await subscriptions.login(session);
    session.wait = Promise.reject(new OneNetError("ONENET_CLOSED"));
    assert.equal(await subscriptions.addOptional("ota", nothing), undefined);
    await nextTurn();
    assert.deepEqual(reported, []);
  });
});
