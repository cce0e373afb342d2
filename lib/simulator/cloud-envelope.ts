import { randomUUID } from "node:crypto";

/** The cloud API's answer: HTTP 200 whatever the code. @see cloud-api.md §0, §1.6 */
export interface CloudEnvelope {
  /** 0 is success. */
  readonly code: number;
  /** `succ`, or what is wrong. */
  readonly msg: string;
  /** 32 hexadecimal digits. */
  readonly request_id: string;
  /** null in failures. */
  readonly data?: unknown;
}

/**
 * The codes used. The official table was not found; those marked (guess) are the nearest known code for a case of
 * which no observation is known.
 *
 * @see cloud-api.md §1.6
 */
export const CLOUD_CODES = {
  parameter: 10001,
  authentication: 10403,
  noProduct: 10408,
  noDevice: 10410,
  /** Property set refused or timed out (observed); property get too (guess). */
  property: 10411,
  /** Service call refused (observed), failed or timed out (guess). */
  service: 10415,
  noThingModel: 10417,
  offline: 10421,
  /** Observed as "device not subscribed"; a command's time-out and the property-set rate too (guess). */
  internal: 10500,
} as const;

export type CloudCode = (typeof CLOUD_CODES)[keyof typeof CLOUD_CODES];

export function success(data?: unknown): CloudEnvelope {
  const envelope = { code: 0, msg: "succ", request_id: newRequestId() };
  return data === undefined ? envelope : { ...envelope, data };
}

export function failure(code: CloudCode, msg: string): CloudEnvelope {
  return { code, data: null, msg, request_id: newRequestId() };
}

function newRequestId(): string {
  return randomUUID().replaceAll("-", "");
}
