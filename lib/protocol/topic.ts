/**
 * Topics of the platform built, read and judged by the table of {@link ./topic-table}. The only file with `$sys`.
 *
 * @see docs 920; docs 2022, topic rules
 */
import { OneNetError } from "../errors";
import { clip, utf8Bytes } from "./json";
import { MAX_FILTER_BYTES, MAX_TOPIC_LEVELS, MQTT_MAX_TOPIC_BYTES } from "./limits";
import {
  type DeviceIdentity,
  type ParsedTopic,
  type ProductKind,
  TOPIC_SHAPES,
  TOPICS,
  type TopicKind,
  type TopicParams,
  type TopicRow,
} from "./topic-table";

export { matchesFilter } from "./topic-filter";
export * from "./topic-table";

/** `$sys/{pid}/{device-name}`: all topics of a device begin with it and a slash. */
export function devicePrefix(device: DeviceIdentity): string {
  return `$sys/${device.productId}/${device.deviceName}`;
}

/** Builds a topic of the table. */
export function topicOf<K extends TopicKind>(
  device: DeviceIdentity,
  kind: K,
  params: TopicParams<K>,
): string {
  const { before, name, after } = TOPIC_SHAPES[kind];
  const values: Readonly<Record<string, string>> = params;
  const rest = name === undefined ? before : before + values[name] + after;
  return `${devicePrefix(device)}/${rest}`;
}

/** The topics and filters of everyday use, by name. */
export const topics = {
  datapointPost: (device: DeviceIdentity) => topicOf(device, "datapoint-post", {}),
  datapointAccepted: (device: DeviceIdentity) => topicOf(device, "datapoint-accepted", {}),
  datapointRejected: (device: DeviceIdentity) => topicOf(device, "datapoint-rejected", {}),
  datapointReplyFilter: (device: DeviceIdentity) => `${topicOf(device, "datapoint-post", {})}/+`,
  commandRequest: (device: DeviceIdentity, commandId: string) =>
    topicOf(device, "command-request", { commandId }),
  commandResponse: (device: DeviceIdentity, commandId: string) =>
    topicOf(device, "command-response", { commandId }),
  commandResponseAccepted: (device: DeviceIdentity, commandId: string) =>
    topicOf(device, "command-response-accepted", { commandId }),
  commandResponseRejected: (device: DeviceIdentity, commandId: string) =>
    topicOf(device, "command-response-rejected", { commandId }),
  /** Requests, and the platform's verdict on responses. */
  commandFilter: (device: DeviceIdentity) => `${devicePrefix(device)}/cmd/#`,
  /** The same without what the device itself publishes. */
  commandFilters: (device: DeviceIdentity) => [
    topicOf(device, "command-request", { commandId: "+" }),
    `${topicOf(device, "command-response", { commandId: "+" })}/+`,
  ],
  propertyPost: (device: DeviceIdentity) => topicOf(device, "property-post", {}),
  propertyPostReply: (device: DeviceIdentity) => topicOf(device, "property-post-reply", {}),
  propertySet: (device: DeviceIdentity) => topicOf(device, "property-set", {}),
  propertySetReply: (device: DeviceIdentity) => topicOf(device, "property-set-reply", {}),
  propertyGet: (device: DeviceIdentity) => topicOf(device, "property-get", {}),
  propertyGetReply: (device: DeviceIdentity) => topicOf(device, "property-get-reply", {}),
  eventPost: (device: DeviceIdentity) => topicOf(device, "event-post", {}),
  packPost: (device: DeviceIdentity) => topicOf(device, "pack-post", {}),
  historyPost: (device: DeviceIdentity) => topicOf(device, "history-post", {}),
  customUp: (device: DeviceIdentity) => topicOf(device, "custome-up", {}),
  /** The one filter the C SDKs subscribe. */
  thingFilter: (device: DeviceIdentity) => `${devicePrefix(device)}/thing/#`,
} as const;

/** What only some devices use, each with a filter of its own: a session may have few. */
export type FilterExtra = "ota" | "custom" | "cmp";

const EXTRA_FILTERS = {
  ota: { all: ["ota/#"], down: ["ota/inform"] },
  custom: { all: ["custome/#"], down: ["custome/up_reply", "custome/down/+"] },
  cmp: { all: ["cmp/#"], down: ["cmp/property/post/reply"] },
} as const;

/**
 * The filters of an extra, of products of either kind.
 *
 * @param echoes as of {@link deviceFilters}
 * @see C SDK 2.1.3: `ota/#`, `cmp/#`
 */
export function extraFilters(
  device: DeviceIdentity,
  extra: FilterExtra,
  { echoes = false }: { readonly echoes?: boolean } = {},
): readonly string[] {
  const { all, down } = EXTRA_FILTERS[extra];
  return (echoes ? down : all).map((suffix) => `${devicePrefix(device)}/${suffix}`);
}

/**
 * The filters a device of this kind subscribes after each login: as few as carry every reply and request.
 *
 * @param echoes the server may be a plain broker (a private deployment), which sends what a device publishes back to
 *   it where a filter matches: then `cmd/#` would bring each answer back
 */
export function deviceFilters(
  device: DeviceIdentity,
  kind: ProductKind,
  { echoes = false }: { readonly echoes?: boolean } = {},
): readonly string[] {
  if (kind === "thing-model") return [topics.thingFilter(device)];
  const replies = topics.datapointReplyFilter(device);
  return echoes ? [replies, ...topics.commandFilters(device)] : [replies, topics.commandFilter(device)];
}

/** The kinds whose suffix is always the same. */
const KINDS_BY_SUFFIX = new Map(
  Object.values(TOPIC_SHAPES).flatMap(({ kind, before, name }) =>
    name === undefined ? [[before, kind]] : [],
  ),
);
/** The kinds with a level that varies. */
const VARYING = Object.values(TOPIC_SHAPES).flatMap(({ name, ...shape }) =>
  name === undefined ? [] : [{ name, ...shape }],
);

/** Reads a topic of the table, whoever's it is; undefined for any other. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  if (!topic.startsWith("$sys/")) return undefined;
  const productEnd = topic.indexOf("/", 5);
  const deviceEnd = topic.indexOf("/", productEnd + 1);
  if (productEnd <= 5 || deviceEnd <= productEnd + 1) return undefined;
  const suffix = topic.slice(deviceEnd + 1);
  const device = {
    productId: topic.slice(5, productEnd),
    deviceName: topic.slice(productEnd + 1, deviceEnd),
  };
  const known = KINDS_BY_SUFFIX.get(suffix);
  // The row and the type were made from the same table.
  if (known !== undefined && !suffix.includes("{")) return { kind: known, device } as ParsedTopic;
  for (const { kind, before, name, after } of VARYING) {
    const level = levelBetween(suffix, before, after);
    if (level !== undefined) return { kind, device, [name]: level } as ParsedTopic;
  }
  return undefined;
}

/** The one level of the text between these two. */
function levelBetween(text: string, before: string, after: string): string | undefined {
  if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
  const level = text.slice(before.length, text.length - after.length);
  return level === "" || level.includes("/") ? undefined : level;
}

/**
 * The topic itself, once any MQTT broker would take it.
 *
 * @throws {OneNetError} ONENET_TOPIC_INVALID.type, .empty, .wildcard, .null, .length
 * @see MQTT 3.1.1 §4.7
 */
export function checkPublishTopic(topic: unknown, rules: { readonly maxBytes?: number } = {}): string {
  if (typeof topic === "string" && topic === lastGoodTopic && rules.maxBytes === undefined) return topic;
  if (topic === undefined || topic === null || topic === "")
    throw new OneNetError("ONENET_TOPIC_INVALID.empty");
  if (typeof topic !== "string") throw new OneNetError("ONENET_TOPIC_INVALID.type", { type: typeof topic });
  if (/[+#]/.test(topic)) throw new OneNetError("ONENET_TOPIC_INVALID.wildcard", { topic: clip(topic) });
  if (topic.includes("\0")) throw new OneNetError("ONENET_TOPIC_INVALID.null", { topic: clip(topic) });
  const maxBytes = rules.maxBytes ?? MQTT_MAX_TOPIC_BYTES;
  const bytes = utf8Bytes(topic);
  if (bytes > maxBytes) throw new OneNetError("ONENET_TOPIC_INVALID.length", { bytes, maxBytes });
  if (rules.maxBytes === undefined) lastGoodTopic = topic;
  return topic;
}

/** Most nodes publish to one topic for ever. */
let lastGoodTopic: string | undefined;

/**
 * Refuses a topic at which the platform would cut the link of this device.
 *
 * @throws {OneNetError} ONENET_TOPIC_FORBIDDEN.foreign, .unknown, .platform, .kind; ONENET_TOPIC_INVALID.levels, .characters
 * @see docs 2022, topic rules; observed: `dp/post/json` on a OneJSON product cuts the link within 0.3 s
 */
export function checkDevicePublish(topic: string, device: DeviceIdentity, productKind: ProductKind): void {
  const prefix = devicePrefix(device);
  const shown = { topic: clip(topic) };
  if (!topic.startsWith(`${prefix}/`))
    throw new OneNetError("ONENET_TOPIC_FORBIDDEN.foreign", { ...shown, prefix });
  const levels = topic.split("/").length;
  if (levels > MAX_TOPIC_LEVELS) {
    throw new OneNetError("ONENET_TOPIC_INVALID.levels", { ...shown, levels, maxLevels: MAX_TOPIC_LEVELS });
  }
  if (!/^[A-Za-z0-9/_$-]+$/.test(topic)) throw new OneNetError("ONENET_TOPIC_INVALID.characters", shown);
  const parsed = parseTopic(topic);
  if (!parsed) throw new OneNetError("ONENET_TOPIC_FORBIDDEN.unknown", shown);
  const row: TopicRow = TOPICS[parsed.kind];
  if (row.direction === "down") throw new OneNetError("ONENET_TOPIC_FORBIDDEN.platform", shown);
  if (row.product !== "both" && row.product !== productKind) {
    throw new OneNetError("ONENET_TOPIC_FORBIDDEN.kind", { ...shown, productKind });
  }
}

/** First levels that the platform refuses to a product of the other kind. `thing` on data streams is inferred. */
const REFUSED_NAMESPACE: Readonly<Record<ProductKind, string>> = {
  "thing-model": "cmd",
  "data-stream": "thing",
};

/**
 * The platform's answer to a SUBSCRIBE: true grants QoS 0, false is SUBACK 0x80 (the connection stays).
 *
 * Wildcards from level 4 on, the device's own prefix, ≤ 512 bytes, ≤ 8 levels, not the other kind's namespace.
 * Filters on topics that do not exist are granted (firmware in the field subscribes such, unpunished).
 *
 * @see docs 2022, topic rules; observed 2026-09 on a thing-model product: `cmd/#` and `cmd/request/+` get 0x80
 */
export function checkDeviceFilter(filter: string, device: DeviceIdentity, productKind: ProductKind): boolean {
  const levels = filter.split("/");
  const prefix = `${devicePrefix(device)}/`;
  return (
    filter.startsWith(prefix) &&
    filter.length > prefix.length &&
    isFilter(levels) &&
    levels.length <= MAX_TOPIC_LEVELS &&
    utf8Bytes(filter) <= MAX_FILTER_BYTES &&
    levels[3] !== REFUSED_NAMESPACE[productKind]
  );
}

/** `+` and `#` fill a level, `#` is the last. */
function isFilter(levels: readonly string[]): boolean {
  return levels.every(
    (level, index) =>
      !/[+#\0]/.test(level) || level === "+" || (level === "#" && index === levels.length - 1),
  );
}
