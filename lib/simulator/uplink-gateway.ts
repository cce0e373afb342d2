/** What a gateway asks about its sub-devices. */
import type { PlatformCode } from "../protocol/codes";
import { parseSubLogin, parseTopoGet, parseTopoRequest } from "../protocol/gateway";
import { encodeIdentity } from "../protocol/identity";
import { topicOf } from "../protocol/topic";
import { isRefused } from "../protocol/uplink";
import type { DeviceRecord } from "./device-record";
import type { SubDeviceEvent, UnstampedEvent } from "./events";
import { type Judge, refused, taken } from "./outcome";
import { addToTopology, notInTopology, ownerOf, unbindDevice } from "./topology";

export const judgeSubLogin = presence("login");
export const judgeSubLogout = presence("logout");

/** A login tells that the sub-device is there; its data need none. */
function presence(change: "login" | "logout"): Judge {
  return (context, gateway, _topic, payload) => {
    const topic = topicOf(gateway, `sub-${change}-reply`, {});
    const request = parseSubLogin(payload);
    if (isRefused(request)) return refused("request", topic, request.id, request);
    const device = ownerOf(context, gateway, request.device);
    if (!device || device === gateway)
      return refused("request", topic, request.id, notInTopology(request.device));
    gateway.link?.subSessions.set(device, change === "login");
    device.activatedAtMs ??= Date.now();
    device.lastAtMs = Date.now();
    const { productID: _p, deviceName: _d, ...hardware } = request.params;
    if (Object.keys(hardware).length > 0) device.hardware = hardware;
    return { ...taken(topic, request.id), events: [subDeviceEvent(device, gateway, change)] };
  };
}

export const judgeTopoAdd: Judge = (context, gateway, _topic, payload) => {
  const topic = topicOf(gateway, "topo-add-reply", {});
  const request = parseTopoRequest(payload);
  if (isRefused(request)) return refused("request", topic, request.id, request);
  const added: DeviceRecord | PlatformCode = addToTopology(
    context,
    gateway,
    request.device,
    request.sasToken,
  );
  if (isRefused(added)) return refused("request", topic, request.id, added);
  return { ...taken(topic, request.id), events: [subDeviceEvent(added, gateway, "added")] };
};

/** Its own token is not asked for: whose topology it leaves is its gateway (guess). */
export const judgeTopoDelete: Judge = (context, gateway, _topic, payload) => {
  const topic = topicOf(gateway, "topo-delete-reply", {});
  const request = parseTopoRequest(payload);
  if (isRefused(request)) return refused("request", topic, request.id, request);
  const device = ownerOf(context, gateway, request.device);
  if (!device || device === gateway)
    return refused("request", topic, request.id, notInTopology(request.device));
  unbindDevice(device);
  return { ...taken(topic, request.id), events: [subDeviceEvent(device, gateway, "removed")] };
};

export const judgeTopoGet: Judge = (_context, gateway, _topic, payload) => {
  const topic = topicOf(gateway, "topo-get-reply", {});
  const request = parseTopoGet(payload);
  if (isRefused(request)) return refused("request", topic, request.id, request);
  return taken(topic, request.id, [...gateway.subDevices].map(encodeIdentity));
};

/** What there is to tell of a sub-device. */
export function subDeviceEvent(
  { productId, deviceName }: DeviceRecord,
  gateway: DeviceRecord,
  change: SubDeviceEvent["change"],
): UnstampedEvent {
  const by = { productId: gateway.productId, deviceName: gateway.deviceName };
  return { event: "sub-device", productId, deviceName, change, gateway: by };
}
