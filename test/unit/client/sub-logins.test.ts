import assert from "node:assert/strict";
import { RequestTurns } from "../../../lib/client/request-turns";
import { SubLogins } from "../../../lib/client/sub-logins";
import { OneNetError } from "../../../lib/errors";
import { ManualClock, nextTurn } from "../../support/manual-clock";

const device = (index: number) => ({ productId: "P2", deviceName: `d${index}` });

describe("SubLogins", () => {
  let clock: ManualClock;
  let logins: SubLogins;
  /** Logins on their way, in order. */
  let asked: { readonly name: string; readonly answer: (error?: OneNetError) => Promise<void> }[];
  let reported: string[];
  let went: string[];

  function open(messagesPerSecond?: number): void {
    clock = new ManualClock();
    asked = [];
    reported = [];
    went = [];
    logins = new SubLogins({
      clock,
      messagesPerSecond,
      turns: new RequestTurns(clock, messagesPerSecond),
      login: ({ deviceName }) =>
        new Promise<void>((resolve, reject) => {
          const answer = async (error?: OneNetError) => {
            if (error === undefined) resolve();
            else reject(error);
            await nextTurn();
          };
          asked.push({ name: deviceName, answer });
        }),
      report: (error) => reported.push(`${error.key} ${error.params["device"]}`),
    });
  }

  function post(name: string, index: number): void {
    logins.whenLoggedIn(device(index), () => went.push(name));
  }

  const REFUSED = new OneNetError("ONENET_REJECTED", { platformCode: 307, platformMessage: "no topology" });

  it("the first datapoints wait for the answer, in their order; what follows does not", async () => {
    open();
    logins.linkUp();
    for (const name of ["a", "b"]) post(name, 1);
    post("c", 2);
    assert.deepEqual(went, []);
    assert.deepEqual(
      asked.map(({ name }) => name),
      ["d1", "d2"],
    );
    await asked[0]?.answer();
    assert.deepEqual(went, ["a", "b"]);
    post("d", 1);
    assert.deepEqual(went, ["a", "b", "d"]);
    await asked[1]?.answer();
    assert.deepEqual(went.at(-1), "c");
    assert.equal(asked.length, 2);
    assert.deepEqual(reported, []);
  });

  it("go on when it fails, too; a minute later it is tried again", async () => {
    open();
    logins.linkUp();
    post("first", 1);
    await asked[0]?.answer(REFUSED);
    assert.deepEqual(went, ["first"]);
    assert.deepEqual(reported, ["ONENET_SUBDEVICE_LOGIN P2/d1"]);
    post("soon", 1);
    assert.equal(went.at(-1), "soon");
    assert.equal(asked.length, 1);
    clock.advance(60_000);
    post("later", 1);
    assert.equal(went.at(-1), "soon");
    assert.equal(asked.length, 2);
    await asked[1]?.answer();
    assert.equal(went.at(-1), "later");
  });

  it("are void with the link: what waits goes to the outbox, and each is asked again on the next one", async () => {
    open();
    post("early", 1);
    assert.deepEqual([went, asked.length], [["early"], 0]);
    logins.linkUp();
    assert.deepEqual(
      asked.map(({ name }) => name),
      ["d1"],
    );
    post("a", 1);
    post("b", 2);
    logins.linkDown();
    assert.deepEqual(went, ["early", "a", "b"]);
    await asked[0]?.answer();
    post("c", 1);
    assert.equal(asked.length, 2, "not without a link");
    logins.linkUp();
    assert.deepEqual(
      asked.map(({ name }) => name),
      ["d1", "d2", "d1", "d2"],
    );
    await asked[1]?.answer(REFUSED);
    post("d", 1);
    assert.equal(went.at(-1), "c", "that was another link's answer");
    await asked[2]?.answer();
    assert.equal(went.at(-1), "d");
    assert.deepEqual(reported, []);
  });

  it("of 1,500 devices take turns with the other messages at the pace", async () => {
    open(1);
    logins.linkUp();
    for (let index = 0; index < 1500; index += 1) post(String(index), index);
    for (let second = 0; second < 1500; second += 1) {
      assert.equal(asked.length, second + 1);
      await asked[second]?.answer();
      clock.advance(1999);
      assert.equal(asked.length, second + 1);
      clock.advance(1);
    }
    assert.deepEqual(
      went,
      Array.from({ length: 1500 }, (_, index) => String(index)),
    );
  });

  it("are eight at a time where the pace is free", async () => {
    open();
    logins.linkUp();
    for (let index = 0; index < 20; index += 1) post(String(index), index);
    assert.equal(asked.length, 8);
    await asked[3]?.answer();
    assert.equal(asked.length, 9);
  });

  it("hold back five thousand messages, and no more", () => {
    open(1);
    logins.linkUp();
    for (let index = 0; index < 5000; index += 1) post(String(index), index % 2);
    assert.deepEqual(went, []);
    post("one more", 1);
    assert.equal(went.length, 2501);
    assert.deepEqual([went[0], went.at(-1)], ["1", "one more"]);
    logins.releaseAll();
    assert.equal(went.length, 5001);
  });

  it("of more devices than a gateway has are not asked for", () => {
    open();
    logins.linkUp();
    for (let index = 0; index < 5001; index += 1) post(String(index), index);
    assert.deepEqual(went, ["5000"]);
  });

  it("that the gateway makes or ends by itself count", async () => {
    open(1);
    logins.changed(device(0), true);
    logins.linkUp();
    logins.changed(device(1), true);
    post("a", 1);
    post("b", 2);
    post("c", 3);
    logins.changed(device(3), true);
    logins.changed(device(4), false);
    assert.deepEqual(went, ["a", "c"]);
    await asked[0]?.answer();
    clock.advance(2000);
    assert.deepEqual(
      asked.map(({ name }) => name),
      ["d2"],
    );
    logins.changed(device(1), false);
    post("d", 1);
    await asked[0]?.answer();
    clock.advance(2000);
    assert.deepEqual(
      asked.map(({ name }) => name),
      ["d2", "d1"],
    );
    logins.changed(device(1), true);
    assert.equal(went.at(-1), "d");
    await asked[1]?.answer();
    assert.equal(went.length, 4);
  });
});
