import { deliver } from "../delivery/deliver";
import type { DeliveryGate } from "../delivery/gate";
import type { OneNetError } from "../errors";
import { encodeAnswer, encodeRequest } from "../protocol/envelope";
import type { JsonValue } from "../protocol/json";
import { SUCCESS_CODE } from "../protocol/limits";
import { parsePropertyPostReply } from "../protocol/property";
import type { ProductKind } from "../protocol/topic";
import { checkDevicePublish, type DeviceIdentity, topicOf } from "../protocol/topic";

/** What a device asks of the platform; each has a reply. */
export const REQUEST_KINDS = [
  "desired-get",
  "desired-delete",
  "sub-login",
  "sub-logout",
  "topo-add",
  "topo-delete",
  "topo-get",
  "cmp-post",
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export interface RequestOptions {
  /** How long it may wait for the link and its turn; default {@link REQUEST_TIMEOUT_MS}. The reply has the time of any other. */
  readonly timeoutMs?: number;
}

export const REQUEST_TIMEOUT_MS = 30_000;

export interface DeviceRequestsSettings {
  readonly device: DeviceIdentity;
  readonly productKind: ProductKind;
  readonly delivery: Pick<DeliveryGate, "enqueue" | "settleReply">;
  readonly nextMessageId: () => number;
  /** Resolves when replies to reports of SIM and hardware can come, or with the reason why they cannot. */
  readonly wantHardwareReplies: () => Promise<OneNetError | undefined>;
}

/** The requests of a device that wait for a reply with data. */
export class DeviceRequests {
  readonly #settings: DeviceRequestsSettings;
  /** What the reply brought, by its key. */
  readonly #open = new Map<string, { data?: JsonValue }>();

  constructor(settings: DeviceRequestsSettings) {
    this.#settings = settings;
  }

  /** As `Device.request`. */
  async request(
    kind: RequestKind,
    params: JsonValue | undefined,
    { timeoutMs = REQUEST_TIMEOUT_MS }: RequestOptions,
  ): Promise<JsonValue | undefined> {
    const { device, productKind, delivery, nextMessageId, wantHardwareReplies } = this.#settings;
    const topic = topicOf(device, kind, {});
    checkDevicePublish(topic, device, productKind);
    const refusal = kind === "cmp-post" ? await wantHardwareReplies() : undefined;
    if (refusal !== undefined) throw refusal;
    const id = String(nextMessageId());
    // Bytes, for a debug log of mqtt-packet shows text in full: the signature of a topology token must not stand there.
    const payload = Buffer.from(encodeRequest(id, params));
    const reply: { data?: JsonValue } = {};
    const replyKey = keyOf(id);
    const draft = {
      kind: "publish",
      publish: { topic, payload, qos: 1, retain: false },
      replyKey,
    } as const;
    this.#open.set(replyKey, reply);
    try {
      const options = { completeWhen: "accepted", transient: true, expiryMs: timeoutMs } as const;
      await deliver(delivery, draft, payload.length, options);
    } finally {
      this.#open.delete(replyKey);
    }
    if (kind === "topo-get") this.#confirmTopology(id);
    return reply.data;
  }

  /** The platform's reply to a request came, of whatever kind: ids are of all. */
  settle(payload: Buffer): void {
    const reply = parsePropertyPostReply(payload);
    if (reply === undefined) return;
    const { messageId, code, message, data } = reply;
    const replyKey = keyOf(String(messageId));
    const open = this.#open.get(replyKey);
    if (open === undefined) return;
    if (data !== undefined) open.data = data;
    this.#settings.delivery.settleReply(replyKey, code === SUCCESS_CODE ? undefined : { code, message });
  }

  /** The platform hears that its list has arrived; nobody waits for that. */
  #confirmTopology(id: string): void {
    const topic = topicOf(this.#settings.device, "topo-get-result", {});
    const payload = encodeAnswer(id, SUCCESS_CODE, "success");
    const draft = { kind: "publish", publish: { topic, payload, qos: 1, retain: false } } as const;
    deliver(this.#settings.delivery, draft, payload.length, {
      completeWhen: "acknowledged",
      answer: true,
    }).catch(() => undefined);
  }
}

function keyOf(id: string): string {
  return `request:${id}`;
}
