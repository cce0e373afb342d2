import assert from "node:assert/strict";
import { COMMAND_DEADLINE_DEFAULT_MS } from "../../../lib/protocol/limits";
import { listenToChanges } from "../../../nodes/onenet-gateway/changes";
import { commandHandler } from "../../support/command-handler";
import { deviceProfile, testConnection } from "../../support/connections";
import { ManualClock } from "../../support/manual-clock";
import { THING } from "../../support/simulated";

describe("who hears of a changed topology", () => {
  it("is not who was refused, nor does that take it from the others", () => {
    const { device } = testConnection(deviceProfile(THING, "lamp", 1)).connection;
    assert.ok(device);
    const heard: string[] = [];
    const listen = (name: string, answersItself: boolean) =>
      listenToChanges(device, {
        answersItself,
        changed: () => heard.push(name),
        unanswered: () => undefined,
      });
    const endManual = listen("manual", false);
    const { own } = commandHandler({ kinds: new Set(["topo-change"]), answersItself: true });
    device.commands.register(own);
    endManual();
    assert.throws(() => listen("refused", true), { code: "ONENET_COMMAND_AMBIGUOUS" });
    listen("manual again", false);
    const change = { kind: "topo-change", id: "1", topic: "", identifiers: [], values: {} } as const;
    device.commands.receive({ ...change, body: Buffer.of() });
    assert.deepEqual(heard, ["manual again"]);
  });

  it("is told, too, when the one who wanted to answer has gone before it did", () => {
    const clock = new ManualClock();
    const { device } = testConnection(deviceProfile(THING, "lamp", 1), { clock }).connection;
    assert.ok(device);
    const told: string[] = [];
    const listen = (name: string, answersItself: boolean) =>
      listenToChanges(device, {
        answersItself,
        changed: () => undefined,
        unanswered: ({ code }) => told.push(`${name} ${code}`),
      });
    const endManual = listen("manual", false);
    listen("other", true);
    const change = {
      kind: "topo-change",
      topic: "",
      identifiers: [],
      values: {},
      body: Buffer.of(),
    } as const;
    device.commands.receive({ ...change, id: "1" });
    clock.advance(COMMAND_DEADLINE_DEFAULT_MS);
    device.commands.receive({ ...change, id: "2" });
    endManual();
    clock.advance(COMMAND_DEADLINE_DEFAULT_MS);
    assert.deepEqual(told, ["manual ONENET_COMMAND_UNANSWERED", "other ONENET_COMMAND_UNANSWERED"]);
  });
});
