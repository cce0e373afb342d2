import { isJsonObject, type JsonObject, readJson } from "../protocol/json";
import { COMMAND_TIMEOUT_MAX_SECONDS, COMMAND_TIMEOUT_MIN_SECONDS } from "../protocol/limits";
import type { CloudApplication } from "./cloud";
import { CLOUD_CODES, type CloudEnvelope, failure } from "./cloud-envelope";
import type { Target } from "./http-authorization";

/** A call that passed the guards. */
export interface Call {
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** What the call is about, or undefined if it does not say. */
  readonly target: (call: Call) => Target | undefined;
  readonly run: (cloud: CloudApplication, target: Required<Target>, call: Call) => Promise<CloudEnvelope>;
}

/** @see cloud-api.md §1.3–1.5 */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    "/thingmodel/set-device-property",
    {
      method: "POST",
      target: bodyTarget,
      run: (cloud, target, { body }) => cloud.setProperty({ ...target, params: readBody(body)["params"] }),
    },
  ],
  [
    "/thingmodel/query-device-property-detail",
    {
      method: "POST",
      target: bodyTarget,
      run: (cloud, target, { body }) =>
        cloud.getProperty({ ...target, identifiers: readBody(body)["params"] }),
    },
  ],
  [
    "/thingmodel/query-device-property",
    { method: "GET", target: queryTarget, run: (cloud, target) => cloud.currentProperties(target) },
  ],
  ["/datapoint/synccmds", { method: "POST", target: queryTarget, run: sendCommand }],
  [
    "/datapoint/current-datapoints",
    {
      method: "GET",
      target: queryTarget,
      run: (cloud, target, { query }) => {
        const streams = query.get("datastream_ids")?.split(",");
        return cloud.currentDatapoints({ ...target, ...(streams ? { streams } : {}) });
      },
    },
  ],
  ["/device/detail", { method: "GET", target: queryTarget, run: (cloud, target) => cloud.device(target) }],
  ["/device/list", { method: "GET", target: productTarget, run: listDevices }],
]);

function queryTarget({ query }: Call): Target | undefined {
  return targetOf(query.get("product_id"), query.get("device_name"));
}

function bodyTarget({ body }: Call): Target | undefined {
  const { product_id: productId, device_name: deviceName } = readBody(body);
  return targetOf(productId, deviceName);
}

function targetOf(productId: unknown, deviceName: unknown): Target | undefined {
  return typeof productId === "string" && typeof deviceName === "string"
    ? { productId, deviceName }
    : undefined;
}

/** The device's name is a filter here and may be missing. */
function productTarget({ query }: Call): Target | undefined {
  const productId = query.get("product_id");
  const deviceName = query.get("device_name");
  return productId ? { productId, ...(deviceName ? { deviceName } : {}) } : undefined;
}

function readBody(body: Buffer): JsonObject {
  const read = readJson(body);
  return isJsonObject(read) ? read : {};
}

function sendCommand(
  cloud: CloudApplication,
  target: Required<Target>,
  { query, body }: Call,
): Promise<CloudEnvelope> {
  const timeout = query.get("timeout");
  if (timeout === null) return cloud.sendCommand({ ...target, body });
  const timeoutSeconds = readCount(timeout);
  const inRange =
    timeoutSeconds !== undefined &&
    timeoutSeconds >= COMMAND_TIMEOUT_MIN_SECONDS &&
    timeoutSeconds <= COMMAND_TIMEOUT_MAX_SECONDS;
  if (!inRange) return badParameter("timeout must be 5 to 30");
  return cloud.sendCommand({ ...target, body, timeoutSeconds });
}

const MAX_LIST_LIMIT = 100;

function listDevices(cloud: CloudApplication, target: Target, { query }: Call): Promise<CloudEnvelope> {
  const offset = readCount(query.get("offset") ?? "0");
  const limit = readCount(query.get("limit") ?? "10");
  if (offset === undefined || limit === undefined || limit < 1 || limit > MAX_LIST_LIMIT) {
    return badParameter("limit must be 1 to 100, offset 0 or more");
  }
  const { productId, deviceName } = target;
  return cloud.devices({ productId, offset, limit, ...(deviceName ? { deviceName } : {}) });
}

function readCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

async function badParameter(detail: string): Promise<CloudEnvelope> {
  return failure(CLOUD_CODES.parameter, `parameter error: ${detail}`);
}
