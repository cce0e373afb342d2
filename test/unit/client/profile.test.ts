import assert from "node:assert/strict";
import type { BrokerProfile, ConnectionProfile, DeviceProfile } from "../../../lib/client/profile";
import { poolKey, profileDifferences, profileLabel } from "../../../lib/client/profile";
import { brokerProfile, deviceProfile } from "../../support/connections";
import { assertNoSecrets, plantSecrets } from "../../support/secrets";
import { STREAM, THING } from "../../support/simulated";

const endpoint = (host: string, port = 1883) => ({ endpoint: { transport: "mqtt", host, port } }) as const;
const device = (changes: Partial<DeviceProfile>) => deviceProfile(THING, "lamp", 1883, changes);
const broker = (changes: Partial<BrokerProfile>) => brokerProfile(1883, changes);

describe("poolKey", () => {
  const same: readonly (readonly [why: string, a: ConnectionProfile, b: ConnectionProfile])[] = [
    [
      "a device through two host names of the platform",
      device({ platform: "onenet", ...endpoint("Th1ngM0del.mqtts.acc.cmcconenet.cn") }),
      device({ platform: "onenet", ...endpoint("mqtts.heclouds.com", 8883) }),
    ],
    [
      "a device on the current platform and through its Studio hosts",
      device({ platform: "onenet", ...endpoint("mqtts.heclouds.com") }),
      device({ platform: "onenet-studio", ...endpoint("studio-mqtt.heclouds.com") }),
    ],
    ["a simulator by name and by address", device(endpoint("localhost")), device(endpoint("127.0.0.1"))],
    ["a simulator by both addresses", device(endpoint("::1")), device(endpoint("127.0.0.1"))],
    [
      "a private host, whatever its case",
      device({ platform: "private", ...endpoint("A.b") }),
      device({ platform: "private", ...endpoint("a.B") }),
    ],
    ["a device with and without a suffix", device({ clientIdSuffix: "sn=1" }), device({})],
    [
      "a broker, whatever the case of its name",
      broker(endpoint("Broker.local")),
      broker(endpoint("broker.local")),
    ],
  ];
  for (const [why, a, b] of same) it(`is one: ${why}`, () => assert.equal(poolKey(a), poolKey(b)));

  const different: readonly (readonly [why: string, a: ConnectionProfile, b: ConnectionProfile])[] = [
    ["equal device names in two products", device({}), deviceProfile(STREAM, "lamp", 1883)],
    ["two devices of a product", device({}), deviceProfile(THING, "fan", 1883)],
    ["two simulators", device(endpoint("127.0.0.1", 1)), device(endpoint("127.0.0.1", 2))],
    [
      "a simulator here and one on a host whose name begins like here",
      device(endpoint("localhost")),
      device(endpoint("localhost.example.com")),
    ],
    [
      "two private deployments",
      device({ platform: "private", ...endpoint("a") }),
      device({ platform: "private", ...endpoint("b") }),
    ],
    ["the simulator and the platform", device({}), device({ platform: "onenet" })],
    ["two client ids", broker({ clientId: "a" }), broker({ clientId: "b" })],
    ["two ports of a broker", broker(endpoint("h", 1)), broker(endpoint("h", 2))],
  ];
  for (const [why, a, b] of different) it(`is two: ${why}`, () => assert.notEqual(poolKey(a), poolKey(b)));
});

describe("profileLabel", () => {
  it("names a device and a broker", () => {
    assert.equal(profileLabel(device({})), "Th1ngM0del/lamp");
    assert.equal(profileLabel(broker(endpoint("host", 1884))), "host:1884");
  });
});

describe("profileDifferences", () => {
  it("finds none between equals, whatever the host a device is reached by", () => {
    assert.deepEqual(profileDifferences(device({}), device({})), []);
    assert.deepEqual(profileDifferences(device(endpoint("localhost")), device(endpoint("127.0.0.1"))), []);
    assert.deepEqual(profileDifferences(broker({}), broker({})), []);
  });

  it("names fields, and tells nothing of what is in them", () => {
    const secrets = plantSecrets();
    const { credential } = device({});
    const other = device({
      credential: { ...credential, secret: secrets.deviceKey },
      keepAliveSeconds: 99,
      tlsTrust: { kind: "options", options: { key: secrets.password } },
    });
    const differences = profileDifferences(device({}), other);
    assert.deepEqual(differences.sort(), ["credential", "keepAliveSeconds", "tlsTrust"]);
    assertNoSecrets(secrets, differences.join(), "the differences");
    assert.deepEqual(profileDifferences(broker({}), broker({ password: secrets.password })), ["password"]);
  });

  it("names what only one of them has", () => {
    assert.deepEqual(
      profileDifferences(broker({}), broker({ will: { topic: "t", payload: "", qos: 0, retain: false } })),
      ["will"],
    );
  });
});
