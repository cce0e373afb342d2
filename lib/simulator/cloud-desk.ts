import { randomInt } from "node:crypto";
import type { Question } from "./answer-desk";
import { CLOUD_CODES, type CloudEnvelope, failure } from "./cloud-envelope";
import type { DeviceAnswer, SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { AboutDevice } from "./events";
import type { Link } from "./link";
import { withoutSecrets } from "./mask";

/** The first id is anywhere up to a million: an id seen in one run means nothing in the next. */
const FIRST_ID_BELOW = 1_000_000;

/** A question ready to be asked. */
export interface Asking {
  readonly question: Question;
  readonly id: string;
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly timeoutMs: number;
}

/** The connection over which a device is reached, and whose it is: its own, or its gateway's. */
export interface Route {
  readonly owner: DeviceRecord;
  readonly link: Link;
}

/** What every call of the cloud application needs: to find the device, to ask it, to tell how it ended. */
export class CloudDesk {
  #nextId = randomInt(1, FIRST_ID_BELOW);

  constructor(readonly context: SimulatorContext) {}

  newId(): string {
    return String(this.#nextId++);
  }

  /** Finds the device, does the work, tells how it ended. */
  async report(
    operation: string,
    about: AboutDevice,
    work: (device: DeviceRecord) => Promise<CloudEnvelope> | CloudEnvelope,
  ): Promise<CloudEnvelope> {
    const { productId, deviceName } = about;
    const device = this.context.registry.device(productId, deviceName);
    const envelope = device ? await work(device) : this.notFound(productId);
    return this.told(operation, { productId, deviceName }, envelope);
  }

  /** The same, for a device of a thing-model product. */
  async reportThing(
    operation: string,
    about: AboutDevice,
    work: (device: DeviceRecord) => Promise<CloudEnvelope> | CloudEnvelope,
  ): Promise<CloudEnvelope> {
    return this.report(operation, about, (device) =>
      device.kind === "thing-model" ? work(device) : noThingModel(),
    );
  }

  told(operation: string, about: Partial<AboutDevice>, envelope: CloudEnvelope): CloudEnvelope {
    const { code, msg: message } = envelope;
    this.context.hub.emit({ event: "cloud", operation, ...about, code, message });
    return envelope;
  }

  notFound(productId: string): CloudEnvelope {
    return this.context.registry.product(productId)
      ? failure(CLOUD_CODES.noDevice, "device not exist")
      : failure(CLOUD_CODES.noProduct, "product not exist");
  }

  /** @returns how the device is reached now, or why it is not */
  routeTo(device: DeviceRecord): Route | CloudEnvelope {
    const { link, gateway } = device;
    if (link) return { owner: device, link };
    const { subLoginNeeded } = this.context.rules;
    if (gateway?.link && (gateway.link.subSessions.get(device) ?? !subLoginNeeded))
      return { owner: gateway, link: gateway.link };
    return failure(CLOUD_CODES.offline, "device not online");
  }

  /** @returns the answer; undefined after the time-out; an envelope if the device could not be asked */
  ask({ owner, link }: Route, asking: Asking): Promise<DeviceAnswer | undefined> | CloudEnvelope {
    const { question, id, topic, payload, timeoutMs } = asking;
    if (!link.isSubscribed(topic)) return failure(CLOUD_CODES.internal, "device not subscribed");
    const answer = this.context.desk.ask(question, owner, id, timeoutMs);
    link.deliver(topic, payload);
    const { productId, deviceName } = owner;
    const text = withoutSecrets(Buffer.from(payload).toString(), owner);
    this.context.hub.emit({ event: "request", productId, deviceName, topic, messageId: id, payload: text });
    return answer;
  }
}

/** Whether a step of a call ended it. */
export function isEnvelope(step: unknown): step is CloudEnvelope {
  return typeof step === "object" && step !== null && "request_id" in step;
}

export function isNameList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string");
}

export function badParameter(detail: string): CloudEnvelope {
  return failure(CLOUD_CODES.parameter, `parameter error: ${detail}`);
}

export function noThingModel(): CloudEnvelope {
  return failure(CLOUD_CODES.noThingModel, "product has no thing model");
}
