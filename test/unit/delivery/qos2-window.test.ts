import assert from "node:assert/strict";
import { deliverySettings } from "../../../lib/client/profile";
import { brokerProfile, deviceProfile } from "../../support/connections";
import { DeliveryBench } from "../../support/delivery-bench";
import { STREAM } from "../../support/simulated";

describe("the window of QoS 2", () => {
  it("keeps fewer of QoS 2 in flight, and the order", async () => {
    const bench = new DeliveryBench({ qos2InFlightMax: 2 });
    for (const name of ["a", "b", "c"]) bench.publish(name, { qos: 2 });
    bench.publish("d", { qos: 1 });
    await bench.up();
    assert.deepEqual(bench.names(), ["a", "b"]);
    await bench.ack("b");
    assert.deepEqual(bench.names(), ["a", "b", "c", "d"]);
  });

  it("is twenty with MQTT 3.1.1, which mosquitto takes, unless more is asked for than the form offers", () => {
    const windowOf = (changes: Parameters<typeof brokerProfile>[1]) =>
      deliverySettings(brokerProfile(1883, changes)).qos2InFlightMax;
    assert.equal(windowOf({ protocolVersion: 4, inFlightMax: 100 }), 20);
    assert.equal(windowOf({ protocolVersion: 4, inFlightMax: 5 }), 5);
    assert.equal(windowOf({ protocolVersion: 4, inFlightMax: 101 }), 101);
    assert.equal(windowOf({ protocolVersion: 5, inFlightMax: 100 }), 100, "MQTT 5 tells its Receive Maximum");
    assert.equal(deliverySettings(deviceProfile(STREAM, "lamp", 1883, {})).qos2InFlightMax, 20);
  });

  it("takes nothing over of what logs the connection in", () => {
    const settings = deliverySettings(deviceProfile(STREAM, "lamp", 1883, {}));
    assert.deepEqual(Object.keys(settings).sort(), [
      "ackAttempts",
      "ackTimeoutMs",
      "host",
      "inFlightMax",
      "label",
      "limits",
      "mayBeMute",
      "messagesPerSecond",
      "order",
      "qos2InFlightMax",
      "waitingSendersMax",
    ]);
  });
});
