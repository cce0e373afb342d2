import { isDeepStrictEqual } from "node:util";
import type { Connection } from "../../lib/client/connection";
import type { PostOutcome } from "../../lib/client/device";
import type { Subject } from "../../lib/delivery/subject";
import type { Datapoint } from "../../lib/protocol/datapoint";
import { deviceKey } from "../../lib/protocol/identity";
import type { JsonValue } from "../../lib/protocol/json";
import type { ReportWhen } from "./form/report-rules";
import type { HeldBack, HoldReason, ReadPoints } from "./read-points";

/** When a value is worth a message: report by exception (异常上报). */
export interface ReportRule {
  readonly when: ReportWhen;
  /** Of `absolute` in the value's own unit, of `percent` in percent of what was reported last. */
  readonly deadband: number;
  /** What comes sooner after the last report is held back; 0 holds nothing back. */
  readonly atMostEveryMs: number;
  /** What comes so long after the last report goes, whatever it is; Infinity: never for that reason. */
  readonly atLeastEveryMs: number;
}

/** A value that counts as reported, until it is forgotten. */
export interface Sample {
  readonly stream: string;
  readonly key: string;
  readonly value: JsonValue;
  readonly atMs: number;
  /** When it was taken, ms since the Unix epoch. */
  readonly takenAtMs: number;
}

export interface Reported {
  readonly points: readonly Datapoint[];
  readonly heldBack: readonly HeldBack[];
  /** Of the points; each is to be forgotten if it fails, so that the next one goes. */
  readonly samples: readonly Sample[];
}

/** Streams that are remembered; of one that is forgotten the next value goes, that is all. */
const MAX_STREAMS = 100_000;

/**
 * Holds back what is not worth a message. Time is that of the values where they have one, so that samples fed from a
 * file are judged as they were measured. Nothing is held back to be sent later: the next input decides anew.
 */
export class ReportFilter {
  readonly #rules: ReadonlyMap<string, ReportRule>;
  readonly #others: ReportRule | undefined;
  readonly #maxStreams: number;
  readonly #last = new Map<string, Sample>();

  /** @param others for streams without a rule of their own; undefined: these always go */
  constructor(
    rules: ReadonlyMap<string, ReportRule>,
    others: ReportRule | undefined,
    maxStreams = MAX_STREAMS,
  ) {
    this.#rules = rules;
    this.#others = others;
    this.#maxStreams = maxStreams;
  }

  /** Parts what goes from what is held back, and takes what goes as reported. */
  take(points: Iterable<Datapoint>, nowMs: number): Reported {
    const going: Datapoint[] = [];
    const heldBack: HeldBack[] = [];
    const samples: Sample[] = [];
    for (const point of points) {
      const { stream, value, atMs = nowMs, device } = point;
      const rule = this.#rules.get(stream) ?? this.#others;
      const key = keyOf(stream, device && deviceKey(device));
      const reason = rule && holdReason(rule, this.#last.get(key), value, atMs);
      if (reason !== undefined) {
        heldBack.push({ stream, reason });
        continue;
      }
      going.push(point);
      if (rule !== undefined) samples.push(this.#remember({ stream, key, value, atMs, takenAtMs: nowMs }));
    }
    return { points: going, heldBack, samples };
  }

  /** These were not reported after all, unless something newer has been since. */
  forget(samples: readonly Sample[]): void {
    for (const sample of samples) {
      if (this.#last.get(sample.key) === sample) this.#last.delete(sample.key);
    }
  }

  /**
   * Messages of this subject were not reported after all: forgets what they may have held. That may be too much (then
   * the next value goes once more), but nothing taken after them: while a full queue drops its oldest, each repeated value
   * would let another one go.
   *
   * @param untilMs what was taken later was not in them
   */
  forgetSubject({ streams, moreStreams, devices = [], moreDevices }: Subject, untilMs: number): void {
    if (streams === undefined) return;
    const isAll = moreStreams !== undefined || moreDevices !== undefined;
    const keys = streams.flatMap((stream) => [undefined, ...devices].map((device) => keyOf(stream, device)));
    for (const key of isAll ? [...this.#last.keys()] : keys) {
      const sample = this.#last.get(key);
      if (sample !== undefined && sample.takenAtMs <= untilMs) this.#last.delete(key);
    }
  }

  forgetAll(): void {
    this.#last.clear();
  }

  #remember(sample: Sample): Sample {
    this.#last.delete(sample.key);
    this.#last.set(sample.key, sample);
    if (this.#last.size > this.#maxStreams) {
      const [oldest = ""] = this.#last.keys();
      this.#last.delete(oldest);
    }
    return sample;
  }
}

/**
 * Leaves out of a message what is not worth reporting.
 *
 * @returns what is left, and whom to tell what became of it
 */
export function reportByException(
  filter: ReportFilter | undefined,
  read: ReadPoints,
): { readonly worthwhile: ReadPoints; readonly told?: (outcome: PostOutcome) => void } {
  if (filter === undefined) return { worthwhile: read };
  const { points, heldBack, samples } = filter.take(read.points, Date.now());
  return {
    worthwhile: { ...read, points, heldBack },
    told: ({ failed }) => {
      if (failed.length === 0) return;
      const streams = new Set(failed.map(({ stream }) => stream));
      filter.forget(samples.filter(({ stream }) => streams.has(stream)));
    },
  };
}

/**
 * Makes a filter forget values whose message fails after its sender was told that it went well: it was *queued*, say, and
 * has expired since.
 *
 * @returns ends that
 */
export function forgetLateFailures(filter: ReportFilter, connection: Connection): () => void {
  return connection.listen({
    stateChanged: () => undefined,
    outcome: (error, { sentAt, queuedAt }, subject) => {
      // Messages that were sent together have one receipt: the first one's.
      if (error !== undefined) filter.forgetSubject(subject, sentAt ?? queuedAt);
    },
    purged: () => filter.forgetAll(),
  });
}

function keyOf(stream: string, device: string | undefined): string {
  return device === undefined ? stream : `${device}/${stream}`;
}

function holdReason(
  rule: ReportRule,
  last: Sample | undefined,
  value: JsonValue,
  atMs: number,
): HoldReason | undefined {
  if (last === undefined) return undefined;
  const elapsedMs = atMs - last.atMs;
  // Older than what was reported, or the clock was set back: no interval can be told.
  if (elapsedMs < 0 || elapsedMs >= rule.atLeastEveryMs) return undefined;
  if (elapsedMs < rule.atMostEveryMs) return "too-soon";
  return isWorthwhile(rule, last.value, value) ? undefined : "unchanged";
}

/** Differences of decimal fractions come out a little short: 20.2 - 20.1 < 0.1. */
const ALMOST = 1 - 1e-9;

function isWorthwhile({ when, deadband }: ReportRule, last: JsonValue, value: JsonValue): boolean {
  if (when === "always") return true;
  if (last === value || isDeepStrictEqual(last, value)) return false;
  if (when === "change" || !isNumeric(last) || !isNumeric(value)) return true;
  const difference = Math.abs(Number(value) - Number(last));
  const limit = when === "absolute" ? deadband : (Math.abs(Number(last)) * deadband) / 100;
  return difference >= limit * ALMOST;
}

function isNumeric(value: JsonValue): boolean {
  return typeof value === "number" || typeof value === "bigint";
}
