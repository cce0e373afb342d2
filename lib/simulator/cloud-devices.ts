import { randomUUID } from "node:crypto";
import { MAX_COMMAND_REPLY_BYTES } from "../protocol/limits";
import { topics } from "../protocol/topic";
import { badParameter, type CloudDesk, isEnvelope } from "./cloud-desk";
import { CLOUD_CODES, type CloudEnvelope, failure, success } from "./cloud-envelope";
import { describeDevice, listDatapoints } from "./cloud-views";
import type { AboutDevice } from "./events";

/** What an application asks of devices and of data streams. @see cloud-api.md §1.4–1.5 */
export interface DeviceCalls {
  /** `datapoint/synccmds`: sends the bytes and waits; data is `{cmd_uuid, cmd_resp}`, the answer in base64. */
  sendCommand(request: CommandToDevice): Promise<CloudEnvelope>;
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

const DEFAULT_LIST_LIMIT = 10;

export function deviceCalls(desk: CloudDesk): DeviceCalls {
  const { rules } = desk.context;
  return {
    sendCommand: (request) => sendCommand(desk, request),
    currentDatapoints: ({ streams, ...about }) =>
      desk.report("datapoint/current-datapoints", about, (device) =>
        success(listDatapoints(device, streams)),
      ),
    device: (about) =>
      desk.report("device/detail", about, (device) =>
        success(describeDevice(device, rules.revealDeviceKeys)),
      ),
    devices: (request) => listDevices(desk, request),
  };
}

async function sendCommand(
  desk: CloudDesk,
  { body, timeoutSeconds, ...about }: CommandToDevice,
): Promise<CloudEnvelope> {
  return desk.report("datapoint/synccmds", about, async (device) => {
    const { link } = device;
    if (!link) return failure(CLOUD_CODES.offline, "device not online");
    const payload = Buffer.from(body);
    if (payload.length > MAX_COMMAND_REPLY_BYTES)
      return badParameter(`body above ${MAX_COMMAND_REPLY_BYTES} bytes`);
    const id = randomUUID();
    const timeoutMs =
      timeoutSeconds === undefined ? desk.context.rules.commandTimeoutMs : timeoutSeconds * 1000;
    const topic = topics.commandRequest(device, id);
    const asking = { question: "command", id, topic, payload, timeoutMs } as const;
    const answer = await desk.ask({ owner: device, link }, asking);
    if (isEnvelope(answer)) return answer;
    if (!answer) return failure(CLOUD_CODES.internal, "command timeout");
    return success({ cmd_uuid: id, cmd_resp: Buffer.from(answer.body).toString("base64") });
  });
}

async function listDevices(
  desk: CloudDesk,
  { productId, deviceName, offset = 0, limit = DEFAULT_LIST_LIMIT }: DeviceListRequest,
): Promise<CloudEnvelope> {
  const { registry, rules } = desk.context;
  const all = [...(registry.product(productId)?.devices.values() ?? [])].filter(
    (device) => deviceName === undefined || device.deviceName === deviceName,
  );
  const list = all
    .slice(offset, offset + limit)
    .map((device) => describeDevice(device, rules.revealDeviceKeys));
  const page = { offset, limit, total: all.length, list };
  const envelope = registry.product(productId) ? success(page) : desk.notFound(productId);
  return desk.told("device/list", { productId, ...(deviceName ? { deviceName } : {}) }, envelope);
}
