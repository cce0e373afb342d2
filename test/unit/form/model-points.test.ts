import assert from "node:assert/strict";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { completeIdentifiers, modelPoints, pointText } from "../../../nodes/shared/form/model-points";

const MODEL = {
  properties: [
    {
      identifier: "temp",
      name: "温度",
      accessMode: "r",
      dataType: { type: "float", specs: { min: "-40", max: "125", step: "0.1", unit: "°C" } },
    },
    { identifier: "power", name: "power", accessMode: "rw", dataType: { type: "bool", specs: {} } },
  ],
  events: [],
  services: [
    {
      identifier: "reboot",
      name: "重启",
      callType: "s",
      input: [{ identifier: "delay", name: "delay", dataType: { type: "int32", specs: {} } }],
      output: [],
    },
  ],
};

const points = modelPoints(parseThingModel(JSON.stringify(MODEL)).model);

describe("form: points of a thing model", () => {
  it("are its properties and services, with what may be set", () => {
    assert.deepEqual(
      points.map(({ identifier, kind, settable }) => [identifier, kind, settable]),
      [
        ["temp", "property", false],
        ["power", "property", true],
        ["reboot", "service", false],
      ],
    );
    assert.deepEqual(points.map(pointText), [
      "temp — 温度 · float -40…125, step 0.1, °C",
      "power · bool",
      "reboot — 重启 · (delay)",
    ]);
  });

  it("complete the last word of a list, by identifier or name, and none twice", () => {
    const values = (typed: string) => completeIdentifiers(typed, points).map(({ value }) => value);
    assert.deepEqual(values(""), ["temp", "power", "reboot"]);
    assert.deepEqual(values("PO"), ["power"]);
    assert.deepEqual(values("power, re"), ["power, reboot"]);
    assert.deepEqual(values("power，重启"), ["power，reboot"]);
    assert.deepEqual(values("temp power "), ["temp power reboot"]);
    assert.deepEqual(values("nothing like it"), []);
  });
});
