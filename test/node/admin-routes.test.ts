import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { AdminApi, type FlowNode } from "../support/admin-api";
import { datapointPublish, deviceConnection, type Fields, flowOf, makeProduct } from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { nodeRedFolder, nodeRedVersion } from "../support/node-red-version";
import { keyOf, startTestSimulator, type TestSimulator } from "../support/simulated";
import { stationModel } from "../support/station-model";
import { removeTempFolder } from "../support/temp-folder";

interface Connection {
  readonly key: string;
  readonly label: string;
  readonly nodes: readonly string[];
  readonly phase: string;
  readonly store: string;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly logins: number;
  readonly accepted?: number;
  readonly roundTripP50Ms?: number;
  readonly oldestAgeMs?: number;
  readonly problem?: { readonly code: string; readonly message: string };
}

interface Orphan {
  readonly key: string;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAgeMs: number;
  readonly nodes: readonly string[];
}

interface List {
  readonly connections: readonly Connection[];
  readonly orphans: readonly Orphan[];
  readonly storeProblem?: { readonly code: string };
}

const ROUTE = "onenet/connections";
const THINGS = makeProduct("thing-model", "lamp", "fan", "idle");
const PASSWORDS = { boss: "all may be done", reader: "look only" };

/** Users as settings.js holds them: one who may do everything, one who may read. */
function adminAuth(): object {
  const { hashSync } = createRequire(path.join(nodeRedFolder(), "package.json"))("bcryptjs");
  const user = (username: keyof typeof PASSWORDS, permissions: string) => ({
    username,
    password: hashSync(PASSWORDS[username], 4),
    permissions,
  });
  return { type: "credentials", users: [user("boss", "*"), user("reader", "read")] };
}

const list = async (api: AdminApi): Promise<List> => await api.json<List>(ROUTE);
const found = ({ connections }: List, nodeId: string): Connection => {
  const connection = connections.find(({ nodes }) => nodes.includes(nodeId));
  assert.ok(connection, `${nodeId} is not listed`);
  return connection;
};

async function post(api: AdminApi, id: string, action: string, headers: Record<string, string> = {}) {
  const { status, text } = await api.request(`${ROUTE}/${encodeURIComponent(id)}/${action}`, {
    method: "POST",
    headers,
  });
  return { status, body: status === 401 ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** A login asks for what it may have: Node-RED refuses one that asks for more. */
async function loginToRead(api: AdminApi): Promise<void> {
  const grant = { client_id: "node-red-admin", grant_type: "password", scope: "read", username: "reader" };
  const { access_token } = await api.json<{ access_token: string }>("auth/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...grant, password: PASSWORDS.reader }),
  });
  api.token = access_token;
}

/** Queues values at a node that is done when they are queued. */
async function queue(nodeRed: NodeRed, node: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await nodeRed.receive(node, { _msgid: `${node}-${i}`, payload: { a: i } });
    await nodeRed.waitForComplete(node, ({ msg }) => msg["_msgid"] === `${node}-${i}`);
  }
}

describe("onenet/connections in the admin API", function () {
  this.timeout(60_000);
  let sim: TestSimulator;
  let nodeRed: NodeRed;
  let boss: AdminApi;
  let reader: AdminApi;
  let nobody: AdminApi;

  before(async () => {
    sim = await startTestSimulator({ products: [THINGS] });
    nodeRed = await startNodeRed({ settings: { adminAuth: adminAuth() } });
    boss = nodeRed.admin;
    reader = new AdminApi(nodeRed.url);
    nobody = new AdminApi(nodeRed.url);
    await boss.login("boss", PASSWORDS.boss);
    await loginToRead(reader);
    const queued = { completeWhen: "queued" };
    await nodeRed.deploy(
      flowOf(
        deviceConnection("here", sim.simulator, THINGS, "lamp", {
          modelSource: "pasted",
          model: stationModel(),
        }),
        deviceConnection("away", { port: await findFreePort() }, THINGS, "fan"),
        deviceConnection("unused", sim.simulator, THINGS, "idle", {
          modelSource: "file",
          modelFile: "/nowhere/model.json",
        }),
        datapointPublish("to-here", "here"),
        datapointPublish("to-away", "away", queued),
      ),
    );
    await nodeRed.waitForStatus("to-here", "connected");
    await nodeRed.receive("to-here", { payload: { temp: 1 } });
    await nodeRed.waitForComplete("to-here");
    await queue(nodeRed, "to-away", 3);
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  it("asks who it is", async () => {
    assert.equal((await nobody.request(ROUTE)).status, 401);
    for (const action of ["drain", "purge", "reconnect"]) {
      assert.equal((await post(nobody, "away", action)).status, 401, action);
    }
  });

  it("lets who may read look, and nothing else", async () => {
    for (const action of ["drain", "purge", "reconnect"]) {
      assert.equal((await post(reader, "away", action)).status, 401, action);
    }
    assert.equal(found(await list(reader), "away").queuedMessages, 3, "nothing was purged");
  });

  it("reports every open connection with its configuration nodes, and no secret", async () => {
    const { status, headers, text } = await reader.request(ROUTE);
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(headers.get("cache-control"), "no-store");
    for (const name of ["lamp", "fan"]) assert.equal(text.includes(keyOf(THINGS, name)), false);
    const parsed: List = JSON.parse(text);
    assert.deepEqual(parsed.orphans, []);
    assert.equal(parsed.connections.length, 2, "one that no node uses is not open");
    const here = found(parsed, "here");
    assert.deepEqual([here.label, here.phase, here.store], [`${THINGS.productId}/lamp`, "online", "memory"]);
    assert.deepEqual([here.queuedMessages, here.queuedBytes, here.logins, here.accepted], [0, 0, 1, 1]);
    assert.ok(Number(here.roundTripP50Ms) >= 0);
    assert.equal(here.problem, undefined);
    const away = found(parsed, "away");
    assert.equal(away.queuedMessages, 3);
    assert.ok(away.queuedBytes > 0 && Number(away.oldestAgeMs) >= 0);
    assert.equal(away.problem?.code ?? "ONENET_UNREACHABLE", "ONENET_UNREACHABLE");
  });

  it("serves a connection's thing model, or says why there is none", async () => {
    const get = async (api: AdminApi, id: string) => {
      const { status, text } = await api.request(`${ROUTE}/${id}/model`);
      return { status, ...(status === 401 ? {} : JSON.parse(text)) };
    };
    assert.equal((await get(nobody, "here")).status, 401);
    assert.deepEqual(await get(reader, "here"), { status: 200, text: stationModel() });
    assert.deepEqual(await get(reader, "away"), { status: 200, text: "" });
    const { text, problem } = await get(reader, "unused");
    assert.equal(text, "");
    assert.equal(problem.code, "ONENET_MODEL_INVALID");
    assert.match(problem.message, /\/nowhere\/model\.json.*ENOENT/);
    for (const id of ["to-here", "nobody"]) {
      const refused = await get(reader, id);
      assert.deepEqual([refused.status, refused.code], [404, "ONENET_CONNECTION_UNKNOWN"]);
    }
  });

  it("drains: ends the wait before the next attempt", async () => {
    await nodeRed.waitForStatus("to-away", "cannot be reached");
    const { status, body } = await post(boss, "away", "drain");
    assert.equal(status, 200);
    assert.deepEqual([body["action"], body["key"]], ["drain", found(await list(boss), "away").key]);
    assert.match(String(body["phase"]), /^(connecting|waiting)$/);
  });

  it("logs in anew, by node id and by key", async () => {
    for (const id of ["here", found(await list(boss), "here").key]) {
      const login = sim.next("login");
      assert.equal((await post(boss, id, "reconnect")).status, 200);
      assert.equal((await login).deviceName, "lamp");
    }
  });

  it("purges what waits, once", async () => {
    assert.equal((await post(boss, "away", "purge")).body["purgedMessages"], 3);
    assert.equal(found(await list(boss), "away").queuedMessages, 0);
    assert.equal((await post(boss, "away", "purge")).body["purgedMessages"], 0);
  });

  it("says what it does not know or cannot do", async () => {
    const refusals = [
      ["nobody", "purge", 404, "ONENET_CONNECTION_UNKNOWN"],
      ["nobody", "drain", 404, "ONENET_CONNECTION_UNKNOWN"],
      ["unused", "reconnect", 409, "ONENET_CONNECTION_IDLE"],
      ["here", "explode", 404, "ONENET_ACTION_UNKNOWN"],
    ] as const;
    for (const [id, action, expected, code] of refusals) {
      const { status, body } = await post(boss, id, action);
      assert.deepEqual([status, body["code"]], [expected, code], `${action} ${id}`);
      assert.doesNotMatch(String(body["message"]), /\{\{|__\w+__|^errors\./);
    }
    assert.deepEqual((await post(boss, "unused", "purge")).body["purgedMessages"], 0);
  });

  it("takes nothing that a page of another origin can send without asking", async () => {
    const api = new AdminApi(nodeRed.url);
    const route = `here/drain?access_token=${encodeURIComponent(boss.token ?? "")}`;
    const send = (headers: Record<string, string>) =>
      api.request(`${ROUTE}/${route}`, { method: "POST", headers });
    const foreign = { Origin: "https://elsewhere.example" };
    const refused = await send({ ...foreign, "Content-Type": "text/plain" });
    assert.equal(refused.status, 403);
    assert.equal(JSON.parse(refused.text).code, "ONENET_REQUEST_FOREIGN");
    assert.equal((await send({ ...foreign, "Content-Type": "application/json" })).status, 200);
    assert.equal((await send({})).status, 200, "a program sends no origin");
  });
});

// The disk store needs Node.js 22.13; Node-RED 4.1 is tested on Node.js 20.
(nodeRedVersion === "5" ? describe : () => undefined)("orphaned backlogs on disk", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed | undefined;
  let userDir = "";
  let port = 0;
  const DISK = { store: "disk-always" };

  const start = async (...flows: readonly FlowNode[]): Promise<NodeRed> => {
    const again = userDir === "" ? {} : { userDir };
    nodeRed = await startNodeRed({ flows: flowOf(...flows), ...again });
    ({ userDir } = nodeRed);
    return nodeRed;
  };
  const connection = (id: string, fields: Fields = {}) =>
    deviceConnection(id, { port }, THINGS, "fan", fields);
  const publish = (to: string) => datapointPublish("publish", to, { completeWhen: "queued" });

  before(async () => {
    port = await findFreePort();
    const first = await start(connection("away", DISK), publish("away"));
    await queue(first, "publish", 3);
    assert.deepEqual((await list(first.admin)).orphans, [], "its connection is there");
    await first.stop({ keep: true });
  });

  afterEach(async () => {
    await nodeRed?.stop({ keep: true });
  });
  after(() => removeTempFolder(userDir));

  it("are those of a connection that keeps its messages in memory now", async () => {
    const changed = await start(connection("away"), publish("away"));
    const { orphans, connections, storeProblem } = await list(changed.admin);
    assert.equal(storeProblem, undefined);
    const [orphan] = orphans;
    assert.deepEqual([orphan?.messages, orphan?.nodes], [3, ["away"]]);
    assert.ok(Number(orphan?.bytes) > 0 && Number(orphan?.oldestAgeMs) > 0);
    assert.equal(connections[0]?.key, orphan?.key);
  });

  it("are none while a connection with a disk store has them", async () => {
    const same = await start(connection("renamed", DISK), publish("renamed"));
    await same.waitForStatus("publish", "queued 3, oldest");
    const answer = await list(same.admin);
    assert.deepEqual([answer.orphans, answer.connections[0]?.queuedMessages], [[], 3]);
  });

  it("are purged by their key", async () => {
    const changed = await start(deviceConnection("other", { port }, THINGS, "lamp"));
    // The connection of the flows before lingers: only a restart makes an orphan at once.
    await changed.stop({ keep: true });
    nodeRed = await startNodeRed({ userDir });
    const { admin } = nodeRed;
    const [orphan] = (await list(admin)).orphans;
    assert.ok(orphan);
    assert.deepEqual([orphan.messages, orphan.nodes], [3, []]);
    assert.equal((await post(admin, orphan.key, "drain")).body["code"], "ONENET_CONNECTION_UNKNOWN");
    assert.deepEqual((await post(admin, orphan.key, "purge")).body, {
      action: "purge",
      key: orphan.key,
      purgedMessages: 3,
    });
    assert.deepEqual((await list(admin)).orphans, []);
    assert.equal((await post(admin, orphan.key, "purge")).status, 404);
  });

  it("are not left by a purge of the connection that has them", async () => {
    const first = await start(connection("away", DISK), publish("away"));
    await queue(first, "publish", 2);
    assert.equal((await post(first.admin, "away", "purge")).body["purgedMessages"], 2);
    assert.equal(found(await list(first.admin), "away").queuedMessages, 0);
    await first.stop({ keep: true });
    nodeRed = await startNodeRed({ userDir });
    const { connections, orphans } = await list(nodeRed.admin);
    assert.deepEqual([connections[0]?.queuedMessages, orphans], [0, []]);
  });
});
