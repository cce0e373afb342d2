import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../../test/support/node-red-version";
import type { BenchOptions } from "./bench";

export const USAGE = `
npm run bench -- [row…] [--quick] [--rounds n] [--runs n] [--write] [--profile]

  row…        P1 P6 R2 S3 …: these only
  --quick     a look in under ten minutes: fewer rounds, smaller workloads, no S rows unless named
  --rounds n  interleaved rounds of each speed row (5; quick: 3)
  --runs n    runs of each fault (3; quick: 1)
  --write     append the results to docs/performance.md
  --profile   write build/bench-profiles/*.cpuprofile, and print where the time goes
`;

export interface Choices extends BenchOptions {
  readonly rows: readonly string[];
  readonly write: boolean;
}

/** @throws {Error} on an option or a row that does not exist */
export function readChoices(args: readonly string[], known: readonly string[]): Choices {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      rounds: { type: "string" },
      runs: { type: "string" },
    },
  });
  const wanted = positionals.map((name) => name.toUpperCase());
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no row ${unknown.join(", ")}; there are ${known.join(" ")}`);
  const { quick } = values;
  return {
    rows: wanted.length > 0 ? wanted : known.filter((id) => !quick || !isLong(id)),
    quick,
    write: values.write,
    rounds: readCount(values.rounds, quick ? 3 : 5),
    lossRuns: readCount(values.runs, quick ? 1 : 3),
    profileFolder: values.profile ? path.join(PACKAGE_ROOT, "build/bench-profiles") : undefined,
  };
}

/** The proofs of S2–S8 take minutes however small they are: a quick look leaves them out. */
function isLong(id: string): boolean {
  return id.startsWith("S");
}

function readCount(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`a count must be a whole number above 0, but is “${text}”`);
}
