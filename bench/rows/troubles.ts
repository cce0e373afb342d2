/** S7: disks in trouble and clocks that jump. */
import { canMount } from "../../test/support/small-disk";
import type { Bench } from "../harness/bench";
import { type Figure, type Outcome, type Row, type Sample, valuesOf } from "../harness/row";
import {
  damageFile,
  fillDisk,
  forbidFolder,
  jumpClock,
  jumpPastExpiry,
  startTwice,
} from "../proofs/store-troubles";
import { diskStore } from "./disk-store";

const NONE = { op: "<=", value: 0 } as const;
const SOME = { op: ">=", value: 1 } as const;
/** Records on a page of the file. */
const PAGE_OF_MESSAGES = { op: "<=", value: 100 } as const;

type Wanted = readonly [label: string, name: string, target?: Figure["target"]];

const LOST: Wanted = ["promised and lost", "lost", NONE];
const UNCLEAR: Wanted = ["refused with another error", "unclear", NONE];
const LATER: Wanted = ["refused once it is over", "refusedLater", NONE];

async function look(
  bench: Bench,
  what: string,
  trouble: () => Promise<Sample>,
  wanted: readonly Wanted[],
): Promise<Figure[]> {
  const sample = await trouble();
  bench.progress(`${what}: ${JSON.stringify(sample)}`);
  return [["promised", "queued"] as Wanted, ...wanted].map(([label, name, target]) => ({
    label: `${what}, ${label}`,
    unit: "",
    ours: valuesOf([sample], name),
    ...(target && { target }),
  }));
}

async function measure(bench: Bench): Promise<Outcome> {
  const hasDisk = canMount();
  const refused = (code: string): Wanted => [`refused with ${code}`, "refused", SOME];
  const figures = [
    await look(bench, "a damaged page", damageFile, [
      ["rescued, says the error", "rescued", SOME],
      ["not rescued: it was on the page", "notRescued", PAGE_OF_MESSAGES],
      ["rescued and lost", "rescuedButLost", NONE],
      ["refused afterwards", "refused", NONE],
      ["promised afterwards and lost", "lost", NONE],
    ]),
    hasDisk
      ? await look(bench, "a full disk", fillDisk, [refused("ONENET_STORE_FULL"), UNCLEAR, LOST, LATER])
      : [],
    await look(bench, "a folder without write permission", forbidFolder, [
      refused("ONENET_STORE_UNWRITABLE"),
      UNCLEAR,
      LOST,
      LATER,
    ]),
    await look(bench, "two Node-RED", startTwice, [refused("ONENET_STORE_LOCKED"), UNCLEAR, LOST]),
    await look(bench, "a clock that jumps by a day, forth and back", jumpClock, [
      ["refused", "refused", NONE],
      LOST,
      ["stored twice", "doubled", NONE],
    ]),
    await look(bench, "a clock that jumps past a life time", jumpPastExpiry, [LOST]),
  ];
  return { figures: figures.flat(), notes: hasDisk ? [] : ["not available: a full disk (needs root)"] };
}

export const troubleRow: Row = {
  id: "S7",
  what: "disks in trouble and clocks that jump, disk always",
  measure: (bench) => diskStore(bench, () => measure(bench)),
};
