/** What stands in a call of the cloud API. */
import { isJsonObject, type JsonObject, readJson } from "../protocol/json";
import { CLOUD_CODES, type CloudEnvelope, failure } from "./cloud-envelope";
import type { Target } from "./http-authorization";
import type { PageRequest } from "./timeline";

/** A call that passed the guards. */
export interface Call {
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export function queryTarget({ query }: Call): Target | undefined {
  return targetOf(query.get("product_id"), query.get("device_name"));
}

export function bodyTarget({ body }: Call): Target | undefined {
  const { product_id: productId, device_name: deviceName } = readBody(body);
  return targetOf(productId, deviceName);
}

function targetOf(productId: unknown, deviceName: unknown): Target | undefined {
  return typeof productId === "string" && typeof deviceName === "string"
    ? { productId, deviceName }
    : undefined;
}

/** The device's name is a filter here, or not needed. */
export function productTarget({ query }: Call): Target | undefined {
  const productId = query.get("product_id");
  const deviceName = query.get("device_name");
  return productId ? { productId, ...(deviceName ? { deviceName } : {}) } : undefined;
}

export function readBody(body: Buffer): JsonObject {
  const read = readJson(body);
  return isJsonObject(read) ? read : {};
}

export function readCount(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const MAX_LIST_LIMIT = 100;
const DEFAULT_LIST_LIMIT = 10;

/** `offset` and `limit`, 0 and 10 unless named. @returns what is wrong as text */
export function readSlice(query: URLSearchParams): { offset: number; limit: number } | string {
  const offset = readCount(query.get("offset") ?? "0");
  const limit = readCount(query.get("limit") ?? String(DEFAULT_LIST_LIMIT));
  if (offset === undefined || limit === undefined || limit < 1 || limit > MAX_LIST_LIMIT)
    return `limit must be 1 to ${MAX_LIST_LIMIT}, offset 0 or more`;
  return { offset, limit };
}

/** The slice, and `start_time` and `end_time` in ms, both needed; `sort` 1 (default, a guess) or 2, the latest first. */
export function readPage(query: URLSearchParams): PageRequest | string {
  const slice = readSlice(query);
  if (typeof slice === "string") return slice;
  const startMs = readTime(query.get("start_time"));
  const endMs = readTime(query.get("end_time"));
  if (startMs === undefined || endMs === undefined) return "start_time and end_time must be in ms";
  const sort = query.get("sort") ?? "1";
  if (sort !== "1" && sort !== "2") return "sort must be 1 or 2";
  return { ...slice, startMs, endMs, descending: sort === "2" };
}

function readTime(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export async function badParameter(detail: string): Promise<CloudEnvelope> {
  return failure(CLOUD_CODES.parameter, `parameter error: ${detail}`);
}
