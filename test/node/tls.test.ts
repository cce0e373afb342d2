import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { makeCertificates, type TestCertificates } from "../support/certificates";
import { feedBadly, feedWell, give, outcomeOf, waitForCaught } from "../support/feed";
import {
  brokerConnection,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
} from "../support/flows";
import { type Mosquitto, startMosquitto } from "../support/mosquitto";
import { needs } from "../support/needs";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { startTestSimulator, type TestSimulator } from "../support/simulated";

const THINGS = makeProduct("thing-model", "lamp", "fan");

describe("TLS in Node-RED", function () {
  this.timeout(30_000);
  let certificates: TestCertificates;
  let sim: TestSimulator;
  let nodeRed: NodeRed;

  before(async () => {
    certificates = await makeCertificates({ names: ["elsewhere.example"] });
    sim = await startTestSimulator({ products: [THINGS], tlsPort: 0 });
    const known = String(sim.simulator.rootFingerprintSha256).toLowerCase();
    nodeRed = await startNodeRed({ settings: { onenetConnectionPinnedRoots: [known] } });
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  it("takes the roots that settings.js adds to OneNET's, and no others", async () => {
    const device = (id: string, name: string, rootCertificate: string | undefined) =>
      deviceConnection(id, { port: sim.simulator.tlsPort ?? 0 }, THINGS, name, {
        platform: "onenet",
        hostChoice: "own",
        transport: "mqtts",
        rootCertificate,
      });
    await nodeRed.deploy(
      flowOf(
        device("known", "lamp", sim.simulator.rootCertificatePem),
        device("strange", "fan", certificates.ca.cert),
        datapointPublish("pub", "known", { stream: "s" }),
        datapointPublish("pub-strange", "strange", { stream: "s" }),
      ),
    );
    await feedWell(nodeRed, "pub", { payload: 1 });
    const login = sim.events.filter(({ event }) => event === "login").at(-1);
    assert.ok(login?.event === "login" && login.tls);
    await feedBadly(nodeRed, "pub-strange", { payload: 1 }, "ONENET_CERTIFICATE_INVALID");
  });

  /** Node-RED's own TLS settings, with the certificates as the editor stores them. */
  const tlsConfig = (id: string, { cert, key }: { cert: string; key: string }): FlowNode => ({
    id,
    type: "tls-config",
    ...{ cert: "", key: "", ca: "", certname: "c.pem", keyname: "k.pem", caname: "ca.pem" },
    ...{ servername: "elsewhere.example", verifyservercert: true, alpnprotocol: "" },
    credentials: { certdata: cert, keydata: key, cadata: certificates.ca.cert, passphrase: "" },
  });

  describe("with mosquitto", () => {
    const brokers: Mosquitto[] = [];

    before(function () {
      needs(this, "mosquitto");
    });

    afterEach(async () => {
      for (const broker of brokers.splice(0)) await broker.stop();
    });

    async function start(options: Parameters<typeof startMosquitto>[0]): Promise<Mosquitto> {
      const broker = await startMosquitto(options);
      brokers.push(broker);
      return broker;
    }

    for (const transport of ["mqtts", "wss"] as const) {
      it(`over ${transport} checks the pinned root, and the host name where asked`, async () => {
        const broker = await start({ websockets: transport === "wss", tls: { certificates } });
        const pinned = { transport, rootCertificate: certificates.ca.cert };
        await nodeRed.deploy(
          flowOf(
            brokerConnection("pinned", broker, pinned),
            brokerConnection("strict", broker, { ...pinned, checkHostname: true }),
            mqttOut("out", "pinned", { topic: "t" }),
            mqttOut("out-strict", "strict", { topic: "t" }),
          ),
        );
        await feedWell(nodeRed, "out", { payload: 1 });
        const { error } = await waitForCaught(nodeRed, "ONENET_TLS_FAILED", { source: "strict" });
        assert.equal(error.cause?.key, "ONENET_TLS_FAILED.hostname");
      });
    }

    it("shows the client certificate of a tls-config node, and says when another is wanted", async () => {
      const broker = await start({ tls: { certificates, clientCertificate: true } });
      const strange = await makeCertificates();
      const tls = (config: string) => ({ transport: "mqtts", tlsTrust: "tls-config", tlsConfig: config });
      nodeRed.events.clear();
      await nodeRed.deploy(
        flowOf(
          tlsConfig("right", certificates.client),
          tlsConfig("wrong", strange.client),
          brokerConnection("c-right", broker, tls("right")),
          brokerConnection("c-wrong", broker, tls("wrong")),
          mqttOut("out", "c-right", { topic: "t" }),
          mqttOut("out-wrong", "c-wrong", { topic: "t" }),
        ),
      );
      await feedWell(nodeRed, "out", { payload: 1 });
      const { error } = await waitForCaught(nodeRed, "ONENET_TLS_FAILED", { source: "c-wrong" });
      assert.match(error.message, /certificate/);
      const waiting = await give(nodeRed, "out-wrong", { payload: 1 });
      await nodeRed.deploy(
        flowOf(
          tlsConfig("wrong", certificates.client),
          brokerConnection("c-wrong", broker, { ...tls("wrong"), name: "mended" }),
          mqttOut("out-wrong", "c-wrong", { topic: "t" }),
        ),
        "nodes",
      );
      assert.equal((await outcomeOf(nodeRed, "out-wrong", waiting)).error, undefined);
    });
  });
});
