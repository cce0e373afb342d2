import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { productResource, signToken } from "../../lib/protocol/token";
import { AdminApi, type FlowNode } from "../support/admin-api";
import { type CommsEvent, openComms } from "../support/comms";
import { environmentWithoutNpm } from "../support/environment";
import { NODE_TYPES, nodeRedVersion, PACKAGE_NAME, PACKAGE_ROOT } from "../support/node-red-version";
import { type RunningProcess, runProgram, startProcess } from "../support/process";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const START = path.join(PACKAGE_ROOT, "scripts/start.mjs");

interface Demo {
  readonly process: RunningProcess;
  readonly admin: AdminApi;
}

function environment(folder: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return {
    ...environmentWithoutNpm(),
    PORT: "0",
    ONENET_USER_DIR: folder,
    ONENET_NR: nodeRedVersion,
    HOST: "",
    ...more,
  };
}

/** `npm start` without npm; resolves when it has said where to look. */
async function start(folder: string, more?: Readonly<Record<string, string>>): Promise<Demo> {
  const process_ = startProcess(process.execPath, [START], {
    cwd: PACKAGE_ROOT,
    env: environment(folder, more),
  });
  const line = await process_.lines.waitFor((text) => /^Open http/.test(text), {
    timeoutMs: 60_000,
    what: "address",
  });
  const [url = ""] = /http:\S+/.exec(line) ?? [];
  return { process: process_, admin: new AdminApi(url) };
}

const stop = async ({ process: { stop } }: Demo): Promise<void> => {
  assert.deepEqual(await stop("SIGINT"), { code: 0, signal: null });
};

interface CloudAnswer {
  readonly code: number;
  readonly msg: string;
  readonly data?: { readonly code?: number };
}

/** Sets the demo lamp's properties as a cloud application would, with the demo's published key. */
async function setLamp(params: object): Promise<{ status: number; body: CloudAnswer }> {
  const product = { product_id: "DemoLamp01", device_name: "street-lamp" };
  const file = path.join(
    PACKAGE_ROOT,
    "examples/02 - Command and answer/Property set and get (thing model).json",
  );
  const nodes: readonly FlowNode[] = JSON.parse(readFileSync(file, "utf8"));
  const keys = JSON.parse(
    nodes.find(({ type }) => type === "onenet-simulator")?.credentials?.["keys"] ?? "{}",
  );
  const claims = {
    version: "2022-05-01",
    res: productResource(product.product_id),
    expiresAtSeconds: Math.floor(Date.now() / 1000) + 600,
    method: "sha256",
  } as const;
  const response = await fetch("http://127.0.0.1:18831/thingmodel/set-device-property", {
    method: "POST",
    headers: {
      authorization: signToken(claims, keys[product.product_id]),
      "content-type": "application/json",
      connection: "close",
    },
    body: JSON.stringify({ ...product, params }),
  });
  return { status: response.status, body: (await response.json()) as CloudAnswer };
}

const byId = (flows: readonly FlowNode[]): readonly string[] => flows.map(({ id }) => id).sort();

describe("npm start", function () {
  this.timeout(120_000);
  const started: Demo[] = [];
  let folder: string;

  /** Starts one that `afterEach` ends if the test does not. */
  async function startDemo(more?: Readonly<Record<string, string>>): Promise<Demo> {
    const demo = await start(folder, more);
    started.push(demo);
    return demo;
  }

  beforeEach(() => {
    folder = path.join(makeTempFolder("start"), "user");
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ process: { stop } }) => stop()));
    removeTempFolder(path.dirname(folder));
  });

  it("shows the demo, ends cleanly on Ctrl-C, and finds the same flow again", async () => {
    const first = await startDemo();
    const sets = (await first.admin.nodeSets()).filter(({ module }) => module === PACKAGE_NAME);
    assert.equal(sets.filter(({ enabled }) => enabled).length, NODE_TYPES.length);
    const flows = await first.admin.flows();
    assert.ok(flows.length > 0, "a demo flow");
    assert.match(first.process.output(), /The demo flow is running/);
    const added = { id: "added-by-user", type: "tab", label: "mine" };
    await first.admin.deploy([...flows, added]);
    await stop(first);
    assert.match(first.process.output(), /Node-RED has ended/);

    const second = await startDemo();
    assert.deepEqual(byId(await second.admin.flows()), byId([...flows, added]));
    assert.match(second.process.output(), /Your flows of last time are running/);
    await stop(second);
  });

  it("sends readings of this machine that the platform accepts, and obeys a command of the cloud API", async () => {
    const demo = await startDemo();
    const comms = await openComms(demo.admin.url);
    const isFrom = (id: string) => (event: CommsEvent) =>
      event.topic === "debug" && (event.data as { id?: string }).id === id;
    const readings = await comms.events.waitForCount(3, isFrom("onenet-host-accepted"), {
      timeoutMs: 30_000,
      what: "accepted readings (do other programs use the ports 18830 and 18831?)",
    });
    for (const { data } of readings) {
      const { cpu_load, memory_used } = JSON.parse((data as { msg: string }).msg);
      assert.ok(cpu_load >= 0 && memory_used > 0 && memory_used < 100);
    }

    const { status, body } = await setLamp({ power: true, brightness: 42 });
    assert.deepEqual([status, body.code, body.data?.code], [200, 0, 200], JSON.stringify(body));
    const isLit = ({ topic, data }: CommsEvent): boolean =>
      topic === "status/onenet-lamp-lamp" && JSON.stringify(data).includes("42 %");
    await comms.events.waitFor(isLit, { what: "lamp at 42 %" });
    await comms.close();
    await stop(demo);
  });

  it("calls nobody, shows no tour, and keeps its secrets to itself", async () => {
    const demo = await startDemo();
    const settings = await demo.admin.settings();
    assert.equal(settings["telemetryEnabled"] ?? false, false);
    const theme = settings["editorTheme"] as Record<string, Record<string, unknown>>;
    assert.deepEqual(theme["palette"]?.["catalogues"], []);
    assert.equal(theme["tours"], false);
    for (const name of ["credential-secret", "settings.js", "flows_cred.json"]) {
      assert.equal(statSync(path.join(folder, name)).mode & 0o077, 0, `${name} is private`);
    }
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(path.join(folder, "flows_cred.json"), "utf8"))), [
      "$",
    ]);
    await stop(demo);
  });

  it("says so when the port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = environment(folder, { PORT: String(port) });
    const { code, output } = await runProgram(process.execPath, [START], { cwd: PACKAGE_ROOT, env });
    server.close();
    assert.equal(code, 1);
    assert.match(
      output,
      new RegExp(`Port ${port} at 127.0.0.1 is already in use[^]*PORT=${port + 1} npm start`),
    );
    assert.doesNotMatch(output, /\n\s+at /, "no stack trace");
  });

  it("with HOST, asks for a password that it shows once", async () => {
    const first = await startDemo({ HOST: "0.0.0.0" });
    const line = await first.process.lines.waitFor((text) => text.startsWith("Password (shown this once"));
    const password = line.split(": ").pop() ?? "";
    assert.equal((await first.admin.request("flows")).status, 401);
    await first.admin.login("admin", password);
    assert.ok((await first.admin.flows()).length > 0);
    await stop(first);

    const second = await startDemo({ HOST: "0.0.0.0" });
    assert.ok(!second.process.output().includes(password));
    await second.admin.login("admin", password);
    await stop(second);
    assert.ok(!readFileSync(path.join(folder, "settings.js"), "utf8").includes(password));
  });
});
