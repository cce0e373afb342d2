import { encodeRequest } from "../protocol/envelope";
import { subPropertyParams } from "../protocol/gateway";
import { isJsonObject, type JsonObject, type JsonValue } from "../protocol/json";
import { MAX_SUB_PROPERTIES, SUCCESS_CODE } from "../protocol/limits";
import { topicOf } from "../protocol/topic";
import {
  type Asking,
  badParameter,
  type CloudDesk,
  isEnvelope,
  isNameList,
  noThingModel,
  type Route,
} from "./cloud-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import { listProperties, listSamples } from "./cloud-views";
import type { DeviceRecord } from "./device-record";
import type { AboutDevice } from "./events";
import { judgeSet, unknownProperty } from "./model-judge";
import { describeModel } from "./model-views";
import type { PageRequest } from "./timeline";

/** What an application does with the properties of a device. @see cloud-api.md §1.3 */
export interface PropertyCalls {
  /** `thingmodel/set-device-property`: asks the device and waits for its `set_reply`. */
  setProperty(request: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-property-detail`: asks the device and waits for its `get_reply`; data holds the values. */
  getProperty(request: AboutDevice & { readonly identifiers: unknown }): Promise<CloudEnvelope>;
  /** `thingmodel/query-thing-model`: what the product's devices have. */
  thingModel(product: { readonly productId: string }): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-property`: last values. */
  currentProperties(device: AboutDevice): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-property-history`: the samples of one property, by their times. */
  propertyHistory(request: HistoryRequest): Promise<CloudEnvelope>;
}

export interface HistoryRequest extends AboutDevice, PageRequest {
  readonly identifier: string;
}

export function propertyCalls(desk: CloudDesk): PropertyCalls {
  return {
    setProperty: (request) => setProperty(desk, request),
    getProperty: (request) => getProperty(desk, request),
    thingModel: async ({ productId }) => {
      const product = desk.context.registry.product(productId);
      const model = product?.model && success(describeModel(product.model));
      const envelope = product ? (model ?? noThingModel()) : desk.notFound(productId);
      return desk.told("thingmodel/query-thing-model", { productId }, envelope);
    },
    currentProperties: (about) =>
      desk.reportThing("thingmodel/query-device-property", about, (device) =>
        success(listProperties(device)),
      ),
    propertyHistory: ({ identifier, ...request }) =>
      desk.reportThing("thingmodel/query-device-property-history", request, (device) => {
        const { offset = 0, limit = Number.MAX_SAFE_INTEGER } = request;
        const samples = device.history.get(identifier)?.page(request) ?? [];
        return success({ list: listSamples(samples), meta: { limit, offset } });
      }),
  };
}

async function setProperty(
  desk: CloudDesk,
  { params, ...about }: AboutDevice & { readonly params: unknown },
): Promise<CloudEnvelope> {
  return desk.reportThing("thingmodel/set-device-property", about, async (device) => {
    const route = desk.routeTo(device);
    if (isEnvelope(route)) return route;
    if (!isJsonObject(params) || Object.keys(params).length === 0)
      return badParameter("params must be an object");
    if (isTooMuch(device, route, Object.keys(params))) return tooMany();
    const refusal = judgeSet(desk.context, device, params);
    if (refusal !== undefined) return failure(CLOUD_CODES.property, `属性设置失败:${refusal}`);
    if (!desk.context.rates.admitsSet(device))
      return failure(CLOUD_CODES.internal, "property set rate exceeded");
    const asking = propertySetAsking(desk, device, route, params);
    const answer = await desk.ask(route, asking);
    if (isEnvelope(answer)) return answer;
    if (!answer) return failure(CLOUD_CODES.property, "属性设置失败:设备响应超时");
    const { code, message } = answer;
    if (code !== SUCCESS_CODE) return failure(CLOUD_CODES.property, `属性设置失败:${message || code}`);
    return success({ id: asking.id, code, msg: message || "success" });
  });
}

async function getProperty(
  desk: CloudDesk,
  { identifiers, ...about }: AboutDevice & { readonly identifiers: unknown },
): Promise<CloudEnvelope> {
  return desk.reportThing("thingmodel/query-device-property-detail", about, async (device) => {
    const route = desk.routeTo(device);
    if (isEnvelope(route)) return route;
    if (!isNameList(identifiers)) return badParameter("params must be a list of identifiers");
    if (isTooMuch(device, route, identifiers)) return tooMany();
    const unknown = unknownProperty(device, identifiers);
    if (unknown) return failure(CLOUD_CODES.property, `属性查询失败:${unknown.message}`);
    const answer = await desk.ask(route, propertyAsking(desk, device, route, "get", identifiers));
    if (isEnvelope(answer)) return answer;
    if (!answer) return failure(CLOUD_CODES.property, "属性查询失败:设备响应超时");
    const { code, message, data } = answer;
    if (code !== SUCCESS_CODE) return failure(CLOUD_CODES.property, `属性查询失败:${message || code}`);
    return success(data ?? {});
  });
}

/** What the platform says to more is unknown. @see device-mqtt.md §6.2, limits */
function isTooMuch(device: DeviceRecord, { owner }: Route, names: readonly string[]): boolean {
  return owner !== device && names.length > MAX_SUB_PROPERTIES;
}

function tooMany(): CloudEnvelope {
  return badParameter(`more than ${MAX_SUB_PROPERTIES} properties of a sub-device`);
}

/** A set, ready to be asked over the device's own connection or its gateway's. */
export function propertySetAsking(
  desk: CloudDesk,
  device: DeviceRecord,
  route: Route,
  params: JsonObject,
): Asking {
  return propertyAsking(desk, device, route, "set", params);
}

function propertyAsking(
  desk: CloudDesk,
  device: DeviceRecord,
  { owner }: Route,
  word: "set" | "get",
  params: JsonValue,
): Asking {
  const id = desk.newId();
  const timeoutMs = desk.context.rules.propertyTimeoutMs;
  if (owner === device) {
    const topic = topicOf(device, `property-${word}`, {});
    return { question: word, id, topic, payload: encodeRequest(id, params), timeoutMs };
  }
  const payload = encodeRequest(id, subPropertyParams(device, params));
  const topic = topicOf(owner, `sub-property-${word}`, {});
  return { question: `sub-${word}`, id, topic, payload, timeoutMs };
}
