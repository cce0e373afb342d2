/** The step (步长) of a number: whether a value is on the grid, and the nearest that is. */

/** The quotient of two doubles is off by a few of these. */
const EPSILON = 8 * Number.EPSILON;
/** Digits that a double keeps whatever was computed with it. */
const SURE_DIGITS = 15;

/**
 * Whether a value is on the grid of its step. No document says where the grid begins, so either will do: 0, or the
 * smallest value. Binary fractions are allowed for: 23.6 is on the grid of 0.1 although 23.6 / 0.1 is not 236.
 *
 * @param step above 0
 */
export function isOnGrid(value: number | bigint, step: number, min?: number | bigint): boolean {
  if (isWhole(value) && isWhole(step)) {
    if (typeof value === "number" && value % step === 0) return true;
    const [exact, exactStep] = [BigInt(value), BigInt(step)];
    return exact % exactStep === 0n || (isWhole(min) && (exact - BigInt(min)) % exactStep === 0n);
  }
  const number = Number(value);
  if (isMultiple(number, step)) return true;
  return min !== undefined && isMultiple(number - Number(min), step, Math.abs(number));
}

function isWhole(value: number | bigint | undefined): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** @param size how large the numbers were that `value` is the difference of: their error is its error */
function isMultiple(value: number, step: number, size = 0): boolean {
  const quotient = value / step;
  const error = Math.abs(quotient - Math.round(quotient));
  // A step so small that the quotient is infinite excludes nothing.
  return !(error > EPSILON * Math.max(Math.abs(quotient), size / step));
}

/** The multiple of the step nearest to a value, within the bounds where one is there; 23.64 on 0.1 is 23.6. */
export function snapToGrid(
  value: number | bigint,
  step: number,
  min: number | bigint = Number.NEGATIVE_INFINITY,
  max: number | bigint = Number.POSITIVE_INFINITY,
): number | bigint {
  if (typeof value === "bigint") return value - (value % BigInt(Math.ceil(step)));
  const at = (steps: number): number => {
    const exact = steps * step;
    return Number.isInteger(step) ? exact + 0 : Number(exact.toPrecision(SURE_DIGITS)) + 0;
  };
  const steps = Math.round(value / step);
  if (at(steps) > max) return at(steps - 1);
  return at(steps) < min ? at(steps + 1) : at(steps);
}
