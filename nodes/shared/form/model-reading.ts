import { OneNetError } from "../../../lib/errors";
import type { ModelNote, ThingModel } from "../../../lib/protocol/thing-model";
import { parseThingModel } from "../../../lib/protocol/thing-model-reader";
import type { Reason } from "./reason";

/** What a text says that should be a thing model. */
export type ModelReading =
  | { readonly kind: "empty" }
  | { readonly kind: "model"; readonly model: ThingModel; readonly notes: readonly ModelNote[] }
  | { readonly kind: "invalid"; readonly reason: Reason };

const EMPTY: ModelReading = { kind: "empty" };
/** A form asks again with each key that is pressed, and so does every node that uses the connection. */
const REMEMBERED = 8;
const readings = new Map<string, ModelReading>();

export function readModel(text: string): ModelReading {
  if (text.trim() === "") return EMPTY;
  const known = readings.get(text);
  if (known !== undefined) return known;
  const reading = parse(text);
  if (readings.size >= REMEMBERED) readings.clear();
  readings.set(text, reading);
  return reading;
}

function parse(text: string): ModelReading {
  try {
    return { kind: "model", ...parseThingModel(text) };
  } catch (thrown) {
    if (!(thrown instanceof OneNetError)) throw thrown;
    return { kind: "invalid", reason: { key: `errors.${thrown.key}`, params: thrown.params } };
  }
}

/** The text of a model file: UTF-8, or what Chinese Windows saves. */
export function decodeModelFile(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
