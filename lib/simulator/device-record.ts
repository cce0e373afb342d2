import type { JsonObject, JsonValue } from "../protocol/json";
import type { ProductKind } from "../protocol/platform";
import type { ThingModel } from "../protocol/thing-model";
import { DesiredValues } from "./desired-values";
import type { Link } from "./link";
import type { Timeline } from "./timeline";

/** A product with all its devices, merged from every registration that names it. */
export class ProductRecord {
  readonly devices = new Map<string, DeviceRecord>();
  productKey: string | undefined;
  /** As it was registered. */
  modelSource: string | ThingModel | undefined;
  model: ThingModel | undefined;
  registrations = 0;
  keyRegistrations = 0;
  modelRegistrations = 0;

  constructor(
    readonly productId: string,
    readonly kind: ProductKind,
  ) {}
}

/** The last value of a property or stream. */
export interface LastValue {
  readonly value: JsonValue;
  /** Milliseconds since 1970: the device's own time if it sent one. */
  readonly atMs: number;
}

/** An event (事件) as a device posted it. */
export interface DeviceEvent {
  readonly identifier: string;
  /** Its outputs. */
  readonly value: JsonValue;
}

/** A service that was called. */
export interface ServiceCall {
  readonly identifier: string;
  readonly isAsync: boolean;
  /** JSON text, as the output is. */
  readonly input: string;
  /** Of the device's reply. */
  code?: number;
  message?: string;
  repliedAtMs?: number;
  output?: string;
}

/** Names remembered of each kind; a thing model has 100 at most. */
export const MAX_NAMES = 1000;

/** What the platform remembers of a device, logged in or not. */
export class DeviceRecord {
  readonly createdAtMs = Date.now();
  activatedAtMs: number | undefined;
  lastAtMs: number | undefined;
  /** The connection it is logged in on. */
  link: Link | undefined;
  /** Last values by property identifier. */
  readonly properties = new Map<string, LastValue>();
  /** Last values by stream. */
  readonly datapoints = new Map<string, LastValue>();
  /** Every sample of a property, by identifier. */
  readonly history = new Map<string, Timeline<JsonValue>>();
  /** What happened. */
  events: Timeline<DeviceEvent> | undefined;
  services: Timeline<ServiceCall> | undefined;
  readonly desired = new DesiredValues();
  /** What it told of its SIM and hardware (机卡管理). */
  hardware: JsonObject | undefined;
  /** The gateway it belongs to, as a sub-device. */
  gateway: DeviceRecord | undefined;
  /** What belongs to it, as a gateway. */
  readonly subDevices = new Set<DeviceRecord>();
  registrations = 0;

  constructor(
    readonly product: ProductRecord,
    readonly deviceName: string,
    readonly deviceKey: string,
    /** The platform's own number for it (did). */
    readonly deviceNumber: string,
  ) {}

  get productId(): string {
    return this.product.productId;
  }

  get kind(): ProductKind {
    return this.product.kind;
  }

  /** 1 online, 0 offline, 2 never activated. @see cloud-api.md §1.4 */
  get status(): 0 | 1 | 2 {
    if (this.link || this.gateway?.link?.subSessions.get(this)) return 1;
    return this.activatedAtMs === undefined ? 2 : 0;
  }

  /** Remembers a value unless a later one is known. */
  remember(store: "properties" | "datapoints", name: string, value: JsonValue, atMs: number): void {
    const values = this[store];
    const known = values.get(name);
    if (known && known.atMs > atMs) return;
    values.set(name, { value, atMs });
    if (values.size <= MAX_NAMES) return;
    const [oldest = ""] = values.keys();
    values.delete(oldest);
  }
}
