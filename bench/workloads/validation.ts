import type { ThingModel } from "../../lib/protocol/thing-model";
import { parseThingModel } from "../../lib/protocol/thing-model-reader";
import { type CheckRules, checkProperty } from "../../lib/protocol/thing-value";
import type { Sample } from "../harness/row";

export interface ValidationParams {
  readonly rounds: number;
}

const PROPERTIES = 100;
const RULES: CheckRules = { mode: "coerce", snapToStep: false };

/** One type in five each, as a station has them, with a value that is right and one that is to be coerced. */
const KINDS = [
  { type: "float", specs: { min: "-40", max: "125", step: "0.1" }, right: 23.6, wrong: "23.6" },
  { type: "int32", specs: { min: "0", max: "1000", step: "1" }, right: 412, wrong: "412" },
  { type: "bool", specs: { true: "on", false: "off" }, right: true, wrong: 1 },
  { type: "enum", specs: { 0: "auto", 1: "manual" }, right: 1, wrong: "manual" },
  { type: "string", specs: { length: "64" }, right: "running", wrong: 7 },
] as const;

/** What a check of a hundred properties against their model takes, when all is right and when all is to be coerced. */
export async function validation({ rounds }: ValidationParams): Promise<Sample> {
  const points = Array.from({ length: PROPERTIES }, (_, index) => ({
    identifier: `point${index}`,
    kind: KINDS[index % KINDS.length] ?? KINDS[0],
  }));
  const properties = points.map(({ identifier, kind: { type, specs } }) => ({
    identifier,
    accessMode: "rw",
    dataType: { type, specs },
  }));
  const { model } = parseThingModel(JSON.stringify({ properties }));
  const right = points.map(({ identifier, kind }): Value => [identifier, kind.right]);
  const wrong = points.map(({ identifier, kind }): Value => [identifier, kind.wrong]);
  return {
    validUs: measure(model, right, rounds, 0),
    coercedUs: measure(model, wrong, rounds, PROPERTIES),
  };
}

type Value = readonly [identifier: string, value: unknown];

/** Microseconds for all values, the mean of the rounds after as many to warm up. */
function measure(model: ThingModel, values: readonly Value[], rounds: number, expected: number): number {
  const checkAll = () => {
    let changes = 0;
    for (const [identifier, value] of values)
      changes += checkProperty(model, identifier, value, RULES, "post").changes.length;
    if (changes !== expected) throw new Error(`${changes} values were changed, not ${expected}`);
  };
  for (let round = 0; round < rounds; round += 1) checkAll();
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) checkAll();
  return (1000 * (performance.now() - startedMs)) / rounds;
}
