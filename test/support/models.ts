/** The thing models of test/fixtures/models, of different shapes and ages. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { DataType, ThingModel } from "../../lib/protocol/thing-model";
import { parseThingModel } from "../../lib/protocol/thing-model-reader";
import { PACKAGE_ROOT } from "./node-red-version";

const FOLDER = path.join(PACKAGE_ROOT, "test/fixtures/models");

export const MODEL_FILES: readonly string[] = readdirSync(FOLDER).sort();

export function readModelFile(name: string): string {
  return readFileSync(path.join(FOLDER, name), "utf8");
}

export function loadModel(name: string): ThingModel {
  return parseThingModel(readModelFile(name)).model;
}

/** The type of a property, event output or service input that a test knows to be there. */
export function typeOf(model: ThingModel, property: string): DataType {
  const found = model.properties.get(property);
  if (found === undefined) throw new Error(`the model has no property ${property}`);
  return found.dataType;
}
