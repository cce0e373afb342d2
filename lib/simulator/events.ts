import type { JsonValue } from "../protocol/json";

/** What every event about a device carries. */
export interface AboutDevice {
  readonly productId: string;
  readonly deviceName: string;
}

export interface ListeningEvent {
  readonly event: "listening";
  readonly host: string;
  readonly port: number;
  /** Absent when no cloud API is served. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** SHA-256 of the root certificate that signs the TLS port's, `AB:CD:…`. */
  readonly rootFingerprintSha256?: string;
}

export interface LoginEvent extends AboutDevice {
  readonly event: "login";
  /** `host:port` of the device's side. */
  readonly address: string;
  /** What followed `?` in the client id (card management, 机卡管理), if anything did. */
  readonly clientIdSuffix?: string;
  readonly keepAliveSeconds: number;
  readonly tls: boolean;
  readonly keyKind: "device-key" | "product-key";
  readonly tokenVersion: string;
  readonly tokenMethod: string;
  readonly tokenExpiresAtMs: number;
}

export type RefusedWhat = "login" | "subscribe" | "publish" | "post" | "request" | "answer" | "cloud" | "tls";

export interface RefusedEvent extends Partial<AboutDevice> {
  readonly event: "refused";
  /** `login`: CONNACK; `subscribe`: 0x80; `publish`: the link is closed; `post`, `request`: a reply says so. */
  readonly what: RefusedWhat;
  /** The platform's log or reply code, see `lib/protocol/codes.ts`; 0 where none is known. */
  readonly code: number;
  readonly message: string;
  readonly topic?: string;
  readonly address?: string;
}

export interface SubscribedEvent extends AboutDevice {
  readonly event: "subscribed";
  readonly filters: readonly string[];
}

/** What a post brought of one device. */
export interface StoredShare extends AboutDevice {
  /** Samples and events. */
  readonly count: number;
  /** Property identifier -> its last value in the post. */
  readonly properties: Readonly<Record<string, JsonValue>>;
  /** Event identifier -> the outputs of its last occurrence in the post. */
  readonly events: Readonly<Record<string, JsonValue>>;
}

export interface PublishEvent extends AboutDevice {
  readonly event: "publish";
  readonly topic: string;
  readonly qos: number;
  readonly payloadBytes: number;
  /** As UTF-8 text, at most 4,096 characters; secrets masked. */
  readonly payload: string;
  readonly truncated?: true;
  /** The `id` in the payload, or the command's id; absent if unreadable. */
  readonly messageId?: string;
  /** What a post of the device's own carried: identifier or stream -> its last value. Absent if the post was refused. */
  readonly values?: Readonly<Record<string, JsonValue>>;
  /** What a post with events, with several samples or of sub-devices carried, by device. Absent if it was refused. */
  readonly stored?: readonly StoredShare[];
}

/** So much of a device's history is kept; from now on the oldest goes for each new one. */
export interface HistoryFullEvent extends AboutDevice {
  readonly event: "history-full";
  /** The property; absent where events are meant. */
  readonly identifier?: string;
  readonly kept: number;
}

/** The platform answered something the device sent. */
export interface ReplyEvent extends AboutDevice {
  readonly event: "reply";
  readonly topic: string;
  readonly messageId: string;
  /** 200 accepted (thing model), 0 accepted (data stream), else the platform's code. */
  readonly code: number;
  readonly message: string;
  /** False: the device had not subscribed (platform log 1022), so nothing was sent. */
  readonly delivered: boolean;
}

/** A sub-device (子设备) came to a gateway or left it, or the gateway told whether it is there. */
export interface SubDeviceEvent extends AboutDevice {
  readonly event: "sub-device";
  readonly change: "added" | "removed" | "login" | "logout";
  readonly gateway: AboutDevice;
}

/** The platform asked something of the device: a property set or get, a service, a command, … */
export interface RequestEvent extends AboutDevice {
  readonly event: "request";
  readonly topic: string;
  readonly messageId: string;
  readonly payload: string;
}

/** A device answered a service, of its own or of a sub-device: also of one whose caller did not wait. */
export interface ServiceEvent extends AboutDevice {
  readonly event: "service";
  readonly identifier: string;
  readonly messageId: string;
  readonly code: number;
  readonly message: string;
  readonly output: JsonValue;
}

/** A call of the cloud application came to its end. */
export interface CloudEvent extends Partial<AboutDevice> {
  readonly event: "cloud";
  /** `thingmodel/set-device-property`, … */
  readonly operation: string;
  readonly code: number;
  readonly message: string;
}

/** One for each TCP connection that ended. */
export interface ClosedEvent extends Partial<AboutDevice> {
  readonly event: "closed";
  readonly address: string;
  readonly reason: ClosedReason;
  readonly detail?: string;
}

/** Why a connection ended. The first eight are the device's or nobody's fault, the rest the law's. */
export type ClosedReason =
  | "disconnect"
  | "connection-lost"
  | "evicted"
  | "login-refused"
  | "removed"
  | "stopped"
  | "fault"
  | "keep-alive-timeout"
  | "no-connect"
  | "login-rate"
  | "protocol-version"
  | "keep-alive-range"
  | "will"
  | "retain"
  | "persistent-session"
  | "qos-2"
  | "dup-at-qos-0"
  | "second-connect"
  | "too-many-filters"
  | "payload-too-large"
  | "topic-refused"
  | "malformed";

type Stamped<E> = E & {
  /** When, in milliseconds since 1970. */
  readonly at: number;
};

export type UnstampedEvent =
  | ListeningEvent
  | LoginEvent
  | RefusedEvent
  | SubscribedEvent
  | PublishEvent
  | HistoryFullEvent
  | SubDeviceEvent
  | ReplyEvent
  | RequestEvent
  | ServiceEvent
  | CloudEvent
  | ClosedEvent;

/** Everything the simulator tells. No event holds a key or a token. */
export type SimulatorEvent = { [E in UnstampedEvent as E["event"]]: Stamped<E> }[UnstampedEvent["event"]];

export type SimulatorListener = (event: SimulatorEvent) => void;

/**
 * Hands each event to every listener, to each a copy of its own (values in it are those the simulator keeps); a
 * listener that throws spoils nothing for the others or the broker.
 */
export class EventHub {
  readonly #listeners = new Set<SimulatorListener>();

  on(listener: SimulatorListener): () => void {
    const own: SimulatorListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  emit(event: UnstampedEvent): void {
    const stamped = { ...event, at: Date.now() } as SimulatorEvent;
    for (const listener of [...this.#listeners]) {
      try {
        listener(structuredClone(stamped));
      } catch {
        // The listener's own affair: the wire must not depend on it.
      }
    }
  }
}
