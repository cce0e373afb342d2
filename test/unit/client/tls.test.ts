import assert from "node:assert/strict";
import type { TlsTrust } from "../../../lib/client/profile";
import { makeCertificates, type TestCertificates } from "../../support/certificates";
import {
  brokerProfile,
  deviceProfile,
  type TestConnection,
  testConnection,
  type Waiting,
} from "../../support/connections";
import { type Mosquitto, startMosquitto } from "../../support/mosquitto";
import { needs } from "../../support/needs";
import { startTestSimulator, type TestSimulator, THING } from "../../support/simulated";
import { startTcpProxy } from "../../support/tcp-proxy";

/** What is trusted, and what comes of it; undefined: online. */
interface Case {
  readonly what: string;
  readonly trust: () => TlsTrust;
  readonly host?: string;
  readonly key?: string;
}

describe("TLS to the simulator", () => {
  let simulator: TestSimulator;
  let others: TestCertificates;
  let test: TestConnection | undefined;

  before(async () => {
    simulator = await startTestSimulator({ tlsPort: 0, tlsNames: ["only.this.name", "localhost"] });
    others = await makeCertificates();
  });
  after(() => simulator.stop());
  afterEach(() => test?.connection.close());

  const rootPem = () => simulator.simulator.rootCertificatePem ?? "";
  const tlsPort = () => simulator.simulator.tlsPort ?? 0;

  const cases: readonly Case[] = [
    {
      what: "its root pinned, under a name that its certificate does not have",
      trust: () => ({ kind: "pinned-root", rootPem: rootPem(), checkHostname: false }),
    },
    {
      what: "its root pinned and the hostname checked, under its own name",
      trust: () => ({ kind: "pinned-root", rootPem: rootPem(), checkHostname: true }),
      host: "localhost",
    },
    {
      what: "its root pinned and the hostname checked, under another name",
      trust: () => ({ kind: "pinned-root", rootPem: rootPem(), checkHostname: true }),
      key: "ONENET_TLS_FAILED.hostname",
    },
    {
      what: "another root pinned",
      trust: () => ({ kind: "pinned-root", rootPem: others.ca.cert, checkHostname: false }),
      key: "ONENET_TLS_FAILED.untrusted",
    },
    { what: "the system's roots", trust: () => ({ kind: "system-ca" }), key: "ONENET_TLS_FAILED.untrusted" },
    {
      what: "options of a tls-config with its root",
      trust: () => ({ kind: "options", options: { ca: rootPem(), rejectUnauthorized: true } }),
      host: "localhost",
    },
    {
      what: "options of a tls-config that checks nothing",
      trust: () => ({ kind: "options", options: { rejectUnauthorized: false } }),
    },
  ];
  for (const { what, trust, host = "127.0.0.1", key } of cases) {
    it(`with ${what} → ${key ?? "online"}`, async () => {
      const endpoint = { transport: "mqtts", host, port: tlsPort() } as const;
      test = testConnection(deviceProfile(THING, "lamp", 0, { endpoint, tlsTrust: trust() }));
      if (key === undefined) {
        await test.online();
        const outcome = await test.connection.device?.post([{ stream: "a", value: 1 }], {
          qos: 1,
          completeWhen: "accepted",
        });
        assert.equal(outcome?.receipt?.state, "accepted");
        assert.equal(test.connection.logins, 1);
      } else {
        test.connection.start();
        const { problem }: Waiting = await test.retry("waiting");
        assert.equal(problem.key, key);
        assert.doesNotMatch(problem.message, /\{\{/);
        assert.equal(test.connection.logins, 0, "no CONNECT was sent");
      }
    });
  }

  it("on the plain port says that TLS is wrong there", async () => {
    const endpoint = { transport: "mqtts", host: "127.0.0.1", port: simulator.simulator.port } as const;
    test = testConnection(deviceProfile(THING, "lamp", 0, { endpoint }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_TLS_FAILED.other");
    assert.equal(test.connection.logins, 0);
  });

  it("left out on the TLS port says that no MQTT is spoken there", async () => {
    const endpoint = { transport: "mqtt", host: "127.0.0.1", port: tlsPort() } as const;
    test = testConnection(deviceProfile(THING, "lamp", 0, { endpoint }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.match(problem.key, /^ONENET_(LINK_LOST\.protocol|UNREACHABLE\.closed)$/);
  });

  it("broken off in the handshake says so, and is tried again soon", async () => {
    const proxy = await startTcpProxy({ port: tlsPort() });
    proxy.setMode("refuse");
    const endpoint = { transport: "mqtts", host: "127.0.0.1", port: proxy.port } as const;
    const tlsTrust = { kind: "pinned-root", rootPem: rootPem(), checkHostname: false } as const;
    test = testConnection(deviceProfile(THING, "lamp", 0, { endpoint, tlsTrust }));
    test.connection.start();
    const { problem, retryInMs }: Waiting = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_UNREACHABLE.closed");
    assert.ok(retryInMs <= 1000);
    proxy.setMode("forward");
    await test.retry("online");
    await proxy.close();
  });
});

describe("TLS to mosquitto", () => {
  let broker: Mosquitto;
  let certificates: TestCertificates;
  let test: TestConnection | undefined;

  before(async function () {
    needs(this, "mosquitto");
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    await test?.connection.close();
    await broker?.stop();
  });

  const endpoint = (transport: "mqtts" | "wss", host = "localhost") => ({
    transport,
    host,
    port: broker.port,
    path: "/mqtt",
  });
  const publish = async () => assert.equal((await test?.publish({ qos: 2 }))?.state, "acknowledged");

  it("with a client certificate, a user and a password", async () => {
    const options = { certificates, clientCertificate: true };
    broker = await startMosquitto({ tls: options, users: { me: "secret" } });
    const { ca, client } = certificates;
    const tlsTrust = {
      kind: "options",
      options: { ca: ca.cert, cert: client.cert, key: client.key, rejectUnauthorized: true },
    } as const;
    const profile = brokerProfile(0, {
      endpoint: endpoint("mqtts"),
      tlsTrust,
      username: "me",
      password: "secret",
    });
    test = testConnection(profile);
    await test.online();
    await publish();
  });

  it("without the client certificate it wants", async () => {
    broker = await startMosquitto({ tls: { certificates, clientCertificate: true } });
    const tlsTrust = { kind: "options", options: { ca: certificates.ca.cert } } as const;
    test = testConnection(brokerProfile(0, { endpoint: endpoint("mqtts"), tlsTrust }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_TLS_FAILED.other");
  });

  it("with a certificate that is over", async () => {
    const expired = await makeCertificates({ notBefore: new Date(0), notAfter: new Date(86_400_000) });
    broker = await startMosquitto({ tls: { certificates: expired } });
    const tlsTrust = { kind: "pinned-root", rootPem: expired.ca.cert, checkHostname: false } as const;
    test = testConnection(brokerProfile(0, { endpoint: endpoint("mqtts"), tlsTrust }));
    test.connection.start();
    const { problem } = await test.retry("waiting");
    assert.equal(problem.key, "ONENET_TLS_FAILED.expired");
  });

  for (const checkHostname of [false, true]) {
    for (const host of ["localhost", "127.0.0.1"]) {
      const isOnline = !checkHostname || host === "localhost";
      it(`over WebSocket to ${host}, the hostname ${checkHostname ? "checked" : "relaxed"} → ${isOnline ? "online" : "refused"}`, async () => {
        const named = await makeCertificates({ names: ["localhost"] });
        broker = await startMosquitto({ tls: { certificates: named }, websockets: true });
        const tlsTrust = { kind: "pinned-root", rootPem: named.ca.cert, checkHostname } as const;
        test = testConnection(brokerProfile(0, { endpoint: endpoint("wss", host), tlsTrust }));
        if (isOnline) {
          await test.online();
          await publish();
        } else {
          test.connection.start();
          const { problem }: Waiting = await test.retry("waiting");
          assert.equal(problem.key, "ONENET_TLS_FAILED.hostname");
        }
      });
    }
  }
});
