/** A device as OneJSON names it: `{"productID":"P2","deviceName":"sub1"}`. */
import { isJsonObject, type JsonObject, type JsonValue } from "./json";
import type { DeviceIdentity } from "./topic-table";

/** `pid/name`: how a device is named in sets and maps. Neither part can hold a slash. */
export function deviceKey({ productId, deviceName }: DeviceIdentity): string {
  return `${productId}/${deviceName}`;
}

export function isSameDevice(a: DeviceIdentity, b: DeviceIdentity): boolean {
  return a.productId === b.productId && a.deviceName === b.deviceName;
}

/** @see docs 901: `productID`, in this spelling */
export function encodeIdentity({ productId, deviceName }: DeviceIdentity): JsonObject {
  return { productID: productId, deviceName };
}

/** Undefined unless both names are there as text; `productId` is tolerated. Other members are left alone. */
export function readIdentity(value: JsonValue | undefined): DeviceIdentity | undefined {
  if (!isJsonObject(value)) return undefined;
  const { productID, productId = productID, deviceName } = value;
  if (typeof productId !== "string" || productId === "") return undefined;
  if (typeof deviceName !== "string" || deviceName === "") return undefined;
  return { productId, deviceName };
}

/** The devices of a list; what names none is left out. */
export function readIdentities(list: JsonValue | undefined): DeviceIdentity[] {
  return Array.isArray(list) ? list.flatMap((item) => readIdentity(item) ?? []) : [];
}
