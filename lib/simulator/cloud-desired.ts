import { isJsonObject, type JsonObject, parseJson, readInteger, stringifyJson } from "../protocol/json";
import { badParameter, type CloudDesk, isEnvelope, isNameList } from "./cloud-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import { propertySetAsking } from "./cloud-properties";
import type { DeviceRecord } from "./device-record";
import type { AboutDevice } from "./events";
import { judgeSet, unknownProperty } from "./model-judge";

/** What an application does with desired values (期望值). @see cloud-api.md §1.3 */
export interface DesiredCalls {
  /** `thingmodel/set-device-desired-property`: kept until the device asks; rule `desiredWhileOnline` may push it. */
  setDesired(request: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-desired-property`: those of these identifiers or all that are set, with versions. */
  queryDesired(request: AboutDevice & { readonly identifiers?: unknown }): Promise<CloudEnvelope>;
  /** `thingmodel/delete-device-desired-property`: `{temp: {version: 2}, sw: {}}`; another version is left. */
  deleteDesired(request: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope>;
}

export function desiredCalls(desk: CloudDesk): DesiredCalls {
  return {
    setDesired: ({ params, ...about }) =>
      desk.reportThing("thingmodel/set-device-desired-property", about, (device) => {
        if (!isJsonObject(params) || Object.keys(params).length === 0)
          return badParameter("params must be an object");
        const refusal = judgeSet(desk.context, device, params);
        if (refusal !== undefined) return failure(CLOUD_CODES.property, `属性期望设置失败:${refusal}`);
        // A copy: the caller may change what it gave.
        for (const [identifier, value] of Object.entries(params))
          device.desired.set(identifier, parseJson(stringifyJson(value)));
        if (desk.context.rules.desiredWhileOnline === "push") push(desk, device, params);
        return success();
      }),
    queryDesired: ({ identifiers, ...about }) =>
      desk.reportThing("thingmodel/query-device-desired-property", about, (device) => {
        if (identifiers === undefined) return success({ params: device.desired.list() });
        if (!isNameList(identifiers)) return badParameter("params must be a list of identifiers");
        return success({ params: device.desired.list(identifiers) });
      }),
    deleteDesired: ({ params, ...about }) =>
      desk.reportThing("thingmodel/delete-device-desired-property", about, (device) =>
        deleteDesired(device, params),
      ),
  };
}

function deleteDesired(device: DeviceRecord, params: unknown): CloudEnvelope {
  if (!isJsonObject(params) || !Object.values(params).every(isJsonObject))
    return badParameter("params must be {identifier: {version}}");
  const unknown = unknownProperty(device, Object.keys(params));
  if (unknown) return failure(CLOUD_CODES.property, `属性期望删除失败:${unknown.message}`);
  for (const [identifier, wish] of Object.entries(params))
    device.desired.clear(identifier, isJsonObject(wish) ? readInteger(wish["version"]) : undefined);
  return success();
}

/** As an ordinary set, if the device can be reached; its answer changes nothing. */
function push(desk: CloudDesk, device: DeviceRecord, params: JsonObject): void {
  const route = desk.routeTo(device);
  if (!isEnvelope(route)) void desk.ask(route, propertySetAsking(desk, device, route, params));
}
