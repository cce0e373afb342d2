import { randomUUID } from "node:crypto";
import { encodeRequest } from "../protocol/envelope";
import { encodeIdentity, readIdentities } from "../protocol/identity";
import type { JsonValue } from "../protocol/json";
import { SUCCESS_CODE } from "../protocol/limits";
import { type TopicKind, topicOf } from "../protocol/topic";
import { type Asking, badParameter, type CloudDesk, isEnvelope } from "./cloud-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import type { DeviceRecord } from "./device-record";
import type { AboutDevice } from "./events";
import { replaceTopology } from "./topology";
import { subDeviceEvent } from "./uplink-gateway";

/** What the console or the platform itself does; the platform has no public API for it, so the names are ours. */
export interface PlatformCalls {
  /**
   * Makes these the gateway's sub-devices, as the console would without a token; absent: those it has. Then tells
   * the gateway (`topo/change`, the whole list), if it is online, and waits for its `change_reply`; data holds it.
   */
  changeTopology(request: AboutDevice & { readonly subDevices?: unknown }): Promise<CloudEnvelope>;
  /** `ota/inform`; waits for `inform_reply`. What `params` holds on the platform is unknown. */
  informOta(request: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope>;
  /** `custome/down/{uuid}` with these bytes; waits for `down_reply`; data is `{id, reply}`, the reply in base64. */
  sendCustom(request: AboutDevice & { readonly body: string | Uint8Array }): Promise<CloudEnvelope>;
}

export function platformCalls(desk: CloudDesk): PlatformCalls {
  return {
    changeTopology: (request) => changeTopology(desk, request),
    informOta: ({ params, ...about }) =>
      desk.report("simulator/ota-inform", about, (device) => {
        if (params === undefined) return badParameter("params must be there");
        return askOwn(
          desk,
          device,
          "ota",
          "ota-inform",
          params as JsonValue,
          desk.context.rules.otaTimeoutMs,
        );
      }),
    sendCustom: ({ body, ...about }) =>
      desk.report("simulator/custome-down", about, async (device) => {
        const { link } = device;
        if (!link) return failure(CLOUD_CODES.offline, "device not online");
        const id = randomUUID();
        const topic = topicOf(device, "custome-down", { downId: id });
        const timeoutMs = desk.context.rules.commandTimeoutMs;
        const asking: Asking = { question: "custom", id, topic, payload: body, timeoutMs };
        const answer = await desk.ask({ owner: device, link }, asking);
        if (isEnvelope(answer)) return answer;
        if (!answer) return failure(CLOUD_CODES.internal, "custome down timeout");
        return success({ id, reply: Buffer.from(answer.body).toString("base64") });
      }),
  };
}

async function changeTopology(
  desk: CloudDesk,
  { subDevices, ...about }: AboutDevice & { readonly subDevices?: unknown },
): Promise<CloudEnvelope> {
  return desk.reportThing("simulator/topo-change", about, (gateway) => {
    if (subDevices !== undefined) {
      const refusal = replace(desk, gateway, subDevices);
      if (refusal) return refusal;
    }
    if (!gateway.link) return success();
    const subList = [...gateway.subDevices].map(encodeIdentity);
    const { propertyTimeoutMs } = desk.context.rules;
    return askOwn(desk, gateway, "topo-change", "topo-change", { subList }, propertyTimeoutMs);
  });
}

/** Makes the topology what the list says. */
function replace(desk: CloudDesk, gateway: DeviceRecord, list: unknown): CloudEnvelope | undefined {
  const { registry, hub } = desk.context;
  const identities = readIdentities(list as JsonValue);
  if (!Array.isArray(list) || identities.length < list.length)
    return badParameter("sub-devices must be a list of {productID, deviceName}");
  const wanted = new Set<DeviceRecord>();
  for (const { productId, deviceName } of identities) {
    const device = registry.device(productId, deviceName);
    if (!device) return desk.notFound(productId);
    wanted.add(device);
  }
  const change = replaceTopology(gateway, wanted);
  if ("code" in change) return badParameter(change.message);
  for (const device of change.removed) hub.emit(subDeviceEvent(device, gateway, "removed"));
  for (const device of change.added) hub.emit(subDeviceEvent(device, gateway, "added"));
  return undefined;
}

/** Asks a device something in OneJSON; data is its answer. */
async function askOwn(
  desk: CloudDesk,
  device: DeviceRecord,
  question: Asking["question"],
  kind: Extract<TopicKind, "ota-inform" | "topo-change">,
  params: JsonValue,
  timeoutMs: number,
): Promise<CloudEnvelope> {
  const { link } = device;
  if (!link) return failure(CLOUD_CODES.offline, "device not online");
  const id = desk.newId();
  const payload = encodeRequest(id, params);
  const asking: Asking = { question, id, topic: topicOf(device, kind, {}), payload, timeoutMs };
  const answer = await desk.ask({ owner: device, link }, asking);
  if (isEnvelope(answer)) return answer;
  if (!answer) return failure(CLOUD_CODES.internal, "设备响应超时");
  const { code, message } = answer;
  if (code !== SUCCESS_CODE) return failure(CLOUD_CODES.internal, message || String(code));
  return success({ id, code, msg: message || "success" });
}
