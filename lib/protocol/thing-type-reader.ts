/** `dataType` of a thing-model file. @see device-mqtt.md §8; cloud-api.md §1.3 */
import { describeValue } from "./json";
import { MAX_VALUE_DEPTH } from "./limits";
import type { DataType, Labels, NumberType, Parameter } from "./thing-model";
import type { Place } from "./thing-model-fields";

type TypeName = DataType["type"];
type Reader = (specs: Place, type: TypeName, depth: number) => DataType;

const READERS: Readonly<Record<TypeName, Reader>> = {
  int32: readNumberType,
  int64: readNumberType,
  float: readNumberType,
  double: readNumberType,
  enum: (specs) => ({ type: "enum", labels: readLabels(specs) }),
  bool: (specs) => ({
    type: "bool",
    trueLabel: specs.member("true", "1").text(),
    falseLabel: specs.member("false", "0").text(),
  }),
  string: (specs) => ({ type: "string", ...optional("maxLength", specs.member("length").length()) }),
  bitMap: (specs) => ({ type: "bitMap", labels: readLabels(specs) }),
  date: () => ({ type: "date" }),
  struct: readStructType,
  array: readArrayType,
};

/** Types by their name in lower case: some files write `bitmap`, `Int32`. */
const NAMES = new Map(
  (Object.keys(READERS) as TypeName[]).map((name): [string, TypeName] => [name.toLowerCase(), name]),
);
/** Without specs their check is complete all the same. */
const NEEDS_NO_SPECS: readonly TypeName[] = ["date", "bool"];

/** What the platform allows inside a struct and as an array's element. */
const MEMBER_TYPES: readonly TypeName[] = [
  "int32",
  "int64",
  "float",
  "double",
  "enum",
  "bool",
  "string",
  "bitMap",
  "date",
];
const ELEMENT_TYPES: readonly TypeName[] = ["int32", "int64", "float", "double", "string", "date", "struct"];

/**
 * Reads `{"type":…,"specs":…}`. Numbers in specs may be text. Specs that are missing mean that nothing is known but
 * the type (noted); nesting that no document allows is taken as it stands (noted), to {@link MAX_VALUE_DEPTH} levels.
 *
 * @throws {OneNetError} ONENET_MODEL_INVALID
 */
export function readDataType(place: Place, depth = 0): DataType {
  place.object();
  const name = place.member("type");
  if (typeof name.value !== "string" || name.isEmpty) throw name.wrong("string");
  const type = NAMES.get(name.value.trim().toLowerCase());
  if (type === undefined) {
    throw name.error("choice", {
      expected: Object.keys(READERS).join(", "),
      got: describeValue(name.value),
    });
  }
  if (depth >= MAX_VALUE_DEPTH) throw place.error("depth", { maxDepth: MAX_VALUE_DEPTH });
  const specs = place.member("specs");
  if (specs.isEmpty && !NEEDS_NO_SPECS.includes(type)) specs.note("specs-missing", { type });
  if (!specs.isEmpty && type !== "struct") specs.object();
  return READERS[type](specs, type, depth);
}

function readNumberType(specs: Place, type: TypeName): DataType {
  const isWhole = type === "int32" || type === "int64";
  const [minAt, maxAt] = [specs.member("min"), specs.member("max")];
  const [min, max] = isWhole ? [minAt.integer(), maxAt.integer()] : [minAt.number(), maxAt.number()];
  if (min !== undefined && max !== undefined && min > max) {
    throw minAt.error("range", { min: String(min), max: String(max) });
  }
  const unit = specs.member("unit").text();
  return {
    type: type as NumberType,
    ...optional("min", min),
    ...optional("max", max),
    ...optional("step", readStep(specs.member("step"))),
    ...optional("unit", unit === "" ? undefined : unit),
  };
}

function readStep(place: Place): number | undefined {
  const step = place.number();
  if (step === undefined || step > 0) return step;
  if (step < 0) throw place.error("number", { expected: "number > 0", got: String(step) });
  place.ignore("number > 0");
  return undefined;
}

function readLabels(specs: Place): Labels {
  const labels = new Map<number, string>();
  for (const key of specs.isEmpty ? [] : Object.keys(specs.object())) {
    const label = specs.member(key);
    if (!/^-?\d{1,10}$/.test(key)) throw label.error("label", { got: describeValue(key) });
    labels.set(Number(key), label.text());
  }
  return labels;
}

function readArrayType(specs: Place, _type: TypeName, depth: number): DataType {
  const items = specs.member("items");
  const elementAt = items.isEmpty ? specs : items;
  const maxLength = optional("maxLength", specs.member("size", "length").length());
  const element = readDataType(elementAt, depth + 1);
  noteUndocumented(elementAt, element, ELEMENT_TYPES);
  return { type: "array", ...maxLength, element };
}

function readStructType(specs: Place, _type: TypeName, depth: number): DataType {
  // Without its members every value would be refused.
  if (specs.isEmpty) throw specs.wrong("array");
  const members = readParameters(specs, depth + 1, (place, { dataType }) =>
    noteUndocumented(place.member("dataType"), dataType, MEMBER_TYPES),
  );
  return { type: "struct", members };
}

function noteUndocumented(place: Place, { type }: DataType, expected: readonly TypeName[]): void {
  if (!expected.includes(type)) place.note("nesting", { type, expected: expected.join(", ") });
}

/**
 * Reads a list of parameters: members of a struct, outputs of an event, inputs of a service.
 *
 * @throws {OneNetError} ONENET_MODEL_INVALID
 */
export function readParameters(
  list: Place,
  depth = 0,
  inspect: (place: Place, parameter: Parameter) => void = () => {},
): ReadonlyMap<string, Parameter> {
  return byIdentifier(list, (place) => {
    const parameter = readParameter(place, depth);
    inspect(place, parameter);
    return parameter;
  });
}

export function readParameter(place: Place, depth = 0): Parameter {
  place.object();
  const identifier = place.member("identifier").identifier();
  return {
    identifier,
    name: place.member("name").text() || identifier,
    dataType: readDataType(place.member("dataType"), depth),
  };
}

/** The items of a list by their identifier, each of which stands there once. */
export function byIdentifier<T extends { readonly identifier: string }>(
  list: Place,
  read: (place: Place) => T,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const place of list.items()) {
    const item = read(place);
    if (found.has(item.identifier)) {
      throw place.member("identifier").error("duplicate", { got: item.identifier });
    }
    found.set(item.identifier, item);
  }
  return found;
}

/** `{name: value}`, or nothing where the value is undefined. */
export function optional<Name extends string, T>(
  name: Name,
  value: T | undefined,
): { readonly [N in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: T });
}
