import { randomInt, randomUUID } from "node:crypto";
import { encodeRequest } from "../protocol/envelope";
import { isJsonObject, type JsonValue } from "../protocol/json";
import { MAX_COMMAND_REPLY_BYTES, SUCCESS_CODE } from "../protocol/limits";
import { topics } from "../protocol/topic";
import type { Question } from "./answer-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import { describeDevice, listDatapoints, listProperties } from "./cloud-views";
import type { DeviceAnswer, SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { AboutDevice } from "./events";
import type { Link } from "./link";
import { withoutSecrets } from "./mask";

/**
 * What an application does through the cloud API. Each resolves to the platform's envelope, also when it fails;
 * what is not of the right form gets code 10001.
 *
 * @see cloud-api.md §1.3–1.6
 */
export interface CloudApplication {
  /** `thingmodel/set-device-property`: asks the device and waits for its `set_reply`. */
  setProperty(request: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-property-detail`: asks the device and waits for its `get_reply`; data holds the values. */
  getProperty(request: AboutDevice & { readonly identifiers: unknown }): Promise<CloudEnvelope>;
  /** `datapoint/synccmds`: sends the bytes and waits; data is `{cmd_uuid, cmd_resp}`, the answer in base64. */
  sendCommand(request: CommandToDevice): Promise<CloudEnvelope>;
  /** `thingmodel/query-device-property`: last values. */
  currentProperties(device: AboutDevice): Promise<CloudEnvelope>;
  /** `datapoint/current-datapoints`: last points, of these streams or all. */
  currentDatapoints(device: AboutDevice & { readonly streams?: readonly string[] }): Promise<CloudEnvelope>;
  /** `device/detail` */
  device(device: AboutDevice): Promise<CloudEnvelope>;
  /** `device/list` */
  devices(request: DeviceListRequest): Promise<CloudEnvelope>;
}

export interface CommandToDevice extends AboutDevice {
  /** Below 1 KB. */
  readonly body: string | Uint8Array;
  /** Whole seconds or a fraction; absent: the rule's. The HTTP API takes 5 to 30. */
  readonly timeoutSeconds?: number;
}

export interface DeviceListRequest {
  readonly productId: string;
  readonly deviceName?: string;
  readonly offset?: number;
  readonly limit?: number;
}

/** The first id is anywhere up to a million: an id seen in one run means nothing in the next. */
const FIRST_ID_BELOW = 1_000_000;
const DEFAULT_LIST_LIMIT = 10;

/** A question ready to be asked. */
interface Asking {
  readonly question: Question;
  readonly id: string;
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly timeoutMs: number;
}

export class Cloud implements CloudApplication {
  readonly #context: SimulatorContext;
  #nextId = randomInt(1, FIRST_ID_BELOW);

  constructor(context: SimulatorContext) {
    this.#context = context;
  }

  async setProperty({
    params,
    ...about
  }: AboutDevice & { readonly params: unknown }): Promise<CloudEnvelope> {
    return this.#report("thingmodel/set-device-property", about, async (device) => {
      const link = this.#thingModelLink(device);
      if ("code" in link) return link;
      if (!isJsonObject(params) || Object.keys(params).length === 0)
        return badParameter("params must be an object");
      if (!this.#context.rates.admitsSet(device))
        return failure(CLOUD_CODES.internal, "property set rate exceeded");
      const asking = this.#propertyQuestion("set", topics.propertySet(device), params);
      const answer = await this.#ask(device, link, asking);
      if (!answer || "request_id" in answer)
        return answer ?? failure(CLOUD_CODES.property, "属性设置失败:设备响应超时");
      const { code, message } = answer;
      if (code !== SUCCESS_CODE) return failure(CLOUD_CODES.property, `属性设置失败:${message || code}`);
      return success({ id: asking.id, code, msg: message || "success" });
    });
  }

  async getProperty({
    identifiers,
    ...about
  }: AboutDevice & { readonly identifiers: unknown }): Promise<CloudEnvelope> {
    return this.#report("thingmodel/query-device-property-detail", about, async (device) => {
      const link = this.#thingModelLink(device);
      if ("code" in link) return link;
      if (!isNameList(identifiers)) return badParameter("params must be a list of identifiers");
      const asking = this.#propertyQuestion("get", topics.propertyGet(device), identifiers);
      const answer = await this.#ask(device, link, asking);
      if (!answer || "request_id" in answer)
        return answer ?? failure(CLOUD_CODES.property, "属性查询失败:设备响应超时");
      const { code, message, data } = answer;
      if (code !== SUCCESS_CODE) return failure(CLOUD_CODES.property, `属性查询失败:${message || code}`);
      return success(data ?? {});
    });
  }

  async sendCommand({ body, timeoutSeconds, ...about }: CommandToDevice): Promise<CloudEnvelope> {
    return this.#report("datapoint/synccmds", about, async (device) => {
      const link = this.#onlineLink(device);
      if ("code" in link) return link;
      const payload = Buffer.from(body);
      if (payload.length > MAX_COMMAND_REPLY_BYTES)
        return badParameter(`body above ${MAX_COMMAND_REPLY_BYTES} bytes`);
      const id = randomUUID();
      const timeoutMs =
        timeoutSeconds === undefined ? this.#context.rules.commandTimeoutMs : timeoutSeconds * 1000;
      const asking = {
        question: "command",
        id,
        topic: topics.commandRequest(device, id),
        payload,
        timeoutMs,
      } as const;
      const answer = await this.#ask(device, link, asking);
      if (!answer || "request_id" in answer)
        return answer ?? failure(CLOUD_CODES.internal, "command timeout");
      return success({ cmd_uuid: id, cmd_resp: Buffer.from(answer.body).toString("base64") });
    });
  }

  async currentProperties(about: AboutDevice): Promise<CloudEnvelope> {
    return this.#report("thingmodel/query-device-property", about, async (device) =>
      device.kind === "thing-model" ? success(listProperties(device)) : noThingModel(),
    );
  }

  async currentDatapoints({
    streams,
    ...about
  }: AboutDevice & { readonly streams?: readonly string[] }): Promise<CloudEnvelope> {
    return this.#report("datapoint/current-datapoints", about, async (device) =>
      success(listDatapoints(device, streams)),
    );
  }

  async device(about: AboutDevice): Promise<CloudEnvelope> {
    return this.#report("device/detail", about, async (device) =>
      success(describeDevice(device, this.#context.rules.revealDeviceKeys)),
    );
  }

  async devices({
    productId,
    deviceName,
    offset = 0,
    limit = DEFAULT_LIST_LIMIT,
  }: DeviceListRequest): Promise<CloudEnvelope> {
    const { registry, rules } = this.#context;
    const all = [...(registry.product(productId)?.devices.values() ?? [])].filter(
      (device) => deviceName === undefined || device.deviceName === deviceName,
    );
    const list = all
      .slice(offset, offset + limit)
      .map((device) => describeDevice(device, rules.revealDeviceKeys));
    const page = { offset, limit, total: all.length, list };
    const envelope = registry.product(productId) ? success(page) : this.#notFound(productId);
    return this.#told("device/list", { productId, ...(deviceName ? { deviceName } : {}) }, envelope);
  }

  /** Finds the device, does the work, tells how it ended. */
  async #report(
    operation: string,
    { productId, deviceName }: AboutDevice,
    work: (device: DeviceRecord) => Promise<CloudEnvelope>,
  ): Promise<CloudEnvelope> {
    const device = this.#context.registry.device(productId, deviceName);
    const envelope = device ? await work(device) : this.#notFound(productId);
    return this.#told(operation, { productId, deviceName }, envelope);
  }

  #told(operation: string, about: Partial<AboutDevice>, envelope: CloudEnvelope): CloudEnvelope {
    const { code, msg: message } = envelope;
    this.#context.hub.emit({ event: "cloud", operation, ...about, code, message });
    return envelope;
  }

  #notFound(productId: string): CloudEnvelope {
    return this.#context.registry.product(productId)
      ? failure(CLOUD_CODES.noDevice, "device not exist")
      : failure(CLOUD_CODES.noProduct, "product not exist");
  }

  #onlineLink(device: DeviceRecord): Link | CloudEnvelope {
    return device.link ?? failure(CLOUD_CODES.offline, "device not online");
  }

  #thingModelLink(device: DeviceRecord): Link | CloudEnvelope {
    return device.kind === "thing-model" ? this.#onlineLink(device) : noThingModel();
  }

  #propertyQuestion(question: "set" | "get", topic: string, params: JsonValue): Asking {
    const id = String(this.#nextId++);
    const timeoutMs = this.#context.rules.propertyTimeoutMs;
    return { question, id, topic, payload: encodeRequest(id, params), timeoutMs };
  }

  /** @returns the answer; undefined after the time-out; an envelope if the device could not be asked */
  async #ask(
    device: DeviceRecord,
    link: Link,
    asking: Asking,
  ): Promise<DeviceAnswer | CloudEnvelope | undefined> {
    const { question, id, topic, payload, timeoutMs } = asking;
    if (!link.isSubscribed(topic)) return failure(CLOUD_CODES.internal, "device not subscribed");
    const answer = this.#context.desk.ask(question, device, id, timeoutMs);
    link.deliver(topic, payload);
    const { productId, deviceName } = device;
    const text = withoutSecrets(Buffer.from(payload).toString(), device);
    this.#context.hub.emit({ event: "request", productId, deviceName, topic, messageId: id, payload: text });
    return answer;
  }
}

function isNameList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string");
}

function badParameter(detail: string): CloudEnvelope {
  return failure(CLOUD_CODES.parameter, `parameter error: ${detail}`);
}

function noThingModel(): CloudEnvelope {
  return failure(CLOUD_CODES.noThingModel, "product has no thing model");
}
