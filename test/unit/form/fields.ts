import type { ChosenConnection } from "../../../nodes/shared/form/connection-choice";
import type { ReadField, Reason, Rules } from "../../../nodes/shared/form/reason";

/** A form's values, as a rule reads them. */
export function fieldsOf(values: Readonly<Record<string, unknown>>): ReadField {
  return (field) => values[field];
}

/** What the rule of `field` says to the value that stands in `values`. */
export function judge(
  rules: Rules,
  field: string,
  values: Readonly<Record<string, unknown>>,
  chosen?: ChosenConnection,
): Reason | undefined {
  const rule = rules[field];
  if (rule === undefined) throw new Error(`no rule for ${field}`);
  return rule(values[field], fieldsOf(values), () => chosen);
}

export const ONENET_CHOSEN: ChosenConnection = {
  platform: "onenet",
  productKind: "thing-model",
  productId: "Ab12Cd34Ef",
  deviceName: "dev-1",
  mqtt5: false,
  name: "my device",
  isValid: true,
};
export const DATA_STREAM_CHOSEN: ChosenConnection = { ...ONENET_CHOSEN, productKind: "data-stream" };
export const BROKER_CHOSEN: ChosenConnection = {
  ...ONENET_CHOSEN,
  platform: "mqtt",
  productId: "",
  deviceName: "",
  mqtt5: true,
  name: "mosquitto",
};
