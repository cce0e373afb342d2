/** What the platform answers to a value by its thing model; the simulator speaks by it. */
import { codeOf, ONEJSON_CODE_TEXTS, oneJsonCode, type PlatformCode } from "./codes";
import { isJsonObject, type JsonValue } from "./json";
import { type Fault, findFault, findMemberCountFault, type LengthUnit, type ValueRule } from "./thing-fault";
import type { DataType, ThingModel } from "./thing-model";

/** The `t` of code `22tk`. Seen: 4, 5 and 7. The others are guesses. @see device-mqtt.md §6.3 */
const TYPE_DIGITS: Readonly<Record<DataType["type"], number>> = {
  struct: 0,
  array: 1,
  int32: 2,
  int64: 3,
  date: 3,
  double: 4,
  float: 5,
  enum: 6,
  bool: 7,
  string: 8,
  bitMap: 9,
};

/** The `k` of code `22tk` and its words. Seen: 1 (type) and 4 (step). That 2 and 3 are the bounds is a guess. */
const KINDS: Readonly<Record<Exclude<ValueRule, "required">, readonly [digit: number, words: string]>> = {
  type: [1, "type error"],
  bool: [1, "type error"],
  whole: [1, "type error"],
  precision: [1, "type error"],
  date: [1, "type error"],
  min: [2, "less than min"],
  label: [2, "value error"],
  length: [2, "length error"],
  items: [2, "length error"],
  "member-missing": [2, "member error"],
  "member-unknown": [2, "member error"],
  max: [3, "greater than max"],
  step: [4, "not conform step"],
};

/**
 * What the platform says to a property's value: undefined is yes. Sure are 2306 (no such identifier), 2409 (null),
 * 2271 (a bool that is none), 2244 and 2254 (a double or float off its step); for everything else the code is
 * inferred from these (`22tk`, t the type, k the kind of error) and **weak**, and so are its words.
 *
 * @param unit how the platform counts a text's length; unknown, so characters unless told otherwise
 * @see device-mqtt.md §6.3
 */
export function judgeProperty(
  model: ThingModel,
  identifier: string,
  value: JsonValue | undefined,
  unit?: LengthUnit,
): PlatformCode | undefined {
  const property = model.properties.get(identifier);
  if (property === undefined) return oneJsonCode(2306, identifier);
  const fault = findFault(property.dataType, value, unit);
  return fault && codeOfFault(fault, identifier);
}

/**
 * What the platform says to an event's outputs: undefined is yes. 2306: no such event; 2308: an output is missing or
 * too many; an output's value as a property's, naming the output.
 */
export function judgeEvent(
  model: ThingModel,
  identifier: string,
  outputs: JsonValue | undefined,
  unit?: LengthUnit,
): PlatformCode | undefined {
  const event = model.events.get(identifier);
  if (event === undefined) return oneJsonCode(2306, identifier);
  if (outputs === undefined || outputs === null) return oneJsonCode(2409, identifier);
  const type = { type: "struct", members: event.outputs } as const;
  if (!isJsonObject(outputs) || findMemberCountFault(type, outputs) !== undefined) return oneJsonCode(2308);
  for (const [name, { dataType }] of event.outputs) {
    const fault = findFault(dataType, outputs[name], unit);
    if (fault !== undefined) return codeOfFault(fault, name);
  }
  return undefined;
}

function codeOfFault({ rule, type: { type } }: Fault, identifier: string): PlatformCode {
  if (rule === "required") return oneJsonCode(2409, identifier);
  const [digit, words] = KINDS[rule];
  const code = 2200 + 10 * TYPE_DIGITS[type] + digit;
  const { message } = codeOf(ONEJSON_CODE_TEXTS, code);
  return { code, message: `${message || `${type} ${words}`}:identifier:${identifier}` };
}
