import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { topics } from "../../../lib/protocol/topic";
import { startSimulator } from "../../../lib/simulator/simulator";
import { PUBLISH, publishFrame, RawMqtt } from "../../support/raw-mqtt";
import { connectOptions, startTestSimulator, type TestSimulator, THING } from "../../support/simulated";

describe("simulator start and stop", () => {
  it("needs no option but free ports", async () => {
    const simulator = await startSimulator({ port: 0, httpPort: 0 });
    assert.equal(simulator.host, "127.0.0.1");
    assert.ok(simulator.port > 0 && simulator.httpPort);
    assert.deepEqual(
      [simulator.tlsPort, simulator.rootCertificatePem, simulator.rootFingerprintSha256],
      [undefined, undefined, undefined],
    );
    await simulator.stop();
  });

  it("serves no cloud API if told so", async () => {
    const simulator = await startSimulator({ port: 0, httpPort: null });
    assert.equal(simulator.httpPort, undefined);
    await simulator.stop();
  });

  it("closes every connection when it stops, also those that said nothing, and tells so before it is done", async () => {
    const test = await startTestSimulator({ tlsPort: 0 });
    const silent = await test.open();
    const device = await test.login(THING, "lamp");
    const handshaking = connectTcp({ host: "127.0.0.1", port: test.simulator.tlsPort ?? 0 });
    await once(handshaking, "connect");
    // A round trip through the same loop: by then the server knows all three.
    await device.settle();
    const [first, second] = [test.simulator.stop(), test.simulator.stop()];
    await Promise.all([first, second]);
    const reasons = test.events
      .filter(({ event }) => event === "closed")
      .map((event) => "reason" in event && event.reason);
    assert.deepEqual(reasons, ["stopped", "stopped"]);
    await Promise.all([silent.closed, device.closed, once(handshaking, "close")]);
    await assert.rejects(test.open(), { code: "ECONNREFUSED" });
  });

  it("leaves no port open if another one cannot be had", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
    const { port } = occupant.address() as { port: number };
    const free = await startSimulator({ port: 0, httpPort: null });
    await free.stop();
    await assert.rejects(startSimulator({ port, httpPort: free.port }), { key: "ONENET_SIMULATOR_ADDRESS" });
    const again = await startSimulator({ port: 0, httpPort: free.port });
    await again.stop();
    occupant.close();
  });

  it("says which host it cannot have", async () => {
    await assert.rejects(startSimulator({ host: "192.0.2.1", port: 0, httpPort: null }), {
      key: "ONENET_SIMULATOR_ADDRESS",
      params: { host: "192.0.2.1", port: 0, reason: "EADDRNOTAVAIL" },
    });
  });

  it("refuses wrong products before it listens", async () => {
    const products = [{ ...THING, productKey: "no key" }];
    await assert.rejects(startSimulator({ port: 0, httpPort: 0, products }), { key: "ONENET_KEY_INVALID" });
  });
});

describe("simulator over TLS", () => {
  let test: TestSimulator;
  before(async () => {
    test = await startTestSimulator({ tlsPort: 0 });
  });
  after(() => test.stop());

  async function openTls(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect({ host: "127.0.0.1", port: test.simulator.tlsPort, ...options });
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    return socket;
  }

  it("shows a certificate signed by a root of its own", async () => {
    const ca = test.simulator.rootCertificatePem ?? "";
    const root = new X509Certificate(ca);
    assert.equal(root.fingerprint256, test.simulator.rootFingerprintSha256);
    assert.equal(root.ca, true);
    assert.equal(root.publicKey.asymmetricKeyType, "rsa");
    const socket = await openTls({ ca });
    assert.equal(socket.authorized, true);
    assert.match(socket.getProtocol() ?? "", /^TLSv1\.[23]$/);
    assert.notEqual(socket.getPeerCertificate().fingerprint256, root.fingerprint256);
    socket.destroy();
  });

  for (const host of ["localhost", "127.0.0.1", "::1"]) {
    it(`is certified as ${host}`, async () => {
      const socket = await openTls({
        ca: test.simulator.rootCertificatePem,
        servername: host === "localhost" ? host : "",
        host: "127.0.0.1",
      });
      const certificate = socket.getPeerX509Certificate();
      assert.ok(host === "localhost" ? certificate?.checkHost(host) : certificate?.checkIP(host));
      socket.destroy();
    });
  }

  it("carries the whole protocol", async () => {
    const lamp = { productId: THING.productId, deviceName: "lamp" };
    const told = test.next("login");
    const client = RawMqtt.over(await openTls({ ca: test.simulator.rootCertificatePem }));
    assert.equal(await client.login(connectOptions(THING, "lamp")), 0);
    assert.equal((await told).tls, true);
    await client.subscribe([topics.thingFilter(lamp), 0]);
    await client.ask(
      publishFrame(topics.propertyPost(lamp), '{"id":"1","params":{"t":{"value":1}}}'),
      PUBLISH,
    );
    test.simulator.faults.cutLink();
    await client.closed;
  });

  it("answers a wrong login before it closes", async () => {
    const client = RawMqtt.over(await openTls({ ca: test.simulator.rootCertificatePem }));
    assert.equal(await client.login({ ...connectOptions(THING, "lamp"), password: "x" }), 4);
    await client.closed;
  });

  it("is not trusted without its root, and tells who failed", async () => {
    const refused = test.next("refused");
    await assert.rejects(openTls({}), /unable to verify|self.signed/);
    assert.equal((await refused).what, "tls");
    const plain = test.next("refused");
    const client = await RawMqtt.open(test.simulator.tlsPort ?? 0);
    assert.notEqual(await client.login(connectOptions(THING, "lamp")), 0);
    assert.equal((await plain).what, "tls");
  });

  it("may be certified for other names", async () => {
    const other = await startTestSimulator({ tlsPort: 0, tlsNames: ["onenet.example", "10.0.0.1"] });
    try {
      const options = {
        host: "127.0.0.1",
        port: other.simulator.tlsPort,
        ca: other.simulator.rootCertificatePem,
      };
      await assert.rejects(openTls(options), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
      (await openTls({ ...options, servername: "onenet.example" })).destroy();
    } finally {
      await other.stop();
    }
  });
});
