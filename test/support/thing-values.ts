/** Random values for a thing model: right ones, nearly right ones, and anything. */
import fc from "fast-check";
import { exactInteger, type JsonValue } from "../../lib/protocol/json";
import type { DataType, Parameter } from "../../lib/protocol/thing-model";

/** Mostly what the type wants, now and then anything else. */
export function valueFor(type: DataType): fc.Arbitrary<JsonValue> {
  return fc.oneof({ weight: 3, arbitrary: rightFor(type) }, { weight: 1, arbitrary: anything() });
}

/** Outputs of an event or inputs of a service; now and then one is missing or too many. */
export function memberValues(members: ReadonlyMap<string, Parameter>): fc.Arbitrary<JsonValue> {
  const each = Object.fromEntries(
    [...members].map(([name, { dataType }]) => [name, valueFor(dataType)] as const),
  );
  const all = fc.record(each);
  const some = fc.record(each, { requiredKeys: [] });
  const more = fc.record({ ...each, unheardOf: anything() });
  return fc.oneof({ weight: 4, arbitrary: all }, some, more) as fc.Arbitrary<JsonValue>;
}

function anything(): fc.Arbitrary<JsonValue> {
  const small = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  return fc.oneof(
    small.map((value) => (value === 0 ? 0 : value)),
    fc.string(),
    fc.constant(null),
    fc.array(
      small.map((value) => (value === 0 ? 0 : value)),
      { maxLength: 3 },
    ),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.integer(), { maxKeys: 3 }),
  );
}

function rightFor(type: DataType): fc.Arbitrary<JsonValue> {
  switch (type.type) {
    case "int32":
      return between(type.min, type.max, 2n ** 31n).map(exactInteger);
    case "int64":
      return between(type.min, type.max, 2n ** 63n).map(exactInteger);
    case "float":
    case "double":
      return onGrid(Number(type.min ?? -1000), Number(type.max ?? 1000), type.step);
    case "enum":
      return fc.oneof(fc.constantFrom(...type.labels.keys()), fc.integer({ min: -2, max: 20 }));
    case "bitMap":
      return fc.integer({ min: -1, max: 300 });
    case "bool":
      return fc.oneof(fc.boolean(), fc.constantFrom(0, 1, "true"));
    case "string":
      return fc.string({ unit: "grapheme", maxLength: (type.maxLength ?? 20) + 2 });
    case "date":
      return fc.oneof(
        fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }),
        fc.constant(1_700_000_000),
      );
    case "struct":
      return memberValues(type.members);
    case "array":
      return fc.array(valueFor(type.element), { maxLength: (type.maxLength ?? 5) + 1 });
  }
}

/** Within the bounds, or just outside of them. */
function between(
  min: number | bigint | undefined,
  max: number | bigint | undefined,
  size: bigint,
): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: BigInt(min ?? -size) - 1n, max: BigInt(max ?? size) + 1n });
}

function onGrid(min: number, max: number, step: number | undefined): fc.Arbitrary<number> {
  const free = fc.double({ min: min - 1, max: max + 1, noNaN: true });
  if (step === undefined) return free;
  const steps = Math.min(Math.floor((max - min) / step), 10_000);
  const grid = fc
    .integer({ min: -1, max: steps + 1 })
    .map((count) => Number((min + count * step).toFixed(6)));
  return fc.oneof({ weight: 3, arbitrary: grid }, free);
}
