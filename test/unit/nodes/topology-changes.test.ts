import assert from "node:assert/strict";
import { listenToChanges } from "../../../nodes/onenet-gateway/changes";
import { commandHandler } from "../../support/command-handler";
import { deviceProfile, testConnection } from "../../support/connections";
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
});
