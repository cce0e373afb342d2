import assert from "node:assert/strict";
import type { SimulatedProduct } from "../../lib/simulator/options";
import type { Simulator } from "../../lib/simulator/simulator";
import type { FlowNode } from "../support/admin-api";
import { makeCertificates } from "../support/certificates";
import {
  assertDoneOnce,
  type CaughtError,
  feedBadly,
  give,
  outcomeOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { deviceToken, startTestSimulator, type TestSimulator, type TokenOptions } from "../support/simulated";
import { servesMqttThen, startTcpServer, type TcpServer } from "../support/tcp-server";

/** What a case needs that is there only when the tests run. */
interface Place {
  readonly deviceName: string;
  readonly simulator: Simulator;
  /** Ports of servers that are no brokers, or bad ones. */
  readonly ports: Readonly<Record<ServerName, string>>;
  readonly strangeRoot: string;
  readonly expiredRoot: string;
}

type ServerName = "closed" | "silent" | "slamming" | "web" | "garbage" | "expired";

/** One way in which a connection can be wrong. */
interface Case {
  readonly name: string;
  /** Laid over the connection of the case's own device, which is right. */
  readonly fields: Fields | ((place: Place) => Fields);
  readonly key: string;
  /** Part of the publishing node's status. */
  readonly status: string;
  /** The right settings, where they are not those of a plain connection. */
  readonly right?: (place: Place) => Fields;
  readonly product?: SimulatedProduct;
}

const NAMES = Array.from({ length: 80 }, (_, i) => `d${i}`);
const THINGS = makeProduct("thing-model", ...NAMES);
const STREAMS = makeProduct("data-stream", ...NAMES);
const ANOTHER_KEY = Buffer.from("another key of the right length!").toString("base64");

function token(options: TokenOptions, ofDevice?: string) {
  return ({ deviceName }: Place) => ({
    keyKind: "token",
    credentials: { key: deviceToken(THINGS, ofDevice ?? deviceName, options) },
  });
}

const key = (text: string) => ({ credentials: { key: text } });

/** What is wrong with a login. */
const LOGINS: readonly Case[] = [
  { name: "wrong key", fields: key(ANOTHER_KEY), key: "ONENET_AUTH_FAILED.device", status: "auth-failed" },
  {
    name: "wrong product key",
    fields: { keyKind: "product-key", ...key(ANOTHER_KEY) },
    key: "ONENET_AUTH_FAILED.device",
    status: "auth-failed",
  },
  {
    name: "token of a wrong key",
    fields: token({ key: ANOTHER_KEY }),
    key: "ONENET_AUTH_FAILED.device",
    status: "auth-failed",
  },
  {
    name: "expired token",
    fields: token({ expiresAtSeconds: 1_700_000_000 }),
    key: "ONENET_TOKEN_EXPIRED",
    status: "token-expired",
  },
  {
    name: "another device's token",
    fields: token({}, "d79"),
    key: "ONENET_TOKEN_INVALID.resource",
    status: "auth-failed",
  },
  {
    name: "wrong device name",
    fields: { deviceName: "nobody" },
    key: "ONENET_AUTH_FAILED.device",
    status: "auth-failed",
  },
  {
    name: "wrong product id",
    fields: { productId: "Nobodys" },
    key: "ONENET_AUTH_FAILED.device",
    status: "auth-failed",
  },
  {
    name: "thing model taken for data streams",
    fields: { productKind: "data-stream" },
    key: "ONENET_SUBSCRIBE_REFUSED",
    status: "subscribe-refused",
  },
  {
    name: "data streams taken for a thing model",
    product: STREAMS,
    fields: { productKind: "thing-model" },
    key: "ONENET_SUBSCRIBE_REFUSED",
    status: "subscribe-refused",
  },
];

/** What is wrong with the settings: nothing is even tried. */
const SETTINGS: readonly Case[] = [
  {
    name: "no product id",
    fields: { productId: " " },
    key: "ONENET_CONFIG_INVALID.missing",
    status: "config",
  },
  {
    name: "a product id too long",
    fields: { productId: "P".repeat(33) },
    key: "ONENET_CONFIG_INVALID.text",
    status: "config",
  },
  {
    name: "a device name too long",
    fields: { deviceName: "d".repeat(65) },
    key: "ONENET_CONFIG_INVALID.text",
    status: "config",
  },
  {
    name: "a device name in Chinese",
    fields: { deviceName: "灯" },
    key: "ONENET_CONFIG_INVALID.text",
    status: "config",
  },
  { name: "no key", fields: key(""), key: "ONENET_CONFIG_INVALID.missing", status: "config" },
  { name: "a key that is none", fields: key("password"), key: "ONENET_KEY_INVALID", status: "auth-failed" },
  {
    name: "a token that is none",
    fields: { keyKind: "token", ...key("version=1&res=x") },
    key: "ONENET_TOKEN_INVALID.format",
    status: "auth-failed",
  },
  {
    name: "a misspelt host",
    fields: { host: "mqtts.hecloud.com" },
    key: "ONENET_HOST_INVALID.typo",
    status: "config",
  },
  {
    name: "a URL as host",
    fields: { host: "mqtt://x" },
    key: "ONENET_HOST_INVALID.scheme",
    status: "config",
  },
  {
    name: "blanks in the host",
    fields: { host: "a b" },
    key: "ONENET_HOST_INVALID.characters",
    status: "config",
  },
  { name: "no host", fields: { host: "" }, key: "ONENET_CONFIG_INVALID.missing", status: "config" },
  {
    name: "a port too high",
    fields: { port: "65536" },
    key: "ONENET_CONFIG_INVALID.integer",
    status: "config",
  },
  {
    name: "half a port",
    fields: { port: "18830.5" },
    key: "ONENET_CONFIG_INVALID.integer",
    status: "config",
  },
  {
    name: "keep alive below 10 s",
    fields: { keepAliveSeconds: "9" },
    key: "ONENET_CONFIG_INVALID.integer",
    status: "config",
  },
  {
    name: "keep alive above 1800 s",
    fields: { keepAliveSeconds: "1801" },
    key: "ONENET_CONFIG_INVALID.integer",
    status: "config",
  },
  {
    name: "a token that lives for no time",
    fields: { tokenLifetimeHours: "0" },
    key: "ONENET_CONFIG_INVALID.number",
    status: "config",
  },
  {
    name: "a transport the platform has not",
    fields: { transport: "ws" },
    key: "ONENET_CONFIG_INVALID.choice",
    status: "config",
  },
  {
    name: "a platform of another version",
    fields: { platform: "onenet-2" },
    key: "ONENET_CONFIG_INVALID.choice",
    status: "config",
  },
  {
    name: "an unset variable",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the environment
    fields: { productId: "a-${ONENET_TEST_UNSET}" },
    key: "ONENET_ENV_UNSET",
    status: "env-unset",
  },
  {
    name: "no root certificate",
    fields: { transport: "mqtts" },
    key: "ONENET_CONFIG_INVALID.missing",
    status: "config",
  },
  {
    name: "a root that is none",
    fields: { transport: "mqtts", rootCertificate: "-----BEGIN" },
    key: "ONENET_CERTIFICATE_INVALID.format",
    status: "config",
  },
  {
    name: "no TLS configuration",
    fields: { transport: "mqtts", tlsTrust: "tls-config", tlsConfig: "gone" },
    key: "ONENET_CONFIG_INVALID.missing",
    status: "config",
  },
];

const tls = ({ simulator }: Place) => ({ transport: "mqtts", port: String(simulator.tlsPort) });
const trusted = (place: Place) => ({ ...tls(place), rootCertificate: place.simulator.rootCertificatePem });
const port = (name: ServerName) => (place: Place) => ({ port: place.ports[name] });

function refusedLogin(returnCode: 2 | 3 | "close") {
  return ({ simulator, deviceName }: Place) => {
    simulator.faults.refuseLogin({ deviceName, returnCode });
    return {};
  };
}

/** What is wrong on the way. */
const LINKS: readonly Case[] = [
  {
    name: "nothing listens",
    fields: port("closed"),
    key: "ONENET_UNREACHABLE.refused",
    status: "unreachable",
  },
  {
    name: "no such host",
    fields: { host: "no-such-host.invalid" },
    key: "ONENET_UNREACHABLE.dns",
    status: "unreachable",
  },
  {
    name: "a server that says nothing",
    fields: (place) => ({ port: place.ports.silent, connectTimeoutSeconds: "1" }),
    key: "ONENET_UNREACHABLE.timeout",
    status: "unreachable",
  },
  {
    name: "a server that resets the link",
    fields: port("slamming"),
    key: "ONENET_UNREACHABLE.closed",
    status: "unreachable",
  },
  { name: "a web server", fields: port("web"), key: "ONENET_LINK_LOST.protocol", status: "link-lost" },
  {
    name: "garbage after the login",
    fields: port("garbage"),
    key: "ONENET_LINK_LOST.protocol",
    status: "link-lost",
  },
  {
    name: "a refused subscription",
    fields: ({ simulator, deviceName }) => {
      simulator.faults.refuseSubscription({ deviceName });
      return {};
    },
    key: "ONENET_SUBSCRIBE_REFUSED",
    status: "subscribe-refused",
  },
  { name: "CONNACK 2", fields: refusedLogin(2), key: "ONENET_AUTH_FAILED.device", status: "auth-failed" },
  { name: "CONNACK 3", fields: refusedLogin(3), key: "ONENET_SERVER_BUSY", status: "server-busy" },
  {
    name: "no CONNACK",
    fields: refusedLogin("close"),
    key: "ONENET_UNREACHABLE.closed",
    status: "unreachable",
  },
  {
    name: "wrong CA",
    fields: (place) => ({ ...tls(place), rootCertificate: place.strangeRoot }),
    right: trusted,
    key: "ONENET_TLS_FAILED.untrusted",
    status: "tls-failed",
  },
  {
    name: "the usual authorities",
    fields: (place) => ({ ...tls(place), tlsTrust: "system-ca" }),
    right: trusted,
    key: "ONENET_TLS_FAILED.untrusted",
    status: "tls-failed",
  },
  {
    name: "a certificate for another host, where that is checked",
    fields: (place) => ({ ...trusted(place), checkHostname: true }),
    right: trusted,
    key: "ONENET_TLS_FAILED.hostname",
    status: "tls-failed",
  },
  {
    name: "an expired certificate",
    fields: (place) => ({ ...tls(place), port: place.ports.expired, rootCertificate: place.expiredRoot }),
    right: trusted,
    key: "ONENET_TLS_FAILED.expired",
    status: "tls-failed",
  },
  {
    name: "TLS with a port that has none",
    fields: (place) => ({ ...tls(place), port: place.ports.web, rootCertificate: place.strangeRoot }),
    right: trusted,
    key: "ONENET_TLS_FAILED.other",
    status: "tls-failed",
  },
  {
    name: "no TLS with a port that has it",
    fields: ({ simulator }) => ({ port: String(simulator.tlsPort) }),
    key: "ONENET_UNREACHABLE.closed",
    status: "unreachable",
  },
  {
    name: "a root that is not OneNET's",
    fields: (place) => ({ ...tls(place), platform: "onenet", rootCertificate: place.strangeRoot }),
    key: "ONENET_CERTIFICATE_INVALID.fingerprint",
    status: "config",
  },
];

const CASES: readonly Case[] = [...LOGINS, ...LINKS, ...SETTINGS];

/** Whether nothing is even tried, so that each message fails with the same error. */
const isSetting = (each: Case) => SETTINGS.includes(each) || each.key.includes("fingerprint");

describe("failures of a connection", () => {
  let sim: TestSimulator;
  let nodeRed: NodeRed;
  const servers: TcpServer[] = [];
  let shown: readonly PromiseSettledResult<string>[];
  let mended: readonly PromiseSettledResult<void>[];

  before(async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({
      products: [THINGS, STREAMS],
      tlsPort: 0,
      tlsNames: ["elsewhere.example"],
    });
    nodeRed = await startNodeRed();
    const place = await preparePlace();
    await nodeRed.deploy(flow(place, ({ fields }) => fields));
    shown = await Promise.allSettled(CASES.map(showsItsReason));
    sim.simulator.faults.clear();
    await nodeRed.deploy(flow(place, ({ right }) => right ?? {}));
    mended = await Promise.allSettled(CASES.map(goesWellWhenMended));
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
    for (const server of servers) await server.close();
  });

  async function serve(...args: Parameters<typeof startTcpServer>): Promise<string> {
    const server = await startTcpServer(...args);
    servers.push(server);
    return String(server.port);
  }

  async function preparePlace(): Promise<Omit<Place, "deviceName">> {
    const past = { notBefore: new Date(0), notAfter: new Date(1_500_000_000_000) };
    const [strange, expired] = await Promise.all([makeCertificates(), makeCertificates(past)]);
    const closed = await startTcpServer(() => undefined);
    await closed.close();
    const ports = {
      closed: String(closed.port),
      silent: await serve(() => undefined),
      slamming: await serve((socket) => socket.once("data", () => socket.resetAndDestroy())),
      web: await serve((socket) => socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
      garbage: await serve(servesMqttThen(Buffer.alloc(64, 0xff))),
      expired: await serve(() => undefined, expired.server),
    };
    const { simulator } = sim;
    return { simulator, ports, strangeRoot: strange.ca.cert, expiredRoot: expired.ca.cert };
  }

  function flow(
    place: Omit<Place, "deviceName">,
    fieldsOf: (each: Case) => Case["fields"],
  ): readonly FlowNode[] {
    const connections = CASES.map((each, i) => {
      const deviceName = `d${i}`;
      const given = fieldsOf(each);
      const fields = typeof given === "function" ? given({ ...place, deviceName }) : given;
      const common = { platform: "private", hostChoice: "own", tlsTrust: "pinned-root", ...fields };
      return deviceConnection(`c${i}`, sim.simulator, each.product ?? THINGS, deviceName, common);
    });
    const nodes = CASES.map((_, i) => datapointPublish(`pub${i}`, `c${i}`, { stream: "s" }));
    return flowOf(...connections, ...nodes);
  }

  /** Catch hears it from the connection; the node shows it; a message waits, or fails with the same error. */
  async function showsItsReason(each: Case, i: number): Promise<string> {
    const [code = ""] = each.key.split(".");
    check(each, (await waitForCaught(nodeRed, code, { source: `c${i}` })).error);
    const status = await waitForLastStatus(nodeRed, `pub${i}`, each.status);
    assert.deepEqual([status.fill, status.shape], ["red", "ring"]);
    if (!isSetting(each)) return await give(nodeRed, `pub${i}`, { payload: "waiting" });
    check(each, await feedBadly(nodeRed, `pub${i}`, { payload: "failing" }, code));
    return "";
  }

  function check(each: Case, { cause, message }: CaughtError): void {
    assert.equal(cause?.key, each.key, message);
    assert.doesNotMatch(message, /\{\{|__\w+__|errors\./);
    assert.match(message, /\.$/, `it says what to do: ${message}`);
  }

  async function goesWellWhenMended(each: Case, i: number): Promise<void> {
    const good = await give(nodeRed, `pub${i}`, { payload: "good" });
    const { error } = await outcomeOf(nodeRed, `pub${i}`, good, 20_000);
    assert.equal(error, undefined, error?.message);
    await waitForLastStatus(nodeRed, `pub${i}`, "connected");
    const waiting = shown[i];
    if (!isSetting(each) && waiting?.status === "fulfilled") await checkWaiting(each, i, waiting.value);
  }

  /** What waited for the same device was delivered by whoever took its place; another's never gets it. */
  async function checkWaiting(each: Case, i: number, msgid: string): Promise<void> {
    if (!/^wrong (device name|product id)$|^no such host$/.test(each.name)) {
      assert.equal((await outcomeOf(nodeRed, `pub${i}`, msgid)).error, undefined);
      assertDoneOnce(nodeRed, `pub${i}`, 2);
      return;
    }
    const { error } = await waitForCaught(nodeRed, "ONENET_CLOSED", { msgid });
    assert.equal(error.source.id, `c${i}`, "the node that queued it is gone: its connection tells");
  }

  const demand = (result: PromiseSettledResult<unknown> | undefined) => {
    if (result?.status !== "fulfilled") throw result?.reason ?? new Error("it was not tried");
  };

  CASES.forEach(({ name, key }, i) => {
    it(`${name}: ${key} at Catch and in the status; then the next message goes well`, () => {
      demand(shown[i]);
      demand(mended[i]);
    });
  });
});
