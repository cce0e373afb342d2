import assert from "node:assert/strict";
import { defaultPortOf, readDestination, urlOf } from "../../../nodes/shared/form/connection-summary";
import { fieldsOf } from "./fields";

const DEVICE = {
  platform: "onenet",
  hostChoice: "smart-domain",
  transport: "mqtt",
  productId: "Ab12Cd34Ef",
  port: "",
};

function urlFor(values: Readonly<Record<string, unknown>>): string | undefined {
  const destination = readDestination(fieldsOf({ ...DEVICE, ...values }));
  return destination.kind === "endpoint" ? destination.url : undefined;
}

describe("form: where a connection leads", () => {
  it("derives the address from the product", () => {
    assert.equal(urlFor({}), "mqtt://Ab12Cd34Ef.mqtts.acc.cmcconenet.cn:1883");
    assert.equal(urlFor({ transport: "mqtts" }), "mqtts://Ab12Cd34Ef.mqttstls.acc.cmcconenet.cn:8883");
    assert.equal(urlFor({ hostChoice: "fixed" }), "mqtt://mqtts.heclouds.com:1883");
    assert.equal(urlFor({ platform: "onenet-studio" }), "mqtt://studio-mqtt.heclouds.com:1883");
  });

  it("takes host, port and path as entered", () => {
    assert.equal(urlFor({ platform: "simulator", host: "" }), "mqtt://127.0.0.1:18830");
    assert.equal(
      urlFor({ platform: "private", host: "iot.example", port: "2883" }),
      "mqtt://iot.example:2883",
    );
    assert.equal(
      urlFor({ platform: "mqtt", host: "::1", transport: "wss", path: "/ws" }),
      "wss://[::1]:443/ws",
    );
    assert.equal(urlOf({ transport: "mqtt", host: "a", port: 1 }), "mqtt://a:1");
  });

  it("says what is missing, wrong, or decided at run time", () => {
    assert.deepEqual(readDestination(fieldsOf({ ...DEVICE, productId: "" })), {
      kind: "incomplete",
      field: "productId",
    });
    assert.deepEqual(readDestination(fieldsOf({ ...DEVICE, platform: "mqtt" })), {
      kind: "incomplete",
      field: "host",
    });
    assert.deepEqual(readDestination(fieldsOf({ ...DEVICE, productId: `\${PID}` })), { kind: "runtime" });
    assert.deepEqual(readDestination(fieldsOf({ ...DEVICE, port: `\${PORT}` })), { kind: "runtime" });
    assert.deepEqual(readDestination(fieldsOf({ ...DEVICE, platform: "mqtt", host: `\${HOST}` })), {
      kind: "runtime",
    });
    const wrong = readDestination(fieldsOf({ ...DEVICE, port: "0" }));
    assert.equal(wrong.kind === "invalid" && wrong.reason.key, "errors.ONENET_CONFIG_INVALID.number");
  });

  it("knows the usual port while the form is incomplete", () => {
    assert.equal(defaultPortOf(fieldsOf({ ...DEVICE, productId: "" })), 1883);
    assert.equal(
      defaultPortOf(fieldsOf({ ...DEVICE, platform: "mqtt", transport: "mqtts", port: "99" })),
      8883,
    );
  });
});
