import { COMMAND_TIMEOUT_MAX_SECONDS, COMMAND_TIMEOUT_MIN_SECONDS } from "../protocol/limits";
import type { CloudApplication } from "./cloud";
import type { CloudEnvelope } from "./cloud-envelope";
import type { Target } from "./http-authorization";
import {
  badParameter,
  bodyTarget,
  type Call,
  productTarget,
  queryTarget,
  readBody,
  readCount,
  readPage,
  readSlice,
} from "./http-read";
import type { PageRequest } from "./timeline";

type Run = (cloud: CloudApplication, target: Required<Target>, call: Call) => Promise<CloudEnvelope>;

export interface Route {
  readonly method: "GET" | "POST";
  /** What the call is about, or undefined if it does not say. */
  readonly target: (call: Call) => Target | undefined;
  readonly run: Run;
}

const get = (run: Run, target = queryTarget): Route => ({ method: "GET", target, run });
/** A body with the names of the device and `params`. */
const post = (
  run: (
    cloud: CloudApplication,
    target: Required<Target>,
    params: unknown,
    call: Call,
  ) => Promise<CloudEnvelope>,
): Route => ({
  method: "POST",
  target: bodyTarget,
  run: (cloud, target, call) => run(cloud, target, readBody(call.body)["params"], call),
});

const readDatapoints: Run = (cloud, target, { query }) => {
  const streams = query.get("datastream_ids")?.split(",");
  return cloud.currentDatapoints({ ...target, ...(streams ? { streams } : {}) });
};

const sendCommand: Run = (cloud, target, { query, body }) => {
  const timeout = query.get("timeout");
  if (timeout === null) return cloud.sendCommand({ ...target, body });
  const timeoutSeconds = readCount(timeout);
  const inRange =
    timeoutSeconds !== undefined &&
    timeoutSeconds >= COMMAND_TIMEOUT_MIN_SECONDS &&
    timeoutSeconds <= COMMAND_TIMEOUT_MAX_SECONDS;
  if (!inRange) return badParameter("timeout must be 5 to 30");
  return cloud.sendCommand({ ...target, body, timeoutSeconds });
};

const listDevices: Run = (cloud, { productId, deviceName }, { query }) => {
  const slice = readSlice(query);
  if (typeof slice === "string") return badParameter(slice);
  return cloud.devices({ productId, ...slice, ...(deviceName ? { deviceName } : {}) });
};

const readHistory: Run = (cloud, target, { query }) => {
  const identifier = query.get("identifier");
  if (!identifier) return badParameter("identifier is needed");
  return paged(query, (page) => cloud.propertyHistory({ ...target, ...page, identifier }));
};

const readEventLog: Run = (cloud, target, { query }) => {
  const type = query.get("event_type");
  if (type !== null && !/^[123]$/.test(type)) return badParameter("event_type must be 1, 2 or 3");
  const eventType = type === null ? {} : { eventType: Number(type) };
  return paged(query, (page) => cloud.eventLog({ ...target, ...page, ...ofIdentifier(query), ...eventType }));
};

const readServiceLog: Run = (cloud, target, { query }) =>
  paged(query, (page) => cloud.serviceLog({ ...target, ...page, ...ofIdentifier(query) }));

function paged(
  query: URLSearchParams,
  run: (page: PageRequest) => Promise<CloudEnvelope>,
): Promise<CloudEnvelope> {
  const page = readPage(query);
  return typeof page === "string" ? badParameter(page) : run(page);
}

function ofIdentifier(query: URLSearchParams): { identifier?: string } {
  const identifier = query.get("identifier");
  return identifier ? { identifier } : {};
}

const changeTopology: Run = (cloud, target, { body }) =>
  cloud.changeTopology({ ...target, subDevices: readBody(body)["subList"] });

/** @see cloud-api.md §1.3–1.5; those under `/simulator/` are ours */
export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/thingmodel/query-thing-model", get((cloud, target) => cloud.thingModel(target), productTarget)],
  [
    "/thingmodel/set-device-property",
    post((cloud, target, params) => cloud.setProperty({ ...target, params })),
  ],
  [
    "/thingmodel/query-device-property-detail",
    post((cloud, target, identifiers) => cloud.getProperty({ ...target, identifiers })),
  ],
  ["/thingmodel/query-device-property", get((cloud, target) => cloud.currentProperties(target))],
  ["/thingmodel/query-device-property-history", get(readHistory)],
  [
    "/thingmodel/set-device-desired-property",
    post((cloud, target, params) => cloud.setDesired({ ...target, params })),
  ],
  [
    "/thingmodel/query-device-desired-property",
    post((cloud, target, identifiers) => cloud.queryDesired({ ...target, identifiers })),
  ],
  [
    "/thingmodel/delete-device-desired-property",
    post((cloud, target, params) => cloud.deleteDesired({ ...target, params })),
  ],
  [
    "/thingmodel/call-service",
    post((cloud, target, params, { body }) =>
      cloud.callService({ ...target, identifier: readBody(body)["identifier"], params }),
    ),
  ],
  ["/datapoint/synccmds", { method: "POST", target: queryTarget, run: sendCommand }],
  ["/datapoint/current-datapoints", get(readDatapoints)],
  ["/device/detail", get((cloud, target) => cloud.device(target))],
  ["/device/list", get(listDevices, productTarget)],
  ["/device/event-log", get(readEventLog)],
  ["/device/service-log", get(readServiceLog)],
  ["/simulator/topo-change", { method: "POST", target: bodyTarget, run: changeTopology }],
  ["/simulator/ota-inform", post((cloud, target, params) => cloud.informOta({ ...target, params }))],
  [
    "/simulator/custome-down",
    {
      method: "POST",
      target: queryTarget,
      run: (cloud, target, { body }) => cloud.sendCustom({ ...target, body }),
    },
  ],
]);
