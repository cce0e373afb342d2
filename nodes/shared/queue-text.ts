import type { NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import { translate } from "./report";
import { bestPeriodText } from "./reporting-devices";

/** With the link up, messages that have waited this long wait for others: there is a backlog. */
const BEHIND_AFTER_MS = 3000;
const WATCH_INTERVAL_MS = 1000;
/** A text is made anew no more often: each message asks for one, and nobody reads so fast. */
const TEXT_LIFETIME_MS = 250;

const AGE_UNITS = [
  ["age.days", 86_400_000],
  ["age.hours", 3_600_000],
  ["age.minutes", 60_000],
  ["age.seconds", 1000],
] as const;

/** All three languages group thousands in the same way. */
const NUMBERS = new Intl.NumberFormat("en-US");

interface ShownText {
  readonly text: string;
  readonly madeAtMs: number;
}

const shownTexts = new WeakMap<Connection, ShownText>();

/** Whether messages gather: the link is not there, or they come faster than they may leave. */
export function isBehind(connection: Connection): boolean {
  if (connection.held === 0) return false;
  return connection.state.phase !== "online" || (oldestAgeMs(connection) ?? 0) >= BEHIND_AFTER_MS;
}

/**
 * `queued 1,204, oldest 3 min` in the runtime's language while messages gather, with how often the sub-devices can
 * report where there are any; undefined while none gather.
 */
export function queueText(RED: NodeAPI, connection: Connection): string | undefined {
  if (!isBehind(connection)) return undefined;
  const nowMs = performance.now();
  const shown = shownTexts.get(connection);
  if (shown !== undefined && nowMs - shown.madeAtMs < TEXT_LIFETIME_MS) return shown.text;
  const queue = describeQueue(RED, connection.held, oldestAgeMs(connection));
  const best = bestPeriodText(RED, connection);
  const text = best === undefined ? queue : `${queue} · ${best}`;
  shownTexts.set(connection, { text, madeAtMs: nowMs });
  return text;
}

/** @param ageMs of the oldest; undefined when all of them are under way */
export function describeQueue(RED: NodeAPI, count: number, ageMs: number | undefined): string {
  const messages = NUMBERS.format(count);
  const text =
    ageMs === undefined
      ? translate(RED, "status.queued-only", { messages })
      : translate(RED, "status.queued", { messages, age: describeAge(RED, ageMs) });
  return text ?? messages;
}

function describeAge(RED: NodeAPI, ageMs: number): string {
  const [key, lengthMs] = AGE_UNITS.find(([, unitMs]) => ageMs >= unitMs) ?? ["age.seconds", 1000];
  const value = NUMBERS.format(Math.floor(ageMs / lengthMs));
  return translate(RED, key, { value }) ?? value;
}

function oldestAgeMs(connection: Connection): number | undefined {
  const { oldestQueuedAt } = connection;
  return oldestQueuedAt === undefined ? undefined : Math.max(0, Date.now() - oldestQueuedAt);
}

/** Who shows how a queue grows and shrinks. */
export interface QueueWatcher {
  queueChanged(): void;
}

interface Watch {
  readonly connection: Connection;
  readonly watcher: QueueWatcher;
  wasBehind: boolean;
}

/** One timer for all: there may be a thousand nodes. */
const watches = new Set<Watch>();
let ticker: NodeJS.Timeout | undefined;

/**
 * Calls `queueChanged` every second while messages gather, and once when they no longer do: nothing else tells of it
 * while no message comes.
 *
 * @returns ends it
 */
export function watchQueue(connection: Connection, watcher: QueueWatcher): () => void {
  const watch = { connection, watcher, wasBehind: false };
  watches.add(watch);
  ticker ??= setInterval(lookAtAll, WATCH_INTERVAL_MS).unref();
  return () => {
    watches.delete(watch);
    if (watches.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

function lookAtAll(): void {
  for (const watch of [...watches]) {
    const { connection, wasBehind, watcher } = watch;
    watch.wasBehind = isBehind(connection);
    if (watch.wasBehind || wasBehind) watcher.queueChanged();
  }
}
