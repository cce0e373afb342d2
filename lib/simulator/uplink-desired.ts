/** What a thing-model device asks about its desired values, and what it tells of itself. */
import { parseDesiredDelete, parseDesiredGet } from "../protocol/desired";
import { readId } from "../protocol/envelope";
import { parseHardwarePost } from "../protocol/hardware";
import { isJsonObject, readJson } from "../protocol/json";
import { topicOf } from "../protocol/topic";
import { isRefused } from "../protocol/uplink";
import { unknownProperty } from "./model-judge";
import { type Judge, refused, taken } from "./outcome";

export const judgeDesiredGet: Judge = (_context, device, _topic, payload) => {
  const topic = topicOf(device, "desired-get-reply", {});
  const request = parseDesiredGet(payload);
  if (isRefused(request)) return refused("request", topic, request.id, request);
  const unknown = unknownProperty(device, request.identifiers);
  if (unknown) return refused("request", topic, request.id, unknown);
  return taken(topic, request.id, device.desired.list(request.identifiers));
};

export const judgeDesiredDelete: Judge = (_context, device, _topic, payload) => {
  const topic = topicOf(device, "desired-delete-reply", {});
  const request = parseDesiredDelete(payload);
  if (isRefused(request)) return refused("request", topic, request.id, request);
  const unknown = unknownProperty(device, [...request.versions.keys()]);
  if (unknown) return refused("request", topic, request.id, unknown);
  for (const [identifier, version] of request.versions) device.desired.clear(identifier, version);
  return taken(topic, request.id);
};

/** `cmp/property/post`: the SIM and hardware report. */
export const judgeHardwarePost: Judge = (_context, device, _topic, payload) => {
  const topic = topicOf(device, "cmp-post-reply", {});
  const report = parseHardwarePost(payload);
  if (isRefused(report)) return refused("post", topic, report.id, report);
  device.hardware = report.params;
  return taken(topic, report.id);
};

/** `custome/up`: bytes for the product's script. There is none here; what the reply holds is a guess. */
export const judgeCustomUp: Judge = (_context, device, _topic, payload) => {
  const body = readJson(payload);
  const id = isJsonObject(body) ? readId(body["id"]) : undefined;
  return taken(topicOf(device, "custome-up-reply", {}), id ?? "");
};
