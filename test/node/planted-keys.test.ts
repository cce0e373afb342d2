import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import WebSocket from "ws";
import { deviceResource, signToken } from "../../lib/protocol/token";
import type { FlowNode } from "../support/admin-api";
import { makeCertificates, type TestCertificates } from "../support/certificates";
import type { Comms } from "../support/comms";
import { feedBadly, feedWell, give, waitForCaught } from "../support/feed";
import {
  brokerConnection,
  CATCH,
  commandSubscribe,
  datapointPublish,
  type Fields,
  flowOf,
  gateway,
  mqttOut,
  node,
  TAB,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { nodeRedFolder, PACKAGE_NAME } from "../support/node-red-version";
import { assertNoSecrets, assertNoSecretsBelow, type PlantedSecrets, plantSecrets } from "../support/secrets";
import { servesMqttThen, startTcpServer, type TcpServer } from "../support/tcp-server";

const PRODUCT_ID = "Secr3tPr0d";
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;
const DEBUG = "debug";
/** Nothing listens there, and no other test is ever given it. */
const CLOSED_PORT = "1";
/** The signature of a token that was made for one login: no test can plant it. */
const SIGNATURE = /sign=[A-Za-z0-9+/%]{16,}/;

const newKey = () => randomBytes(32).toString("base64");
/** 30 octets of text that no one would take for a key. */
const newWord = () => `word-${randomBytes(12).toString("hex")}`;

/** Everything that must not come out, and the connections that hold it. */
class Vault {
  readonly more = {
    envKey: newKey(),
    wrongKey: newKey(),
    otherKey: newKey(),
    badKey: newWord(),
    subKey: newKey(),
    badTokenSign: newKey(),
    tlsPassphrase: newWord(),
    tlsGarbage: newKey(),
  };
  readonly token: string;
  readonly expiredToken: string;
  readonly secrets: PlantedSecrets;
  readonly certificates: TestCertificates;

  constructor(certificates: TestCertificates) {
    this.certificates = certificates;
    const { deviceKey, productKey, password } = plantSecrets();
    const sign = (res: string, expiresAtSeconds: number) =>
      signToken({ version: "2018-10-31", res, expiresAtSeconds, method: "sha256" }, deviceKey);
    this.token = sign(deviceResource(PRODUCT_ID, "with-token"), IN_AN_HOUR);
    this.expiredToken = sign(deviceResource(PRODUCT_ID, "expired"), 1_700_000_000);
    const signOf = (token: string) => new URLSearchParams(token.replaceAll("+", "%2B")).get("sign") ?? "";
    const all = {
      ...{ deviceKey, productKey, password },
      ...this.more,
      token: this.token,
      tokenSign: signOf(this.token),
      expiredTokenSign: signOf(this.expiredToken),
      // the first line of it is the same for every key of its kind
      tlsKey: certificates.client.key.split("\n")[2] ?? "",
    };
    this.secrets = { deviceKey, productKey, password, all: new Map(Object.entries(all)) };
    for (const [name, secret] of this.secrets.all) assert.ok(secret.length >= 20, name);
  }
}

/** One connection, and what Catch hears of it; undefined: its messages arrive. */
interface Case {
  readonly name: string;
  readonly fields: Fields;
  readonly code?: string;
}

const device = (name: string, key: string, fields: Fields = {}, code?: string): Case => ({
  name,
  fields: { credentials: { key }, ...fields },
  ...(code === undefined ? {} : { code }),
});

/** Every way to log in, and every way to fail in it. */
function deviceCases({ secrets, more, token, expiredToken }: Vault): readonly Case[] {
  const { deviceKey, productKey } = secrets;
  const aToken = { keyKind: "token" };
  const unreadable = `version=2018-10-31&res=x&et=5&sign=${encodeURIComponent(more.badTokenSign)}`;
  const foreign = token.replace(encodeURIComponent("with-token"), "someone-else");
  return [
    device("with-key", deviceKey),
    device("with-product-key", productKey, { keyKind: "product-key" }),
    device("with-token", token, aToken),
    device("with-variable", `\${PLANTED_KEY}`),
    device("wrong-key", more.wrongKey, {}, "ONENET_AUTH_FAILED"),
    device("wrong-product-key", more.wrongKey, { keyKind: "product-key" }, "ONENET_AUTH_FAILED"),
    device("nobody", deviceKey, {}, "ONENET_AUTH_FAILED"),
    device("wrong-kind", deviceKey, { productKind: "data-stream" }, "ONENET_SUBSCRIBE_REFUSED"),
    device("expired", expiredToken, aToken, "ONENET_TOKEN_EXPIRED"),
    device("foreign", foreign, aToken, "ONENET_TOKEN_INVALID"),
    device("unreadable", unreadable, aToken, "ONENET_TOKEN_INVALID"),
    device("key-as-token", deviceKey, aToken, "ONENET_TOKEN_INVALID"),
    device("token-as-key", token, {}, "ONENET_KEY_INVALID"),
    device("no-base64", more.badKey, {}, "ONENET_KEY_INVALID"),
    device("half-variable", `${deviceKey}\${NOT_PLANTED}`, {}, "ONENET_ENV_UNSET"),
    // a variable that holds a key, in a field for something else
    ...["port", "host", "productId", "deviceName", "keyKind", "keepAliveSeconds"].map((field) => {
      const code = field === "host" ? "ONENET_HOST_INVALID" : "ONENET_CONFIG_INVALID";
      return device(`key-as-${field}`, deviceKey, { [field]: `\${PLANTED_KEY}` }, code);
    }),
    device("token-as-deviceName", deviceKey, { deviceName: `\${PLANTED_TOKEN}` }, "ONENET_CONFIG_INVALID"),
    device("token-as-host", deviceKey, { host: `\${PLANTED_TOKEN}` }, "ONENET_HOST_INVALID"),
  ];
}

interface Servers {
  readonly simulator: number;
  readonly kind: number;
  readonly secure: number;
  readonly refusing: ReadonlyMap<number, number>;
}

/** What CONNACK says, and what becomes of it. */
const RETURN_CODES = [
  [1, "ONENET_PROTOCOL_VERSION"],
  [3, "ONENET_SERVER_BUSY"],
  [4, "ONENET_AUTH_FAILED"],
  [5, "ONENET_AUTH_FAILED"],
] as const;

function brokerCases({ secrets }: Vault, servers: Servers): readonly Case[] {
  const credentials = { user: "someone", password: secrets.password };
  const tls = (tlsConfig: string) => ({ transport: "mqtts", tlsTrust: "tls-config", tlsConfig });
  const secure = { port: String(servers.secure), credentials };
  return [
    { name: "kind", fields: { port: String(servers.kind), credentials } },
    { name: "password-of-variable", fields: { port: String(servers.kind), credentials: ENV_PASSWORD } },
    { name: "secure", fields: { ...secure, ...tls("tls") } },
    { name: "bad-tls-key", fields: { ...secure, ...tls("bad-tls") }, code: "ONENET_TLS_FAILED" },
    {
      name: "untrusted",
      fields: { ...secure, transport: "mqtts", tlsTrust: "system-ca" },
      code: "ONENET_TLS_FAILED",
    },
    { name: "away", fields: { port: CLOSED_PORT, credentials }, code: "ONENET_UNREACHABLE" },
    ...RETURN_CODES.map(([returnCode, code]) => ({
      name: `connack-${returnCode}`,
      fields: { port: String(servers.refusing.get(returnCode)), credentials },
      code,
    })),
  ];
}

const ENV_PASSWORD = { user: "someone", password: `\${PLANTED_PASSWORD}` };

function tlsConfig(id: string, { certificates, more }: Vault, keydata: string): FlowNode {
  return {
    id,
    type: "tls-config",
    name: "",
    ...{ cert: "", key: "", ca: "", certname: "cert", keyname: "key", caname: "ca" },
    ...{ servername: "", verifyservercert: true, alpnprotocol: "" },
    credentials: {
      certdata: certificates.client.cert,
      keydata,
      cadata: certificates.ca.cert,
      passphrase: more.tlsPassphrase,
    },
  };
}

/** Shows everything everywhere: sidebar, log and status. */
const debugNode = node("debug", DEBUG, {
  ...{ active: true, tosidebar: true, console: true, tostatus: true },
  ...{ complete: "true", targetType: "full", statusVal: "", statusType: "auto", wires: [] },
});

/** Simulators that cannot start, and what Catch hears of them. */
const BAD_SIMULATORS = {
  "no-json": "ONENET_CONFIG_INVALID",
  "no-key": "ONENET_KEY_INVALID",
  "other-key": "ONENET_SIMULATOR_CONFLICT",
} as const;

/** Each holds a secret where it does not belong; the last contradicts the simulator that is there. */
function badSimulators({ secrets, more }: Vault, good: FlowNode): readonly FlowNode[] {
  const keys: Readonly<Record<keyof typeof BAD_SIMULATORS, string>> = {
    "no-json": secrets.deviceKey,
    "no-key": JSON.stringify({ [`${PRODUCT_ID}/with-key`]: more.badKey }),
    "other-key": JSON.stringify({ [`${PRODUCT_ID}/with-key`]: more.otherKey }),
  };
  const products = [{ productId: PRODUCT_ID, kind: "thing-model", devices: [{ deviceName: "with-key" }] }];
  return Object.entries(keys).map(([id, text]) => ({ ...good, id, products, credentials: { keys: text } }));
}

function simulatorNode(vault: Vault, servers: Servers, names: readonly string[]): FlowNode {
  const { deviceKey, productKey } = vault.secrets;
  const keys = Object.fromEntries(names.map((name) => [`${PRODUCT_ID}/${name}`, deviceKey]));
  keys[`${PRODUCT_ID}/with-variable`] = vault.more.envKey;
  const devices = names.map((deviceName) => ({ deviceName }));
  return node("onenet-simulator", "simulator", {
    ...{ host: "127.0.0.1", port: String(servers.simulator), httpPort: "0", limits: "off" },
    products: [{ productId: PRODUCT_ID, kind: "thing-model", devices }],
    credentials: { keys: JSON.stringify({ [PRODUCT_ID]: productKey, ...keys }) },
    wires: [[DEBUG], [DEBUG]],
  });
}

/** A gateway's sub-devices: one with its right key, one with a wrong one, one with what is none. */
function subDevices({ more }: Vault): readonly FlowNode[] {
  const keys = { "with-variable": more.envKey, "with-token": more.subKey, foreign: more.badKey };
  return Object.entries(keys).flatMap(([deviceName, key]) => {
    const fields = { connection: "c-with-key", productId: PRODUCT_ID, deviceName };
    return [
      { id: `s-${deviceName}`, type: "onenet-subdevice", ...fields, credentials: { key } },
      gateway(`g-${deviceName}`, "c-with-key", {
        ...{ subdevice: `s-${deviceName}`, action: "add" },
        wires: [[DEBUG], [DEBUG]],
      }),
    ];
  });
}

function flows(vault: Vault, servers: Servers): readonly FlowNode[] {
  const devices = deviceCases(vault);
  const brokers = brokerCases(vault, servers);
  const deviceFields = ({ name, fields }: Case): FlowNode => ({
    ...brokerConnection(`c-${name}`, { port: servers.simulator }),
    ...{ platform: "simulator", productKind: "thing-model", productId: PRODUCT_ID, deviceName: name },
    ...fields,
  });
  const seen = { wires: [[DEBUG]] };
  const names = devices.map(({ name }) => name).filter((name) => name !== "nobody");
  const conflict = { name: "with-key", fields: { credentials: { key: vault.more.otherKey } } };
  const simulator = simulatorNode(vault, servers, names);
  const base = flowOf(
    debugNode,
    simulator,
    ...badSimulators(vault, simulator),
    tlsConfig("tls", vault, vault.certificates.client.key),
    tlsConfig(
      "bad-tls",
      vault,
      `-----BEGIN PRIVATE KEY-----\n${vault.more.tlsGarbage}\n-----END PRIVATE KEY-----\n`,
    ),
    ...devices.map(deviceFields),
    ...devices.map(({ name }) => datapointPublish(`p-${name}`, `c-${name}`, { stream: "t", ...seen })),
    ...brokers.map(({ name, fields }) => brokerConnection(`c-${name}`, { port: 1 }, fields)),
    ...brokers.map(({ name }) => mqttOut(`p-${name}`, `c-${name}`, { topic: "t", qos: "0", ...seen })),
    { ...deviceFields(conflict), id: "c-conflict" },
    datapointPublish("p-conflict", "c-conflict", { stream: "t", ...seen }),
    ...subDevices(vault),
    commandSubscribe("commands", "c-with-key", { autoAnswer: true, ...seen }),
    node("status", "statuses", { scope: null, wires: [[DEBUG]] }),
    node("function", "crash", {
      ...{ outputs: 0, noerr: 0, initialize: "", finalize: "", libs: [], wires: [] },
      func: "Promise.reject(new Error('crash beside the nodes')); node.done();",
    }),
  );
  return base.map((each) => (each.id === CATCH ? { ...each, wires: [[DEBUG]] } : each));
}

async function startServers({ certificates }: Vault, opened: TcpServer[]): Promise<Servers> {
  const open = async (...args: Parameters<typeof startTcpServer>) => {
    const server = await startTcpServer(...args);
    opened.push(server);
    return server.port;
  };
  const refusing = new Map<number, number>();
  for (const [code] of RETURN_CODES) {
    const answer = Buffer.of(0x20, 2, 0, code);
    refusing.set(code, await open((socket) => void socket.once("data", () => socket.write(answer))));
  }
  const nothing = Buffer.alloc(0);
  return {
    refusing,
    kind: await open(servesMqttThen(nothing)),
    secure: await open(servesMqttThen(nothing), certificates.server),
    simulator: await findFreePort(),
  };
}

/** What was logged, without what mqtt-packet writes down of a topology token that the simulator, beside us, receives. */
function logOf(nodeRed: NodeRed): string {
  return nodeRed.output().replaceAll(/^.*mqtt-packet:parser .*"sasToken".*$/gm, "");
}

const ADMIN = { username: "admin", password: "the editor's own" };

/** Editor with a login, and a log of everything. */
function settings(): Record<string, unknown> {
  const { hashSync } = createRequire(path.join(nodeRedFolder(), "package.json"))("bcryptjs");
  const user = { username: ADMIN.username, password: hashSync(ADMIN.password, 4), permissions: "*" };
  return {
    adminAuth: { type: "credentials", users: [user] },
    logging: { console: { level: "trace", metrics: true, audit: true } },
  };
}

describe("planted keys", function () {
  this.timeout(60_000);
  const servers: TcpServer[] = [];
  let vault: Vault;
  let places: Servers;
  let env: Record<string, string>;
  let nodeRed: NodeRed;
  let comms: Comms;

  before(async () => {
    vault = new Vault(await makeCertificates());
    places = await startServers(vault, servers);
    const { more, token, secrets } = vault;
    env = { PLANTED_KEY: more.envKey, PLANTED_TOKEN: token, PLANTED_PASSWORD: secrets.password, DEBUG: "*" };
    nodeRed = await startNodeRed({ settings: settings(), env });
    await nodeRed.admin.login(ADMIN.username, ADMIN.password);
    comms = await nodeRed.comms();
    await nodeRed.deploy(flows(vault, places));
  });

  after(async () => {
    await nodeRed?.stop();
    for (const server of servers) await server.close();
  });

  function assertSilent(text: string, where: string): void {
    assertNoSecrets(vault.secrets, text, where);
    assert.doesNotMatch(text, SIGNATURE, `the signature of a token in ${where}`);
    // as Node.js shows a Buffer
    for (const [name, secret] of vault.secrets.all) {
      const octets = [...Buffer.from(secret)].map((octet) => octet.toString(16).padStart(2, "0"));
      assert.ok(!text.includes(octets.join(" ")), `${name} as a Buffer in ${where}`);
    }
  }

  const get = async (route: string, init: RequestInit = {}) =>
    (await nodeRed.admin.request(route, init)).text;

  it("stay inside, whether the login goes well or fails, with every debug output on", async () => {
    const cases = [...deviceCases(vault), ...brokerCases(vault, places)];
    await Promise.all(
      cases.map(async ({ name, code }) => {
        if (code === undefined) return feedWell(nodeRed, `p-${name}`, { payload: 1 });
        await give(nodeRed, `p-${name}`, { payload: 1 });
        return waitForCaught(nodeRed, code, { source: `c-${name}` });
      }),
    );
    await waitForCaught(nodeRed, "ONENET_PROFILE_CONFLICT");
    for (const [source, code] of Object.entries(BAD_SIMULATORS))
      await waitForCaught(nodeRed, code, { source });
    const set = {
      action: "set-property",
      productId: PRODUCT_ID,
      deviceName: "with-key",
      payload: { on: true },
    };
    await feedWell(nodeRed, "g-with-variable", { payload: 1 });
    await feedBadly(nodeRed, "g-with-token", { payload: 1 }, "ONENET_REJECTED");
    await feedBadly(nodeRed, "g-foreign", { payload: 1 }, "ONENET_KEY_INVALID");
    await give(nodeRed, "simulator", set);
    const answer = await nodeRed.waitForSend("simulator", ({ port }) => port === 1);
    assert.equal((answer.msg["payload"] as { code: number }).code, 0);
    await comms.events.waitFor(
      ({ topic, data }) => topic === "debug" && JSON.stringify(data).includes("ONENET_PROFILE_CONFLICT"),
    );
    const output = logOf(nodeRed);
    for (const proof of ["mqtt-packet:writeToStream", "ONENET_PROFILE_CONFLICT", "[audit]", "[debug:debug]"])
      assert.ok(output.includes(proof), `the log shows nothing of ${proof}`);
    assertSilent(output, "the log");
    assertSilent(comms.raw(), "the editor's websocket");
    assertSilent(JSON.stringify(nodeRed.events.all), "messages, statuses and errors");
  });

  it("stay inside what the editor reads and exports", async () => {
    const routes = ["flows", `flow/${TAB}`, "flow/global", "nodes", "settings", "settings/user"];
    for (const route of routes) {
      const text = await get(route, { headers: { Accept: "application/json" } });
      assert.ok(text.length > 1, route);
      assertSilent(text, route);
    }
    for (const { name } of [...deviceCases(vault), ...brokerCases(vault, places)]) {
      const text = await get(`credentials/onenet-connection/c-${name}`);
      assert.match(text, /"has_(key|password)":true/);
      assertSilent(text, `the credentials of ${name}`);
    }
    const ofSub = await get("credentials/onenet-subdevice/s-with-token");
    assert.match(ofSub, /"has_key":true/);
    assertSilent(ofSub, "the credentials of a sub-device");
  });

  it("stay inside what is answered to someone who has not logged in", async () => {
    const { token } = nodeRed.admin;
    nodeRed.admin.token = undefined;
    try {
      const closed = [
        ...["flows", "flows/state", `flow/${TAB}`, "flow/global", "nodes", "settings", "settings/user"],
        ...[
          "nodes/messages?lng=en-US",
          `nodes/${PACKAGE_NAME}/onenet-connection`,
          "context/global",
          "library",
        ],
        ...["credentials/onenet-subdevice/s-with-token"],
        ...["credentials/onenet-connection/c-with-key", "credentials/onenet-simulator/simulator"],
        ...["credentials/tls-config/tls", "diagnostics", "inject/p-with-key", "debug/view/debug-utils.js"],
      ];
      const open = [
        "",
        "icons",
        "locales/editor?lng=en-US",
        "locales/nodes?lng=en-US",
        "auth/login",
        "theme",
      ];
      const own = [
        `resources/${PACKAGE_NAME}/`,
        `resources/${PACKAGE_NAME}/../dist/`,
        `icons/${PACKAGE_NAME}/x`,
      ];
      for (const route of [...closed, ...open, ...own]) {
        const { status, text } = await nodeRed.admin.request(route);
        assertNoSecrets(vault.secrets, text, `the answer to ${route}`);
        if (/^(flows?|settings|credentials)\b/.test(route)) assert.equal(status, 401, route);
      }
      const wrong = { Authorization: "Bearer nonsense" };
      for (const route of closed) assertSilent(await get(route, { headers: wrong }), `${route}, wrong token`);
    } finally {
      nodeRed.admin.token = token;
    }
  });

  it("stay inside the websocket of someone who has not logged in", async () => {
    const socket = new WebSocket(new URL("comms", nodeRed.url.replace(/^http/, "ws")));
    const frames: string[] = [];
    socket.on("message", (chunk) => frames.push(chunk.toString()));
    await once(socket, "open");
    const closed = once(socket, "close");
    for (const topic of ["status/#", "debug", "notification/#"])
      socket.send(JSON.stringify({ subscribe: topic }));
    await closed;
    assertSilent(frames.join("\n"), "the stranger's websocket");
    assert.doesNotMatch(frames.join("\n"), /"topic"/);
  });

  it("stay inside a crash, the end by SIGTERM and the files that are left", async () => {
    await give(nodeRed, "crash", {});
    assert.equal((await nodeRed.exited).code, 1);
    const { userDir } = nodeRed;
    const crashed = logOf(nodeRed);
    assert.match(crashed, /Uncaught Exception[\s\S]*crash beside the nodes/);
    assertSilent(crashed, "the crash's output");
    nodeRed = await startNodeRed({ settings: settings(), env, userDir });
    await nodeRed.events.waitFor(({ event }) => event === "flows-started");
    await feedWell(nodeRed, "p-with-key", { payload: 2 });
    await nodeRed.stop({ keep: true });
    assertSilent(logOf(nodeRed), "the log up to the end");
    // not even in the credentials file: that one is encrypted
    assertNoSecretsBelow(vault.secrets, userDir);
  });
});
