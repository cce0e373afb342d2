import {
  parseSubPropertyGet,
  parseSubPropertySet,
  parseSubServiceInvoke,
  parseTopoChange,
} from "../protocol/gateway";
import { encodeIdentity, readIdentity } from "../protocol/identity";
import { isJsonObject, readJson } from "../protocol/json";
import { parseOtaInform } from "../protocol/ota";
import { parsePropertyGet, parsePropertySet } from "../protocol/property";
import { parseServiceInvoke } from "../protocol/service";
import type { DeviceIdentity, ParsedTopic } from "../protocol/topic";
import type { CommandKind } from "./command";
import type { CommandRequest } from "./command-parts";

/** What a reader finds in a request; the rest is empty. */
type Found = Pick<CommandRequest, "id"> & Partial<CommandRequest>;

interface Reader<T extends ParsedTopic> {
  readonly kind: CommandKind;
  /** The sub-device's requests come on topics of their own. */
  readonly isSub?: true;
  /** @throws {OneNetError} ONENET_COMMAND_INVALID */
  read(payload: Buffer, topic: T): Found;
}

type Readers = { readonly [K in ParsedTopic["kind"]]?: Reader<Extract<ParsedTopic, { kind: K }>> };

const READERS: Readers = {
  "command-request": {
    kind: "command",
    read: (_payload, { commandId }) => ({ id: commandId }),
  },
  "property-set": {
    kind: "property-set",
    read: (payload) => named(parsePropertySet(payload)),
  },
  "property-get": {
    kind: "property-get",
    read: (payload) => parsePropertyGet(payload),
  },
  "service-invoke": {
    kind: "service",
    read: (payload, { identifier }) => invoked(parseServiceInvoke(identifier, payload)),
  },
  "sub-property-set": {
    kind: "property-set",
    isSub: true,
    read: (payload) => named(parseSubPropertySet(payload)),
  },
  "sub-property-get": {
    kind: "property-get",
    isSub: true,
    read: (payload) => parseSubPropertyGet(payload),
  },
  "sub-service-invoke": {
    kind: "service",
    isSub: true,
    read: (payload) => invoked(parseSubServiceInvoke(payload)),
  },
  "topo-change": {
    kind: "topo-change",
    read: (payload) => {
      const { id, devices } = parseTopoChange(payload);
      return { id, values: { subList: devices.map(encodeIdentity) } };
    },
  },
  "ota-inform": {
    kind: "ota",
    read: (payload) => {
      const { id, params } = parseOtaInform(payload);
      return { id, values: { params } };
    },
  },
  "custome-down": {
    kind: "custom",
    read: (_payload, { downId }) => ({ id: downId, identifier: downId }),
  },
};

function named<T extends Pick<CommandRequest, "values">>(set: T) {
  return { ...set, identifiers: Object.keys(set.values) };
}

function invoked({
  input,
  ...service
}: { identifier: string; input: CommandRequest["values"] } & Found): Found {
  return { ...service, identifiers: [service.identifier], values: input };
}

function readerOf(topic: ParsedTopic): Reader<ParsedTopic> | undefined {
  // The row and the topic are of the same kind.
  return READERS[topic.kind] as Reader<ParsedTopic> | undefined;
}

/**
 * Reads a request of the platform.
 *
 * @returns undefined when the topic is none on which the platform asks
 * @throws {OneNetError} ONENET_COMMAND_INVALID
 */
export function readRequest(
  topic: ParsedTopic,
  topicText: string,
  payload: Buffer,
): CommandRequest | undefined {
  const reader = readerOf(topic);
  if (reader === undefined) return undefined;
  const request = { kind: reader.kind, topic: topicText, identifiers: [], values: {}, body: payload };
  return { ...request, ...reader.read(payload, topic) };
}

/** What of an unreadable request is needed to answer it all the same. */
export function unreadableRequest(
  topic: ParsedTopic,
  id: string,
  payload: Buffer,
): CommandRequest | undefined {
  const reader = readerOf(topic);
  if (reader === undefined) return undefined;
  const request = { kind: reader.kind, id, topic: "", identifiers: [], values: {}, body: payload };
  const identifier = "identifier" in topic ? { identifier: topic.identifier } : {};
  return { ...request, ...identifier, ...(reader.isSub ? { device: deviceIn(payload) } : {}) };
}

function deviceIn(payload: Buffer): DeviceIdentity {
  const body = readJson(payload);
  const params = isJsonObject(body) ? body["params"] : undefined;
  return readIdentity(params) ?? { productId: "", deviceName: "" };
}
