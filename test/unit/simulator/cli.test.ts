import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { topics } from "../../../lib/protocol/topic";
import { type CliProcess, runCommandLine } from "../../../lib/simulator/cli";
import { EventLog } from "../../support/events";
import { findFreePort } from "../../support/free-port";
import { PACKAGE_ROOT } from "../../support/node-red-version";
import { type RunningProcess, runProgram, startProcess } from "../../support/process";
import { PUBACK, publishFrame, RawMqtt } from "../../support/raw-mqtt";
import { assertNoSecrets } from "../../support/secrets";
import { connectOptions, deviceToken, keyOf, productToken, THING } from "../../support/simulated";
import { makeTempFolder, removeTempFolder } from "../../support/temp-folder";

const PROGRAM = path.resolve(__dirname, "../../../bin/onenet-simulator.js");
const LAMP = { productId: THING.productId, deviceName: "lamp" };
const PORTS = ["--port", "0", "--http-port", "0"];
const PRODUCT = [
  ...["--product", THING.productId, "--kind", "thing-model", "--product-key", THING.productKey],
  ...["--device", `lamp=${keyOf(THING, "lamp")}`],
];

describe("onenet-simulator", () => {
  let program: RunningProcess | undefined;
  afterEach(async () => {
    await program?.stop("SIGKILL");
    program = undefined;
  });

  const run = (...args: string[]) => {
    program = startProcess(process.execPath, [PROGRAM, ...args]);
    return program;
  };
  const nextEvent = async ({ lines }: RunningProcess, event: string) =>
    JSON.parse(
      await lines.waitFor((line) => line.startsWith(`{"event":"${event}"`), { what: event }),
    ) as Record<string, unknown>;

  it("is a program", () => {
    assert.match(readFileSync(PROGRAM, "utf8"), /^#!\/usr\/bin\/env node\n/);
  });

  it("judges posts by a model, and ends with 2 where the file holds none", async () => {
    const model = path.join(PACKAGE_ROOT, "test/fixtures/models/2024-console.json");
    const simulator = run(...PORTS, ...PRODUCT, "--model", model);
    const { port } = await nextEvent(simulator, "listening");
    const client = await RawMqtt.open(Number(port));
    await client.login(connectOptions(THING, "lamp"));
    client.send(publishFrame(topics.propertyPost(LAMP), '{"id":"1","params":{"unheardOf":{"value":1}}}'));
    assert.equal((await nextEvent(simulator, "refused"))["code"], 2306);
    client.close();
    await simulator.stop("SIGTERM");
    const broken = await runProgram(process.execPath, [PROGRAM, ...PORTS, ...PRODUCT, "--model", __filename]);
    assert.equal(broken.code, 2);
    assert.match(broken.output, /^onenet-simulator: .*thing model/);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`says first where it listens, then what happens, and ends cleanly on ${signal}`, async () => {
      const simulator = run(...PORTS, ...PRODUCT);
      const { port, httpPort, host, at } = await nextEvent(simulator, "listening");
      assert.equal(simulator.lines.all[0], JSON.stringify({ event: "listening", host, port, httpPort, at }));
      assert.equal(host, "127.0.0.1");
      const client = await RawMqtt.open(Number(port));
      assert.equal(await client.login(connectOptions(THING, "lamp")), 0);
      assert.equal((await nextEvent(simulator, "login"))["deviceName"], "lamp");
      await client.ask(
        publishFrame(topics.propertyPost(LAMP), '{"id":"1","params":{"t":{"value":1}}}', { qos: 1 }),
        PUBACK,
      );
      assert.deepEqual((await nextEvent(simulator, "publish"))["values"], { t: 1 });
      assert.equal((await nextEvent(simulator, "reply"))["code"], 200);
      const refused = await RawMqtt.open(Number(port));
      assert.equal(
        await refused.login({ ...connectOptions(THING, "lamp"), password: deviceToken(THING, "fan") }),
        4,
      );
      assert.equal((await nextEvent(simulator, "refused"))["code"], 1114);
      const detail = `http://127.0.0.1:${httpPort}/device/detail?product_id=${THING.productId}&device_name=lamp`;
      const answer = await fetch(detail, { headers: { authorization: productToken(THING) } });
      assert.equal(((await answer.json()) as { code: number }).code, 0);
      assert.deepEqual(await simulator.stop(signal), { code: 0, signal: null });
      assert.equal((await nextEvent(simulator, "closed"))["reason"], "login-refused");
      for (const line of simulator.lines.all)
        assert.equal(typeof (JSON.parse(line) as { at: unknown }).at, "number");
      const all = new Map(Object.entries({ lampKey: keyOf(THING, "lamp"), productKey: THING.productKey }));
      assertNoSecrets(
        { deviceKey: "", productKey: "", password: "", all },
        simulator.output(),
        "the program's output",
      );
      await client.closed;
    });
  }

  it("writes the root certificate where told", async () => {
    const folder = makeTempFolder("simulator-root");
    try {
      const file = path.join(folder, "root.pem");
      const simulator = run(...PORTS, ...PRODUCT, "--tls-port", "0", "--root-certificate", file);
      const { tlsPort, rootFingerprintSha256 } = await nextEvent(simulator, "listening");
      assert.ok(Number(tlsPort) > 0);
      assert.match(String(rootFingerprintSha256), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      assert.match(readFileSync(file, "utf8"), /^-----BEGIN CERTIFICATE-----/);
      assert.ok(statSync(file).size < 4096);
    } finally {
      removeTempFolder(folder);
    }
  });

  it("reads a configuration file", async () => {
    const folder = makeTempFolder("simulator-config");
    try {
      const file = path.join(folder, "simulator.json");
      writeFileSync(file, JSON.stringify({ port: 0, httpPort: null, products: [THING] }));
      const event = await nextEvent(run("--config", file), "listening");
      assert.equal("httpPort" in event, false);
    } finally {
      removeTempFolder(folder);
    }
  });

  const ends: readonly (readonly [name: string, args: readonly string[], code: number, output: RegExp])[] = [
    ["--help", ["--help"], 0, /^onenet-simulator: a OneNET platform of your own/],
    ["no product", [], 2, /does not understand a call without a product.*\nTry onenet-simulator --help$/],
    [
      "a device without a key",
      [...PORTS, "--product", "X", "--kind", "data-stream", "--device", "lamp"],
      2,
      /--device lamp without a key/,
    ],
    [
      "a key that is none",
      [...PORTS, ...PRODUCT, "--device", "fan=secret"],
      2,
      /“key of device fan” must be a base64 text/,
    ],
    [
      "a root certificate without TLS",
      [...PORTS, ...PRODUCT, "--root-certificate", "x.pem"],
      2,
      /--root-certificate must be given with --tls-port/,
    ],
    [
      "a root certificate nowhere",
      [...PORTS, ...PRODUCT, "--tls-port", "0", "--root-certificate", "/no/such/folder/x.pem"],
      2,
      /--root-certificate must be a file that can be written/,
    ],
  ];
  for (const [name, args, code, output] of ends) {
    it(`ends with ${code} for ${name}`, async () => {
      const finished = await runProgram(process.execPath, [PROGRAM, ...args]);
      assert.equal(finished.code, code);
      assert.match(finished.output, output);
    });
  }

  it("ends with 1 when a port is taken", async () => {
    const port = String(await findFreePort());
    const first = run("--port", port, "--http-port", "none", ...PRODUCT);
    await nextEvent(first, "listening");
    const finished = await runProgram(process.execPath, [
      PROGRAM,
      "--port",
      port,
      "--http-port",
      "none",
      ...PRODUCT,
    ]);
    assert.equal(finished.code, 1);
    assert.match(finished.output, /cannot listen at 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
  });

  it("ends when nobody reads its events any more", async () => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const lines = new EventLog<string>("stdout");
    stdout.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
    const fake: CliProcess = {
      argv: ["node", "simulator", ...PORTS, ...PRODUCT],
      stdout,
      stderr,
      once: () => undefined,
    };
    const ended = runCommandLine(fake);
    await lines.waitFor((line) => line.includes("listening"));
    stdout.destroy(new Error("EPIPE"));
    assert.equal(await ended, 0);
  });
});
