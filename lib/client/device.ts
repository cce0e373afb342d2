import type { Clock } from "../clock";
import { Admission } from "../delivery/admission";
import { devicePacker } from "../delivery/device-packer";
import type { DeliveryGate } from "../delivery/gate";
import type { Rejection } from "../delivery/message";
import type { Packer } from "../delivery/packer";
import type { OneNetError } from "../errors";
import { asOneNetError } from "../errors";
import { subLoginParams } from "../protocol/gateway";
import { readIdentities, readIdentity } from "../protocol/identity";
import { encodeValue, type JsonObject, type JsonValue } from "../protocol/json";
import type { DeviceIdentity, ProductKind } from "../protocol/topic";
import { deviceFilters, topicOf } from "../protocol/topic";
import { sendAnswer } from "./answer-delivery";
import type { Answer } from "./command";
import { CommandDesk } from "./command-desk";
import { readInbound } from "./device-inbound";
import { DevicePosts, type PostOptions, type Sendable } from "./device-posts";
import { DeviceRequests, type RequestKind, type RequestOptions } from "./device-requests";
import { ExtraFilters } from "./extra-filters";
import { LastValues } from "./last-values";
import type { PostOutcome } from "./post-outcome";
import type { DeviceProfile } from "./profile";
import { mayBePlainBroker, poolKey, profileLabel } from "./profile";
import { RequestTurns } from "./request-turns";
import type { InboundMessage } from "./session";
import { SubLogins } from "./sub-logins";
import type { Subscriptions } from "./subscriptions";

export type { PostOptions, Sendable } from "./device-posts";
export type { FailedDatapoint, PostOutcome } from "./post-outcome";

/** What a device shares with its connection. */
export interface DeviceParts {
  readonly subscriptions: Subscriptions;
  readonly delivery: DeliveryGate;
  readonly clock: Clock;
  readonly report: (error: OneNetError) => void;
  readonly nextMessageId: () => number;
}

/** What became of values that were handed out as if set. */
export interface AppliedSet {
  readonly answer: Answer;
  readonly taken: readonly string[];
}

/**
 * The OneNET side of a connection: posts datapoints, asks the platform, reads its replies, hands out commands.
 */
export class Device {
  readonly commands: CommandDesk;
  /** Which sub-devices may post and log in; all of them, unless somebody says otherwise. */
  readonly admission = new Admission();
  /** Encodes what this device sends. */
  readonly packer: Packer;
  /** What the platform has accepted last; kept from the moment somebody answers gets with it. */
  readonly lastValues = new LastValues();
  readonly #profile: DeviceProfile;
  /** Which sub-devices are logged in. */
  readonly subLogins: SubLogins;
  /** Of requests that nobody waits for but the gateway itself. */
  readonly turns: RequestTurns;
  readonly #posts: DevicePosts;
  readonly #delivery: DeliveryGate;
  readonly #requests: DeviceRequests;
  readonly #report: (error: OneNetError) => void;
  readonly #loginListeners = new Set<() => void>();
  #desiredSets = 0;

  constructor(profile: DeviceProfile, parts: DeviceParts) {
    const { subscriptions, delivery, clock, report, nextMessageId } = parts;
    const { device, productKind, batching, messagesPerSecond } = profile;
    const echoes = mayBePlainBroker(profile);
    this.#profile = profile;
    this.#delivery = delivery;
    this.#report = report;
    this.packer = this.lastValues.noting(devicePacker(device, productKind, nextMessageId, batching));
    const onMessage = (message: InboundMessage) => readInbound(inbound, message);
    const extras = new ExtraFilters(device, echoes, subscriptions, onMessage);
    this.commands = this.#newDesk(parts, extras);
    const wantHardwareReplies = () => extras.use("cmp");
    this.#requests = new DeviceRequests({
      device,
      productKind,
      delivery,
      nextMessageId,
      wantHardwareReplies,
    });
    const login = async (sub: DeviceIdentity) => {
      await this.admission.admitted(sub);
      await this.#requests.request("sub-login", subLoginParams(sub), {});
    };
    this.turns = new RequestTurns(clock, messagesPerSecond);
    this.subLogins = new SubLogins({ clock, messagesPerSecond, turns: this.turns, login, report });
    this.#posts = new DevicePosts({ productKind, batching, delivery, subLogins: this.subLogins });
    const settlePost = (replyKey: string, rejection?: Rejection) => {
      this.lastValues.replied(replyKey, rejection === undefined);
      delivery.settleReply(replyKey, rejection);
    };
    const inbound = {
      delivery,
      settlePost,
      requests: this.#requests,
      commands: this.commands,
      noteTopology: (devices: readonly DeviceIdentity[]) => this.#noteTopology(devices),
      report,
    };
    for (const filter of deviceFilters(device, productKind, { echoes })) subscriptions.add(filter, onMessage);
  }

  #newDesk({ clock, report }: DeviceParts, extras: ExtraFilters): CommandDesk {
    return new CommandDesk({
      connection: poolKey(this.#profile),
      device: this.#profile.device,
      label: profileLabel(this.#profile),
      clock,
      lastValues: (device, identifiers) => this.lastValues.find(device, identifiers),
      registered: ({ kinds, answersGets }) => {
        if (answersGets === "last-values") this.lastValues.keep();
        return extras.useFor(kinds);
      },
      send: (answer, expiryMs, { id }, tell) => sendAnswer(this.#delivery, answer, expiryMs, id, tell),
      report,
    });
  }

  get productKind(): ProductKind {
    return this.#profile.productKind;
  }

  /**
   * Asks the platform, now or when the link is up, ahead of what has gathered. The replies' `data`: of `desired-get` see
   * `readDesired`, of `topo-get` see `readIdentities` (that the list has arrived is confirmed by itself); others have none.
   *
   * @param params as lib/protocol/desired.ts, gateway.ts and hardware.ts make them; undefined for `topo-get`
   * @throws {OneNetError} rejects with ONENET_REJECTED (`platformCode`, `platformMessage`), ONENET_ACK_TIMEOUT.reply,
   *   ONENET_EXPIRED when the link did not come, ONENET_TOPIC_FORBIDDEN.kind on a data-stream product,
   *   ONENET_SUBSCRIBE_REFUSED for `cmp-post`, ONENET_CLOSED
   */
  async request(
    kind: RequestKind,
    params: JsonValue | undefined,
    options: RequestOptions = {},
  ): Promise<JsonValue | undefined> {
    const data = await this.#requests.request(kind, params, options);
    const sub = readIdentity(params);
    if (kind === "topo-get") this.#noteTopology(readIdentities(data));
    if ((kind === "topo-add" || kind === "sub-login") && sub !== undefined) this.#noteTopology([sub]);
    if ((kind === "sub-login" || kind === "sub-logout") && sub !== undefined)
      this.subLogins.changed(sub, kind === "sub-login");
    return data;
  }

  /** These belong to the gateway, whatever the platform said of them before. */
  #noteTopology(devices: readonly DeviceIdentity[]): void {
    for (const device of devices) this.#delivery.badStreams?.forget({ device });
  }

  /**
   * Calls `listener` each time the device has logged in and its replies are subscribed; not for a login before.
   *
   * @returns what takes the listener away again
   */
  onLogin(listener: () => void): () => void {
    this.#loginListeners.add(listener);
    return () => {
      this.#loginListeners.delete(listener);
    };
  }

  /** Nobody may be there to see to what is held back. */
  releaseHeld(): void {
    this.subLogins.releaseAll();
  }

  /** The link is up, and nothing has been sent on it. */
  linkUp(): void {
    this.subLogins.linkUp();
  }

  linkDown(): void {
    this.commands.linkDown();
    this.subLogins.linkDown();
    this.admission.linkDown();
  }

  /** The connection is up. */
  loggedIn(): void {
    for (const listener of [...this.#loginListeners]) {
      try {
        listener();
      } catch (thrown) {
        this.#report(asOneNetError(thrown));
      }
    }
  }

  /**
   * Hands values (desired ones, say) to the handlers of property sets, as if the platform had set them. Resolves with
   * what they answer, or a failure when nobody takes them, or in time; the platform is told nothing. `taken` are those
   * that were set with success: handlers may ignore what none of them takes.
   *
   * @param device the sub-device; undefined: the own one
   */
  applyAsSet(values: JsonObject, device?: DeviceIdentity): Promise<AppliedSet> {
    const identifiers = Object.keys(values);
    if (identifiers.length === 0) return Promise.resolve({ answer: { success: true }, taken: [] });
    const own = this.#profile.device;
    const topic = topicOf(own, device === undefined ? "property-set" : "sub-property-set", {});
    this.#desiredSets += 1;
    const request = {
      kind: "property-set",
      id: `desired-${this.#desiredSets}`,
      topic,
      identifiers,
      values,
    } as const;
    const body = Buffer.from(encodeValue(values));
    return new Promise((resolve) => {
      const told = (answer: Answer, taken: readonly string[]) =>
        resolve({ answer, taken: answer.success ? taken : [] });
      this.commands.receive({ ...request, body, told, ...(device === undefined ? {} : { device }) });
    });
  }

  /** The promise form of {@link enqueue}; never rejects. */
  post(points: Sendable, options: PostOptions): Promise<PostOutcome> {
    return new Promise((resolve) => this.enqueue(points, options, resolve));
  }

  /**
   * Posts datapoints, packed with what else waits.
   *
   * @param told called once, now or later, with what became of each
   */
  enqueue(points: Sendable, options: PostOptions, told: (outcome: PostOutcome) => void): void {
    this.#posts.enqueue(points, options, told);
  }
}
