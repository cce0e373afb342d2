import { readFileSync } from "node:fs";
import { asOneNetError, OneNetError } from "../../lib/errors";
import { parseThingModel } from "../../lib/protocol/thing-model-reader";
import type { FieldReader } from "./config";
import { decodeModelFile } from "./form/model-reading";
import { type Thing, UNKNOWN_THING } from "./thing";

/** A product's model as it was read, for the nodes that use it and for the editor. */
export interface ReadThing extends Thing {
  /** The model's text; "" where there is none, or none that could be read. */
  readonly text: string;
  /** Why there is no model although there should be one. */
  readonly problem?: OneNetError;
}

export const NO_THING: ReadThing = { ...UNKNOWN_THING, text: "" };

/**
 * Reads the thing model of a product: the text in the flow, or a file of this machine. Where that fails values go
 * unchecked, and {@link ReadThing.problem} says why.
 */
export function readThingFields(fields: FieldReader): ReadThing {
  try {
    const source = fields.choice("modelSource", ["none", "pasted", "file"], "none");
    if (source === "none") return NO_THING;
    const mode = fields.choice("modelCheck", ["coerce", "strict", "off"], "coerce");
    const snapToStep = fields.flag("snapToStep", false);
    const text = source === "file" ? readModelFile(fields.required("modelFile")) : fields.raw("model");
    return { model: parseThingModel(text).model, rules: { mode, snapToStep }, text };
  } catch (thrown) {
    return { ...NO_THING, problem: asOneNetError(thrown) };
  }
}

function readModelFile(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (thrown) {
    const reason = String(Reflect.get(Object(thrown), "code") ?? thrown);
    throw new OneNetError("ONENET_MODEL_INVALID.file", { file, reason }, { cause: thrown });
  }
  return decodeModelFile(bytes);
}
