/** What S7 of the issue asks: each trouble in a place of its own. */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { NodeRed } from "../../test/support/node-red";
import { mountDisk, unmount } from "../../test/support/small-disk";
import type { Sample } from "../harness/row";
import { give, MORTAL, shiftableClock, TroubledPlace } from "./troubles";

const PAGE_BYTES = 4096;
const DAY_MS = 86_400_000;
const NOBODY = 65_534;

async function inPlace(work: (place: TroubledPlace) => Promise<Sample>): Promise<Sample> {
  const place = await TroubledPlace.open();
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}

const count = (codes: readonly string[], code: string): number =>
  codes.filter((each) => each === code).length;

/** A page in the middle of the file is overwritten while Node-RED is not running. */
export function damageFile(): Promise<Sample> {
  return inPlace(async (place) => {
    const first = await place.start();
    const before = await give(first, 0, 3000);
    await place.stop(first);
    const bytes = readFileSync(place.storeFile);
    randomBytes(PAGE_BYTES).copy(bytes, PAGE_BYTES * Math.floor(bytes.length / PAGE_BYTES / 2));
    writeFileSync(place.storeFile, bytes);
    const second = await place.start();
    const { text } = await second.waitForLog(/store .* was damaged/);
    const rescued = Number(/(\d+) messages could be read/.exec(text)?.[1]);
    const after = await give(second, 10_000, 100);
    await place.platform.linkUp();
    const missingAfter = await place.missing(after.queued);
    const old = before.queued.filter((n) => place.stored.has(n)).length;
    return {
      queued: before.queued.length + after.queued.length,
      refused: after.codes.length,
      rescued,
      notRescued: before.queued.length - rescued,
      rescuedButLost: rescued - old,
      lost: missingAfter,
    };
  });
}

const ROOM_MIB = 16;
const LONG_TEXT = "x".repeat(4000);

/** The store's folder is a file system that fills up. */
export function fillDisk(): Promise<Sample> {
  return inPlace(async (place) => {
    const folder = path.dirname(place.storeFile);
    mkdirSync(folder);
    mountDisk(folder, ROOM_MIB);
    let nodeRed: NodeRed | undefined;
    try {
      nodeRed = await place.start();
      const { queued, codes } = await give(nodeRed, 0, 3000, { text: LONG_TEXT });
      await place.platform.linkUp();
      const lost = await place.missing(queued);
      // Room is made by the replies, which come after the platform has stored.
      await place.emptied(nodeRed);
      const later = await give(nodeRed, 10_000, 100);
      return {
        queued: queued.length,
        refused: codes.length,
        unclear: codes.length - count(codes, "ONENET_STORE_FULL"),
        lost: lost + (await place.missing(later.queued)),
        refusedLater: later.codes.length,
      };
    } finally {
      if (nodeRed !== undefined) await place.stop(nodeRed);
      unmount(folder);
    }
  });
}

/** The store's folder may not be written to. */
export function forbidFolder(): Promise<Sample> {
  return inPlace(async (place) => {
    const folder = path.dirname(place.storeFile);
    const unprivileged = path.join(place.userDir, "unprivileged.cjs");
    writeFileSync(
      unprivileged,
      `if (process.getuid() === 0) { process.setgid(${NOBODY}); process.setuid(${NOBODY}); }`,
    );
    mkdirSync(folder);
    if (process.getuid?.() === 0) for (const each of [place.userDir, folder]) chownSync(each, NOBODY, NOBODY);
    chmodSync(folder, 0o555);
    const nodeArgs = ["--require", unprivileged];
    const first = await place.start({ nodeArgs });
    const { queued, codes } = await give(first, 0, 20);
    await place.stop(first);
    chmodSync(folder, 0o755);
    const second = await place.start({ nodeArgs });
    const later = await give(second, 100, 20);
    await place.platform.linkUp();
    return {
      queued: queued.length,
      refused: codes.length,
      unclear: codes.length - count(codes, "ONENET_STORE_UNWRITABLE"),
      lost: await place.missing([...queued, ...later.queued]),
      refusedLater: later.codes.length,
    };
  });
}

/** Two Node-RED on one user directory. */
export function startTwice(): Promise<Sample> {
  return inPlace(async (place) => {
    const first = await place.start();
    const mine = await give(first, 0, 100);
    const second = await place.start();
    const others = await give(second, 1000, 20);
    await place.stop(second);
    const after = await give(first, 2000, 100);
    await place.platform.linkUp();
    return {
      queued: mine.queued.length + after.queued.length,
      refused: others.codes.length,
      unclear: others.codes.length - count(others.codes, "ONENET_STORE_LOCKED"),
      takenBySecond: others.queued.length,
      lost: await place.missing([...mine.queued, ...after.queued]),
    };
  });
}

async function shiftClock(nodeRed: NodeRed, ms: number): Promise<void> {
  // The function travels as text: what it needs is written into it.
  const shift = new Function(`globalThis.clockShiftMs = ${ms};`) as () => void;
  await nodeRed.evaluate(shift);
}

/** The clock goes forth and back by a day, with and without a link. */
export function jumpClock(): Promise<Sample> {
  return inPlace(async (place) => {
    const nodeRed = await place.start({ nodeArgs: shiftableClock(place.userDir) });
    const queued: number[] = [];
    let refused = 0;
    let next = 0;
    const giveMore = async () => {
      const given = await give(nodeRed, next, 100);
      next += 100;
      queued.push(...given.queued);
      refused += given.codes.length;
    };
    await giveMore();
    for (const shift of [DAY_MS, -DAY_MS, 0]) {
      await shiftClock(nodeRed, shift);
      await giveMore();
    }
    await place.platform.linkUp();
    let lost = await place.missing(queued);
    for (const shift of [DAY_MS, 0, -DAY_MS, 0]) {
      await shiftClock(nodeRed, shift);
      await giveMore();
      lost += await place.missing(queued);
    }
    const values = place.platform.points.length;
    return { queued: queued.length, refused, lost, doubled: values - place.stored.size };
  });
}

/** The clock goes forth by a day while messages wait that may get an hour old. */
export function jumpPastExpiry(): Promise<Sample> {
  return inPlace(async (place) => {
    const nodeRed = await place.start({ nodeArgs: shiftableClock(place.userDir) });
    const { queued, codes } = await give(nodeRed, 0, 3000, { node: MORTAL });
    await shiftClock(nodeRed, DAY_MS);
    await place.platform.linkUp();
    return { queued: queued.length, refused: codes.length, lost: await place.missing(queued) };
  });
}
