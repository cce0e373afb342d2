import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { OneNetError } from "../errors";
import { readText as decodeText } from "../protocol/json";
import { readPort, readRule, readSimulatorConfig } from "./config-file";
import type { SimulatedDevice, SimulatedProduct, SimulatorOptions } from "./options";

export const HELP = `onenet-simulator: a OneNET platform of your own, on this machine.

  onenet-simulator --product <id> --kind thing-model|data-stream
                   [--product-key <base64>] [--model <file>] [--device <name>=<base64 key>]…  [--product …]

  --product <id>          begins a product; the next four belong to it
    --kind <kind>         thing-model or data-stream
    --product-key <key>   base64; for tokens signed with the product's key
    --model <file>        its thing model, the JSON that the console exports: posts are judged by it
    --device <name>=<key> a device and its base64 key; any number
  --config <file>         JSON with any of these and more (docs/simulator.md); arguments add to it
  --host <address>        where MQTT listens, default 127.0.0.1
  --port <number>         MQTT, default 18830; 0 takes a free one
  --http-port <number>    cloud API, always on loopback, default 18831; 0 takes a free one, "none" none
  --tls-port <number>     MQTT over TLS, default none; 0 takes a free one
  --root-certificate <file>  writes the root that signed the TLS certificate there (PEM)
  --user <id>=<key>       an account whose tokens (res=userid/<id>) open the cloud API
  --limits <name>         off (default), strict or lenient: the platform's rates
  --rule <name>=<value>   any other rule (docs/simulator.md), e.g. connackForBadLogin=5
  --help                  this text

One JSON line per event on standard output, the first when all ports listen. SIGTERM or Ctrl-C ends it.
Arguments can be seen by other users of this machine: keys that matter belong into a file given with --config.
`;

export interface CommandLine {
  readonly help: boolean;
  readonly options: SimulatorOptions;
  /** Where to write the root certificate. */
  readonly rootCertificateFile?: string;
}

const TEXT = { type: "string" } as const;
const OPTIONS = {
  help: { type: "boolean", short: "h" },
  config: TEXT,
  host: TEXT,
  port: TEXT,
  "http-port": TEXT,
  "tls-port": TEXT,
  "root-certificate": TEXT,
  user: TEXT,
  limits: TEXT,
  rule: { ...TEXT, multiple: true },
  product: { ...TEXT, multiple: true },
  kind: { ...TEXT, multiple: true },
  "product-key": { ...TEXT, multiple: true },
  model: { ...TEXT, multiple: true },
  device: { ...TEXT, multiple: true },
} as const;

/**
 * Reads the arguments.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_REQUEST, ONENET_SIMULATOR_CONFIG; no key is repeated in it
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, tokens } = parse(args);
  if (values.help) return { help: true, options: {} };
  const base = values.config === undefined ? {} : readConfigFile(values.config);
  const products = [...(base.products ?? []), ...readProducts(tokens)];
  if (products.length === 0)
    throw request("a call without a product", "--product or a --config with products");
  const rules = [
    ...(values.limits === undefined ? [] : [`limits=${values.limits}`]),
    ...(values.rule ?? []),
  ].map(readRule);
  const options: SimulatorOptions = {
    ...base,
    products,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.port === undefined ? {} : { port: portOf("--port", values.port) }),
    ...(values["http-port"] === undefined ? {} : { httpPort: httpPortOf(values["http-port"]) }),
    ...(values["tls-port"] === undefined ? {} : { tlsPort: portOf("--tls-port", values["tls-port"]) }),
    ...(values.user === undefined ? {} : { user: readUser(values.user) }),
    rules: Object.assign({}, base.rules, ...rules),
  };
  const file = values["root-certificate"];
  return { help: false, options, ...(file === undefined ? {} : { rootCertificateFile: file }) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, tokens: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // Node's text would repeat the argument, which may be a key.
    const stray = code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL";
    const got = stray ? "an argument that belongs to no option" : (message.split(". ", 1)[0] ?? "");
    throw new OneNetError("ONENET_SIMULATOR_REQUEST", { got, expected: "the options that --help lists" });
  }
}

function readConfigFile(file: string): SimulatorOptions {
  const text = decodeText(readBytes(file, "--config"));
  const readModel = (name: string, field: string) =>
    readModelFile(path.resolve(path.dirname(file), name), field);
  try {
    return readSimulatorConfig(JSON.parse(text ?? ""), readModel);
  } catch (cause) {
    if (cause instanceof OneNetError) throw cause;
    // The parser's text would repeat a piece of the file, which holds keys.
    throw new OneNetError("ONENET_SIMULATOR_CONFIG", {
      field: "--config",
      expected: "a file of JSON",
      got: file,
    });
  }
}

/** The text of a thing model's file; what it says is for the simulator to judge. */
function readModelFile(file: string, field: string): string {
  const text = decodeText(readBytes(file, field));
  if (text !== undefined) return text;
  throw new OneNetError("ONENET_SIMULATOR_CONFIG", { field, expected: "a file of UTF-8 text", got: file });
}

function readBytes(file: string, field: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const got = `${file} (${(cause as NodeJS.ErrnoException).code})`;
    throw new OneNetError("ONENET_SIMULATOR_CONFIG", { field, expected: "a readable file", got }, { cause });
  }
}

interface ProductDraft {
  productId: string;
  kind?: SimulatedProduct["kind"];
  productKey?: string;
  model?: string;
  devices: SimulatedDevice[];
}

type Token = ReturnType<typeof parse>["tokens"][number];

const OF_PRODUCT = ["kind", "product-key", "model", "device"] as const;
type OfProduct = (typeof OF_PRODUCT)[number];

/** `--kind`, `--product-key`, `--model` and `--device` belong to the `--product` before them. */
function readProducts(tokens: readonly Token[]): SimulatedProduct[] {
  const drafts: ProductDraft[] = [];
  for (const token of tokens) {
    if (token.kind !== "option" || token.value === undefined) continue;
    const { name, value } = token;
    const part = OF_PRODUCT.find((known) => known === name);
    if (name === "product") drafts.push({ productId: value, devices: [] });
    else if (part) extend(drafts.at(-1), part, value);
  }
  return drafts.map(({ productId, kind, ...rest }) => {
    if (!kind)
      throw request(
        `product ${productId} without a kind`,
        "--kind thing-model or --kind data-stream after it",
      );
    return { productId, kind, ...rest };
  });
}

function extend(draft: ProductDraft | undefined, name: OfProduct, value: string): void {
  if (!draft) throw request(`--${name} before any --product`, "--product <id> first");
  if (name === "product-key") draft.productKey = value;
  else if (name === "device") draft.devices.push(readDevice(value));
  else if (name === "model") draft.model = readModelFile(value, "--model");
  else if (value === "thing-model" || value === "data-stream") draft.kind = value;
  else throw request(`--kind ${value}`, "thing-model or data-stream");
}

/** A key is base64 and may contain `=`: split at the first one. */
function readDevice(text: string): SimulatedDevice {
  const [deviceName, deviceKey] = splitPair(text);
  if (deviceName && deviceKey) return { deviceName, deviceKey };
  throw request(`--device ${shown(deviceName)} without a key`, "--device <name>=<base64 key>");
}

function readUser(text: string): { userId: string; accessKey: string } {
  const [userId, accessKey] = splitPair(text);
  if (userId && accessKey) return { userId, accessKey };
  throw request(`--user ${shown(userId)} without a key`, "--user <id>=<base64 key>");
}

/** A name for an error text, unless it may be a key in the wrong place. */
function shown(name: string): string {
  return name.length <= 30 ? name : "•••";
}

function splitPair(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function portOf(option: string, text: string): number {
  return readPort(/^\d{1,5}$/.test(text) ? Number(text) : text, option);
}

function httpPortOf(text: string): number | null {
  return text === "none" ? null : portOf("--http-port", text);
}

function request(got: string, expected: string): OneNetError {
  return new OneNetError("ONENET_SIMULATOR_REQUEST", { got, expected });
}
