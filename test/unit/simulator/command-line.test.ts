import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { OneNetError } from "../../../lib/errors";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import { type CommandLine, readCommandLine } from "../../../lib/simulator/command-line";
import { readRule, readSimulatorConfig } from "../../../lib/simulator/config-file";
import { DEFAULT_RULES } from "../../../lib/simulator/options";
import { loadModel, readModelFile } from "../../support/models";
import { PACKAGE_ROOT } from "../../support/node-red-version";
import { keyOf, STREAM, THING, USER } from "../../support/simulated";
import { makeTempFolder, removeTempFolder } from "../../support/temp-folder";

const LAMP_KEY = keyOf(THING, "lamp");
const FAN_KEY = keyOf(THING, "fan");
const PRODUCT = ["--product", THING.productId, "--kind", "thing-model"];

function thrownBy(run: () => unknown): OneNetError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof OneNetError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

const MODELS = path.join(PACKAGE_ROOT, "test/fixtures/models");
const noFile = () => assert.fail("no file is meant");

describe("simulator command line", () => {
  it("gives each product what follows it, and splits a device at the first =", () => {
    const { help, options } = readCommandLine([
      ...PRODUCT,
      "--product-key",
      THING.productKey,
      `--device=lamp=${LAMP_KEY}`,
      "--device",
      `fan=${FAN_KEY}`,
      "--product",
      STREAM.productId,
      "--device",
      `lamp=${keyOf(STREAM, "lamp")}`,
      "--kind",
      "data-stream",
    ]);
    const { productKey: _, ...stream } = STREAM;
    assert.equal(help, false);
    assert.deepEqual(options, { products: [THING, stream], rules: {} });
  });

  it("reads ports, host, account, limits and rules", () => {
    const args = [
      "--host",
      "0.0.0.0",
      "--port",
      "0",
      "--http-port",
      "none",
      "--tls-port",
      "8883",
      "--root-certificate",
      "root.pem",
    ];
    const rules = [
      "--limits",
      "strict",
      "--rule",
      "connackForBadLogin=5",
      "--rule",
      "silenceFactor=2.5",
      "--rule=closeOnWill=false",
    ];
    const line: CommandLine = readCommandLine([
      ...PRODUCT,
      ...args,
      ...rules,
      "--user",
      `${USER.userId}=${USER.accessKey}`,
    ]);
    assert.deepEqual(line, {
      help: false,
      rootCertificateFile: "root.pem",
      options: {
        host: "0.0.0.0",
        port: 0,
        httpPort: null,
        tlsPort: 8883,
        user: USER,
        rules: { limits: "strict", connackForBadLogin: 5, silenceFactor: 2.5, closeOnWill: false },
        products: [{ productId: THING.productId, kind: "thing-model", devices: [] }],
      },
    });
    assert.equal(readCommandLine([...PRODUCT, "--http-port", "0"]).options.httpPort, 0);
  });

  it("only wants help", () => {
    for (const help of ["--help", "-h"]) assert.equal(readCommandLine([help, "--limits", "x"]).help, true);
  });

  const wrong: readonly (readonly [args: readonly string[], got: RegExp])[] = [
    [[], /a call without a product/],
    [["--prodct", "x"], /Unknown option '--prodct'/],
    [["--product"], /Option '--product <value>' argument missing/],
    [[...PRODUCT, LAMP_KEY], /an argument that belongs to no option/],
    [["--product", "X"], /product X without a kind/],
    [["--kind", "thing-model"], /--kind before any --product/],
    [["--device", `lamp=${LAMP_KEY}`], /--device before any --product/],
    [["--product-key", LAMP_KEY], /--product-key before any --product/],
    [["--model", "model.json"], /--model before any --product/],
    [[...PRODUCT, "--model", "/no/such"], /--model must be a readable file, but is \/no\/such \(ENOENT\)/],
    [["--product", "X", "--kind", "other"], /--kind other/],
    [[...PRODUCT, "--device", "lamp"], /--device lamp without a key/],
    [[...PRODUCT, "--device", "lamp="], /--device lamp without a key/],
    [[...PRODUCT, "--device", `=${LAMP_KEY}`], /without a key/],
    [[...PRODUCT, "--device", LAMP_KEY], /--device ••• without a key/],
    [[...PRODUCT, "--user", "me"], /--user me without a key/],
    [[...PRODUCT, "--port", "x"], /--port must be a port/],
    [[...PRODUCT, "--port", "65536"], /--port must be a port/],
    [[...PRODUCT, "--http-port", "-1"], /Option '--http-port' argument is ambiguous/],
    [[...PRODUCT, "--tls-port", "none"], /--tls-port must be a port/],
    [[...PRODUCT, "--limits", "some"], /rules\.limits must be "off" or "strict" or "lenient", but is "some"/],
    [[...PRODUCT, "--rule", "connackForBadLogin=3"], /rules\.connackForBadLogin must be 4 or 5, but is 3/],
    [[...PRODUCT, "--rule", "colour=red"], /rules must be made of connackForBadLogin, .*, but is "colour"/],
    [[...PRODUCT, "--rule", "loginBanMs=soon"], /rules\.loginBanMs must be a number above 0, but is "soon"/],
    [
      [...PRODUCT, "--config", "/no/such/file"],
      /--config must be a readable file, but is \/no\/such\/file \(ENOENT\)/,
    ],
  ];
  for (const [args, got] of wrong) {
    it(`refuses ${args.map((arg) => arg.slice(0, 30)).join(" ") || "no argument"}`, () => {
      const { message } = thrownBy(() => readCommandLine(args));
      assert.match(message, got);
      assert.ok(!message.includes(LAMP_KEY.slice(0, 12)), "a key is repeated");
    });
  }

  describe("--model", () => {
    it("is the text of the file, of the product named before it", () => {
      const file = path.join(MODELS, "2024-console.json");
      const more = ["--product", "X", "--kind", "data-stream"];
      const { options } = readCommandLine([...PRODUCT, "--model", file, ...more]);
      assert.deepEqual(options.products, [
        {
          productId: THING.productId,
          kind: "thing-model",
          devices: [],
          model: readModelFile("2024-console.json"),
        },
        { productId: "X", kind: "data-stream", devices: [] },
      ]);
    });

    it("must be text", () => {
      const { message } = thrownBy(() => readCommandLine([...PRODUCT, "--model", process.execPath]));
      assert.match(message, /--model must be a file of UTF-8 text/);
    });
  });

  describe("--config", () => {
    let folder: string;
    before(() => {
      folder = makeTempFolder("simulator-config");
    });
    after(() => removeTempFolder(folder));

    function write(text: string | Buffer): string {
      const file = path.join(folder, "config.json");
      writeFileSync(file, text);
      return file;
    }

    it("holds everything; arguments add to it and win", () => {
      const config = {
        host: "::1",
        port: 1,
        httpPort: null,
        tlsPort: null,
        tlsNames: ["a"],
        products: [THING],
        user: USER,
        rules: { limits: "lenient", closeOnQos2: false },
      };
      const file = write(JSON.stringify(config));
      assert.deepEqual(readCommandLine(["--config", file]).options, config);
      const more = readCommandLine([
        "--config",
        file,
        "--port",
        "2",
        "--limits",
        "off",
        "--product",
        "X",
        "--kind",
        "data-stream",
      ]);
      assert.deepEqual(more.options, {
        ...config,
        port: 2,
        rules: { limits: "off", closeOnQos2: false },
        products: [THING, { productId: "X", kind: "data-stream", devices: [] }],
      });
    });

    it("holds a model, or the name of its file beside it", () => {
      const text = readModelFile("2024-console.json");
      writeFileSync(path.join(folder, "model.json"), text);
      const products = [
        { productId: "A", kind: "thing-model", model: "model.json" },
        { productId: "B", kind: "thing-model", model: JSON.parse(text.replace(/^\uFEFF/, "")) as object },
      ];
      const read = readCommandLine(["--config", write(JSON.stringify({ products }))]).options.products;
      const [first, second] = (read ?? []).map(({ model }) => parseThingModel(String(model)).model);
      assert.deepEqual(first, loadModel("2024-console.json"));
      assert.deepEqual(second, first);
      const missing = write(JSON.stringify({ products: [{ ...products[0], model: "none.json" }] }));
      assert.match(
        thrownBy(() => readCommandLine(["--config", missing])).message,
        /configuration\.products\[0\]\.model must be a readable file, but is .*none\.json \(ENOENT\)/,
      );
    });

    for (const [name, text] of [
      ["no JSON", `{"products":[{"productKey":"${LAMP_KEY}",,}]}`],
      ["no text", Buffer.of(0xff, 0xfe)],
      ["nothing", ""],
    ] as const) {
      it(`refuses a file of ${name} without repeating it`, () => {
        const file = write(text);
        const { message } = thrownBy(() => readCommandLine(["--config", file]));
        assert.match(message, /--config must be a file of JSON/);
        assert.ok(!message.includes(LAMP_KEY));
      });
    }

    it("refuses what is in it, by its place", () => {
      const file = write(
        '{"products":[{"productId":"X","kind":"data-stream","devices":[{"deviceName":"a"}]}]}',
      );
      assert.match(
        thrownBy(() => readCommandLine(["--config", file])).message,
        /configuration\.products\[0\]\.devices\[0\]\.deviceKey must be there, but is missing/,
      );
    });
  });
});

describe("simulator configuration", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [
      null,
      /configuration must be an object, but is something else|configuration must be an object, but is null/,
    ],
    [[], /configuration must be an object, but is something else/],
    [{ prt: 1 }, /configuration must be made of host, port, .*, but is "prt"/],
    [{ __proto__: null, constructor: 1 }, /configuration must be made of/],
    [{ host: "" }, /configuration\.host must be text, but is ""/],
    [{ host: 1 }, /configuration\.host must be text, but is 1/],
    [{ port: 1.5 }, /configuration\.port must be a port .*, but is 1.5/],
    [{ port: null }, /configuration\.port must be a port .*, but is null/],
    [{ httpPort: "none" }, /configuration\.httpPort must be a port/],
    [{ tlsNames: "localhost" }, /configuration\.tlsNames must be a list, but is "localhost"/],
    [{ products: {} }, /configuration\.products must be a list, but is something else/],
    [{ products: [{ kind: "data-stream" }] }, /configuration\.products\[0\]\.productId must be there/],
    [
      { products: [{ productId: "X", kind: "x" }] },
      /configuration\.products\[0\]\.kind must be "thing-model" or "data-stream"/,
    ],
    [
      { products: [{ productId: "X", kind: "data-stream", productKey: 5 }] },
      /productKey must be base64 text, but is number/,
    ],
    [{ user: { userId: "1" } }, /configuration\.user\.accessKey must be there, but is missing/],
    [
      { rules: { closeOnWill: "yes" } },
      /configuration\.rules\.closeOnWill must be true or false, but is "yes"/,
    ],
    [
      { rules: { silenceFactor: 0 } },
      /configuration\.rules\.silenceFactor must be a number above 0, but is 0/,
    ],
    [{ host: 5, port: "x".repeat(100) }, /configuration\.host/],
  ];
  for (const [value, message] of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.match(thrownBy(() => readSimulatorConfig(value as never, noFile)).message, message);
    });
  }

  it("cuts what it repeats", () => {
    const { message } = thrownBy(() => readSimulatorConfig({ port: "x".repeat(100) }, noFile));
    assert.ok(message.includes("x".repeat(39)) && !message.includes("x".repeat(40)));
  });

  it("knows every rule at its default", () => {
    assert.deepEqual(readSimulatorConfig({ rules: DEFAULT_RULES as never }, noFile).rules, DEFAULT_RULES);
    for (const [name, value] of Object.entries(DEFAULT_RULES))
      assert.deepEqual(readRule(`${name}=${value}`), { [name]: value });
  });
});
