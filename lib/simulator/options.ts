import { OTA_REPLY_TIMEOUT_MS } from "../protocol/limits";
import type { ProductKind } from "../protocol/platform";
import type { ThingModel } from "../protocol/thing-model";

export interface SimulatedDevice {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`; unique within its product only. */
  readonly deviceName: string;
  /** Base64 text. */
  readonly deviceKey: string;
}

export interface SimulatedProduct {
  readonly productId: string;
  readonly kind: ProductKind;
  /** Base64 text. Without one no token signed with a product key is taken. */
  readonly productKey?: string;
  /**
   * The thing model (物模型): as text, as the console exports it, or read. With it posts are judged by types and
   * identifiers; without it they are taken as far as their form is right.
   */
  readonly model?: string | ThingModel;
  readonly devices: readonly SimulatedDevice[];
}

/** The account a cloud application may sign its tokens for (`res=userid/{userId}`). */
export interface SimulatedUser {
  readonly userId: string;
  /** Base64 text. */
  readonly accessKey: string;
}

/** Which of the platform's published limits hold. @see device-mqtt.md §4.3 */
export type LimitsName = "off" | "strict" | "lenient";

/** Where sources disagree or tests want to look faster, a rule decides. All have defaults. */
export interface SimulatorRules {
  /** CONNACK return code of a refused login. Default 4: every observation says so; one document says 5. */
  readonly connackForBadLogin: 4 | 5;
  /** Answer to a CONNECT that is not MQTT 3.1.1. Default `connack-1`; what the platform does is unknown. */
  readonly otherProtocolVersion: "connack-1" | "close";
  /** `permissive` (default): a token for the device may be signed with the product key too. @see device-mqtt.md §3.2 */
  readonly deviceResource: "permissive" | "strict";
  /** `any` (default): 2018-10-31 tokens open the cloud API too. `strict`: 2022-05-01 only there, 2018-10-31 only for MQTT. */
  readonly tokenVersions: "any" | "strict";
  /** Default true, as the design documents say. If false, the will is ignored. */
  readonly closeOnWill: boolean;
  /** Default true. If false, the retain flag is ignored. */
  readonly closeOnRetain: boolean;
  /** Default true. If false, the session is clean all the same. */
  readonly closeOnPersistentSession: boolean;
  /** Default true. If false, QoS 2 is answered by PUBREC and PUBCOMP. */
  readonly closeOnQos2: boolean;
  /** More than 8 filters in a SUBSCRIBE: each 0x80 (default), or the link closed. What the platform does is unknown. */
  readonly tooManyFilters: "refuse" | "close";
  /** Default `off`. */
  readonly limits: LimitsName;
  /** How long a login over the rate is banned. Default 300,000 (5 minutes). */
  readonly loginBanMs: number;
  /** A TCP connection without a CONNECT is closed after this. Default 10,000; the platform's figure is unknown. */
  readonly connectTimeoutMs: number;
  /** A link on which nothing comes is closed after keep alive × this. Default 1.5. */
  readonly silenceFactor: number;
  /** How long the cloud waits for `set_reply` and `get_reply`. Default 5,000; observed up to 10,000. */
  readonly propertyTimeoutMs: number;
  /** How long a reply to an asynchronous service is taken. Default 600,000; the platform's figure is unknown. */
  readonly asyncServiceTimeoutMs: number;
  /** How long the platform waits for `ota/inform_reply`. Default 20,000. */
  readonly otaTimeoutMs: number;
  /**
   * Whether a desired value set while the device can be reached is also sent as `property/set` (`push`), or waits
   * until the device asks (`wait`, default). The documents say "pushed", and not how.
   */
  readonly desiredWhileOnline: "push" | "wait";
  /**
   * Whether requests reach only those sub-devices that `sub/login` made online. Default false: its gateway suffices,
   * unless it said `sub/logout`; the documents call the login optional.
   */
  readonly subLoginNeeded: boolean;
  /** A data-stream command's time-out if the caller names none. Default 5,000. */
  readonly commandTimeoutMs: number;
  /** Samples kept of each property of a device; then the oldest go. Default 100,000; the platform keeps them by days. */
  readonly historyPerProperty: number;
  /** Events, and as many service calls, kept of each device; then the oldest go. Default 10,000. */
  readonly eventsPerDevice: number;
  /** How the thing model's length of a text is counted. Default `characters`; no document says. */
  readonly textLength: "characters" | "bytes";
  /** Whether `device/detail` and `device/list` show `sec_key`. Default false, though the platform does. */
  readonly revealDeviceKeys: boolean;
}

export const DEFAULT_RULES: SimulatorRules = {
  connackForBadLogin: 4,
  otherProtocolVersion: "connack-1",
  deviceResource: "permissive",
  tokenVersions: "any",
  closeOnWill: true,
  closeOnRetain: true,
  closeOnPersistentSession: true,
  closeOnQos2: true,
  tooManyFilters: "refuse",
  limits: "off",
  loginBanMs: 300_000,
  connectTimeoutMs: 10_000,
  silenceFactor: 1.5,
  propertyTimeoutMs: 5_000,
  asyncServiceTimeoutMs: 600_000,
  otaTimeoutMs: OTA_REPLY_TIMEOUT_MS,
  desiredWhileOnline: "wait",
  subLoginNeeded: false,
  commandTimeoutMs: 5_000,
  historyPerProperty: 100_000,
  eventsPerDevice: 10_000,
  textLength: "characters",
  revealDeviceKeys: false,
};

export interface SimulatorOptions {
  /** Where the MQTT ports listen. Default 127.0.0.1. The cloud API listens on loopback whatever this is. */
  readonly host?: string;
  /** Default 18830; 0 picks a free one. */
  readonly port?: number;
  /** Cloud API: default 18831; 0 picks a free one; null serves none. */
  readonly httpPort?: number | null;
  /** MQTT over TLS: default null, none; 0 picks a free one. */
  readonly tlsPort?: number | null;
  /** For which names the TLS certificate is. Default `localhost`, `127.0.0.1`, `::1` and the host. */
  readonly tlsNames?: readonly string[];
  readonly products?: readonly SimulatedProduct[];
  readonly user?: SimulatedUser;
  readonly rules?: Partial<SimulatorRules>;
}

/** The rules with what is not named at its default; an undefined value counts as not named. */
export function readRules(chosen: Partial<SimulatorRules> = {}): SimulatorRules {
  const named = Object.entries(chosen).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_RULES, ...Object.fromEntries(named) };
}
