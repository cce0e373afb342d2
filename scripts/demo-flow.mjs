/** What `npm start` shows on its first start: some of the examples, as one set of flows. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "./processes.mjs";

const EXAMPLES = path.join(ROOT, "examples");

/** The examples of the demo, in the order of their tabs. */
const DEMO = [
  "01 - Sensor to cloud/Host telemetry.json",
  "03 - Control/Rule-triggered control.json",
  "02 - Command and answer/Property set and get (thing model).json",
  "02 - Command and answer/Command (data stream).json",
];

/**
 * The demo's nodes and their credentials apart, as Node-RED stores them. Nodes that several examples share
 * (the simulator, a connection) come once.
 */
export function readDemoFlow() {
  const nodes = new Map();
  const credentials = {};
  for (const name of DEMO) {
    for (const { credentials: secret, ...node } of JSON.parse(
      readFileSync(path.join(EXAMPLES, name), "utf8"),
    )) {
      if (nodes.has(node.id)) continue;
      nodes.set(node.id, node);
      if (secret) credentials[node.id] = secret;
    }
  }
  return { flows: [...nodes.values()], credentials };
}

/** The demo's actuator, and when the token below ends (2100: it opens nothing but the simulator). */
const LAMP = { productId: "DemoLamp01", deviceName: "street-lamp", params: { power: true, brightness: 80 } };
const EXPIRES_AT_SECONDS = 4_102_444_800;

/**
 * How an application switches the demo's lamp: a line for a shell, with a token signed by the demo's published
 * product key. Needs the compiled package.
 *
 * @param {object[]} flows the nodes of a flows.json
 * @returns {string | undefined} undefined when the lamp is not among them
 */
export function describeDemoCall(flows) {
  const { productId, deviceName, params } = LAMP;
  const simulator = flows.find(
    ({ type, d, products = [] }) =>
      type === "onenet-simulator" &&
      d !== true &&
      products.some((product) => product.productId === productId),
  );
  if (!simulator) return undefined;
  const key = readDemoKeys(simulator.id)[productId];
  if (!key) return undefined;
  const { signToken } = createRequire(import.meta.url)(path.join(ROOT, "dist/lib/protocol/token.js"));
  const res = `products/${productId}`;
  const token = signToken(
    { version: "2022-05-01", res, method: "sha256", expiresAtSeconds: EXPIRES_AT_SECONDS },
    key,
  );
  const body = JSON.stringify({ product_id: productId, device_name: deviceName, params });
  const url = `http://127.0.0.1:${simulator.httpPort}/thingmodel/set-device-property`;
  return `curl -H 'authorization: ${token}' -H 'content-type: application/json' -d '${body}' ${url}`;
}

function readDemoKeys(simulatorId) {
  return JSON.parse(readDemoFlow().credentials[simulatorId]?.keys ?? "{}");
}
