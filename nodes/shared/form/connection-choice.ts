import type { PlatformName, ProductKind } from "../../../lib/protocol/platform";
import type { ThingModel } from "../../../lib/protocol/thing-model";
import { platformOf, productKindOf } from "./connection-facts";
import { type ReadField, type Reason, textOf } from "./reason";

/** What a node's form knows of the connection that is chosen in it; undefined while none is. */
export interface ChosenConnection {
  /** Of a thing-model product, where one is known and values are held against it. */
  readonly model?: ThingModel;
  readonly platform: PlatformName;
  readonly productKind: ProductKind;
  readonly productId: string;
  readonly deviceName: string;
  readonly mqtt5: boolean;
  readonly name: string;
  readonly isValid: boolean;
}

/** @param read the connection node's saved fields */
export function readChosenConnection(read: ReadField, name: string, isValid: boolean): ChosenConnection {
  return {
    platform: platformOf(read),
    productKind: productKindOf(read),
    productId: textOf(read("productId")),
    deviceName: textOf(read("deviceName")),
    mqtt5: platformOf(read) === "mqtt" && textOf(read("protocolVersion")) === "5",
    name,
    isValid,
  };
}

/**
 * Judges the choice of a connection.
 *
 * @param needsOneNet false where any MQTT broker will do
 */
export function connectionReason(
  id: string,
  chosen: ChosenConnection | undefined,
  needsOneNet: boolean,
): Reason | undefined {
  if (id === "" || id === "_ADD_") return { key: "reason.no-connection" };
  if (chosen === undefined) return { key: "reason.connection-gone" };
  if (needsOneNet && chosen.platform === "mqtt")
    return { key: "reason.connection-plain", params: { name: chosen.name } };
  return chosen.isValid ? undefined : { key: "reason.connection-invalid" };
}
