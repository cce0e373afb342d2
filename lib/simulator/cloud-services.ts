import { encodeRequest } from "../protocol/envelope";
import { readSubServiceOutput, subServiceParams } from "../protocol/gateway";
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from "../protocol/json";
import { SUCCESS_CODE } from "../protocol/limits";
import { topicOf } from "../protocol/topic";
import { isStreamName } from "../protocol/value";
import { type Asking, badParameter, type CloudDesk, isEnvelope, type Route } from "./cloud-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import type { DeviceAnswer } from "./context";
import type { DeviceRecord, ServiceCall } from "./device-record";
import type { AboutDevice } from "./events";
import { judgeInputs } from "./model-judge";
import { Timeline } from "./timeline";

/** What an application does with the services of a device. @see cloud-api.md §1.3 */
export interface ServiceCalls {
  /**
   * `thingmodel/call-service`: asks the device. A synchronous service waits for its `invoke_reply` and gives the
   * outputs; one that the model calls asynchronous returns when the request is on its way, and its reply shows as
   * event `service` and in the service log. Without a model every service is synchronous.
   */
  callService(request: ServiceRequest): Promise<CloudEnvelope>;
}

export interface ServiceRequest extends AboutDevice {
  readonly identifier: unknown;
  /** The inputs; absent: none. */
  readonly params?: unknown;
}

export function serviceCalls(desk: CloudDesk): ServiceCalls {
  return { callService: (request) => callService(desk, request) };
}

async function callService(
  desk: CloudDesk,
  { identifier, params = {}, ...about }: ServiceRequest,
): Promise<CloudEnvelope> {
  return desk.reportThing("thingmodel/call-service", about, (device) => {
    if (typeof identifier !== "string" || !isStreamName(identifier, "thing-model"))
      return badParameter("identifier must be a service's");
    if (!isJsonObject(params)) return badParameter("params must be an object");
    const route = desk.routeTo(device);
    if (isEnvelope(route)) return route;
    const refusal = judgeInputs(desk.context, device, identifier, params);
    if (refusal !== undefined) return failed(refusal);
    return invoke(desk, device, route, identifier, params);
  });
}

async function invoke(
  desk: CloudDesk,
  device: DeviceRecord,
  route: Route,
  identifier: string,
  input: JsonObject,
): Promise<CloudEnvelope> {
  const { propertyTimeoutMs, asyncServiceTimeoutMs } = desk.context.rules;
  const isAsync = device.product.model?.services.get(identifier)?.callType === "async";
  const asking = invocation(desk, device, route, identifier, input);
  const asked = desk.ask(route, {
    ...asking,
    timeoutMs: isAsync ? asyncServiceTimeoutMs : propertyTimeoutMs,
  });
  if (isEnvelope(asked)) return asked;
  const call: ServiceCall = { identifier, isAsync, input: stringifyJson(input) };
  device.services ??= new Timeline(desk.context.rules.eventsPerDevice);
  device.services.add(Date.now(), call);
  const concluded = asked.then((answer) => conclude(desk, device, asking, call, answer));
  return isAsync ? success() : concluded;
}

function invocation(
  desk: CloudDesk,
  device: DeviceRecord,
  { owner }: Route,
  identifier: string,
  input: JsonObject,
): Omit<Asking, "timeoutMs"> {
  const id = desk.newId();
  if (owner === device)
    return {
      question: "service",
      id,
      topic: topicOf(device, "service-invoke", { identifier }),
      payload: encodeRequest(id, input),
    };
  return {
    question: "sub-service",
    id,
    topic: topicOf(owner, "sub-service-invoke", {}),
    payload: encodeRequest(id, subServiceParams(device, identifier, input)),
  };
}

/** Notes how it ended, tells it, and makes the application's answer of it. */
function conclude(
  desk: CloudDesk,
  device: DeviceRecord,
  { question, id }: Pick<Asking, "question" | "id">,
  call: ServiceCall,
  answer: DeviceAnswer | undefined,
): CloudEnvelope {
  if (!answer) {
    call.message = "设备响应超时";
    return failed(call.message);
  }
  const { code, message, data } = answer;
  const output: JsonValue = (question === "sub-service" ? readSubServiceOutput(data) : data) ?? {};
  Object.assign(call, { code, message, repliedAtMs: Date.now(), output: stringifyJson(output) });
  const { productId, deviceName } = device;
  const { identifier } = call;
  desk.context.hub.emit({
    event: "service",
    productId,
    deviceName,
    identifier,
    messageId: id,
    code,
    message,
    output,
  });
  return code === SUCCESS_CODE ? success(output) : failed(message || String(code));
}

function failed(reason: string): CloudEnvelope {
  return failure(CLOUD_CODES.service, `设备服务调用失败:${reason}`);
}
