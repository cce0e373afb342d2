/**
 * Every topic of the platform: one table, from which {@link ./topic} builds, reads and judges topics.
 *
 * The law of names: answers *by the platform* end in `/reply`, answers *by the device* in `_reply`.
 *
 * @see docs 920, docs 2022, C SDK, C SDK 2.1.3
 */

/** 物模型 (OneJSON) or 数据流: chosen once, when the product is made. */
export type ProductKind = "thing-model" | "data-stream";

export interface DeviceIdentity {
  readonly productId: string;
  readonly deviceName: string;
}

export interface TopicRow {
  /** What follows `$sys/{pid}/{device-name}/`; a level in braces stands for any one level. */
  readonly suffix: string;
  /** Who publishes: `up` the device, `down` the platform. */
  readonly direction: "up" | "down";
  /** `both` where a product of either kind was seen to stay connected, or the topic is none of its data. */
  readonly product: ProductKind | "both";
}

const up = <S extends string>(product: TopicRow["product"], suffix: S) =>
  ({ suffix, direction: "up", product }) as const;
const down = <S extends string>(product: TopicRow["product"], suffix: S) =>
  ({ suffix, direction: "down", product }) as const;

/**
 * The pre-release `thing/tlv/up` and `thing/json/up` and the old `$subdev/…` (docs 2022) are left out: historic.
 * The `image` topics are absent from the current topic page and kept as part of the data-stream protocol.
 */
export const TOPICS = {
  "datapoint-post": up("data-stream", "dp/post/json"),
  "datapoint-accepted": down("data-stream", "dp/post/json/accepted"),
  "datapoint-rejected": down("data-stream", "dp/post/json/rejected"),
  "command-request": down("data-stream", "cmd/request/{commandId}"),
  "command-response": up("data-stream", "cmd/response/{commandId}"),
  "command-response-accepted": down("data-stream", "cmd/response/{commandId}/accepted"),
  "command-response-rejected": down("data-stream", "cmd/response/{commandId}/rejected"),
  "image-update": up("data-stream", "image/update"),
  "image-update-accepted": down("data-stream", "image/update/accepted"),
  "image-update-rejected": down("data-stream", "image/update/rejected"),
  "image-update-delta": down("data-stream", "image/update/delta"),
  "image-get": up("data-stream", "image/get"),
  "image-get-accepted": down("data-stream", "image/get/accepted"),
  "image-get-rejected": down("data-stream", "image/get/rejected"),

  "property-post": up("thing-model", "thing/property/post"),
  "property-post-reply": down("thing-model", "thing/property/post/reply"),
  "property-set": down("thing-model", "thing/property/set"),
  "property-set-reply": up("thing-model", "thing/property/set_reply"),
  "property-get": down("thing-model", "thing/property/get"),
  "property-get-reply": up("thing-model", "thing/property/get_reply"),
  "desired-get": up("thing-model", "thing/property/desired/get"),
  "desired-get-reply": down("thing-model", "thing/property/desired/get/reply"),
  "desired-delete": up("thing-model", "thing/property/desired/delete"),
  "desired-delete-reply": down("thing-model", "thing/property/desired/delete/reply"),
  "event-post": up("thing-model", "thing/event/post"),
  "event-post-reply": down("thing-model", "thing/event/post/reply"),
  "service-invoke": down("thing-model", "thing/service/{identifier}/invoke"),
  "service-invoke-reply": up("thing-model", "thing/service/{identifier}/invoke_reply"),
  "pack-post": up("thing-model", "thing/pack/post"),
  "pack-post-reply": down("thing-model", "thing/pack/post/reply"),
  "history-post": up("thing-model", "thing/history/post"),
  "history-post-reply": down("thing-model", "thing/history/post/reply"),
  "sub-login": up("thing-model", "thing/sub/login"),
  "sub-login-reply": down("thing-model", "thing/sub/login/reply"),
  "sub-logout": up("thing-model", "thing/sub/logout"),
  "sub-logout-reply": down("thing-model", "thing/sub/logout/reply"),
  "sub-property-set": down("thing-model", "thing/sub/property/set"),
  "sub-property-set-reply": up("thing-model", "thing/sub/property/set_reply"),
  "sub-property-get": down("thing-model", "thing/sub/property/get"),
  "sub-property-get-reply": up("thing-model", "thing/sub/property/get_reply"),
  "sub-service-invoke": down("thing-model", "thing/sub/service/invoke"),
  "sub-service-invoke-reply": up("thing-model", "thing/sub/service/invoke_reply"),
  "topo-add": up("thing-model", "thing/sub/topo/add"),
  "topo-add-reply": down("thing-model", "thing/sub/topo/add/reply"),
  "topo-delete": up("thing-model", "thing/sub/topo/delete"),
  "topo-delete-reply": down("thing-model", "thing/sub/topo/delete/reply"),
  "topo-get": up("thing-model", "thing/sub/topo/get"),
  "topo-get-reply": down("thing-model", "thing/sub/topo/get/reply"),
  "topo-get-result": up("thing-model", "thing/sub/topo/get/result"),
  "topo-change": down("thing-model", "thing/sub/topo/change"),
  "topo-change-reply": up("thing-model", "thing/sub/topo/change_reply"),

  // `custome` is the platform's own spelling; on a OneJSON product `custome/up` was seen to stay connected
  "custome-up": up("both", "custome/up"),
  "custome-up-reply": down("both", "custome/up_reply"),
  "custome-down": down("both", "custome/down/{downId}"),
  "custome-down-reply": up("both", "custome/down_reply/{downId}"),
  "cmp-post": up("both", "cmp/property/post"),
  "cmp-post-reply": down("both", "cmp/property/post/reply"),
  "ota-inform": down("both", "ota/inform"),
  "ota-inform-reply": up("both", "ota/inform_reply"),
} as const satisfies Record<string, TopicRow>;

export type TopicKind = keyof typeof TOPICS;

/** A topic's suffix around its one varying level; where none varies all of it is `before`. */
export interface TopicShape {
  readonly kind: TopicKind;
  readonly before: string;
  readonly name: string | undefined;
  readonly after: string;
}

const ROWS = Object.entries(TOPICS) as [TopicKind, TopicRow][];

export const TOPIC_SHAPES = Object.fromEntries(
  ROWS.map(([kind, { suffix }]): [TopicKind, TopicShape] => {
    const [before = "", name, after = ""] = suffix.split(/[{}]/);
    return [kind, { kind, before, name, after }];
  }),
) as Readonly<Record<TopicKind, TopicShape>>;

type NamesIn<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** The levels of a topic that vary: `commandId`, `identifier`, `downId`, or none. */
export type TopicParams<K extends TopicKind> = Readonly<
  Record<NamesIn<(typeof TOPICS)[K]["suffix"]>, string>
>;
/** A topic read: which it is, whose, and its varying level under its own name. */
export type ParsedTopic = {
  [K in TopicKind]: { readonly kind: K; readonly device: DeviceIdentity } & TopicParams<K>;
}[TopicKind];
