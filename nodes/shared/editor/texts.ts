import type { ErrorParams } from "../../../lib/errors";
import { type DataType, describeType } from "../../../lib/protocol/thing-model";
import type { Reason } from "../form/reason";

const PACKAGE = "@onenet-flows/node-red-contrib-onenet";

/** Finds the texts of one node type in the editor's language. */
export type Translate = (key: string, params?: ErrorParams) => string;

export function textsOf(type: string): Translate {
  return (key, params) => RED._(`${PACKAGE}/${type}:${key}`, params);
}

export function reasonText(translate: Translate, reason: Reason, field: string): string {
  return translate(reason.key, { ...reason.params, field });
}

/** A type of a thing model in one line. */
export function typeText(translate: Translate): (type: DataType) => string {
  return (type) => describeType(type, (step) => translate("model.step", { step }));
}
