import { DensePoints, type Layout, type Points } from "./dense-points";
import { deviceKey } from "./identity";
import { MAX_BATCH_DEVICES, MAX_BATCH_IDENTIFIERS } from "./limits";
import type { DeviceIdentity } from "./topic-table";
import type { Datapoint } from "./value";

/** What may share a message of a thing-model product. */
export interface BatchRules {
  /** Several devices, and properties and events of the own one, in one `pack/post`. */
  readonly pack: boolean;
  /** Samples of one identifier: 1 where there is no `history/post`. Several need their times. */
  readonly samplesMax: number;
}

/**
 * Counts what a message of a thing-model product holds, and says whether more may join. A `property/post` or
 * `event/post` holds any number of identifiers, each once; the batch forms have limits. Bytes are not its business.
 */
export class BatchRoom {
  readonly #rules: BatchRules;
  readonly #devices = new Map<string, Map<string, number>>();
  /** All there is, while it is dense and has the same names: these need not be counted one by one. */
  #row: { readonly layout: Layout; readonly messages: number; readonly samples: number } | undefined;
  #lastDevice: DeviceIdentity | undefined;
  #lastNames: Map<string, number> | undefined;
  /** Identifiers of the device that has most. */
  #names = 0;
  #hasProperties = false;
  #hasEvents = false;
  #hasRepeats = false;
  readonly #closed = new Set<string>();
  #isTooMuch = false;

  constructor(rules: BatchRules) {
    this.#rules = rules;
  }

  /** Whether an identifier stands in it more than once. */
  get hasRepeats(): boolean {
    return this.#row === undefined ? this.#hasRepeats : this.#row.messages > 1;
  }

  /** Whether a `pack/post`, or `history/post`, holds that much. */
  get fitsBatch(): boolean {
    if (this.#row !== undefined) return this.#row.layout.names.length <= MAX_BATCH_IDENTIFIERS;
    return this.#devices.size <= MAX_BATCH_DEVICES && this.#names <= MAX_BATCH_IDENTIFIERS;
  }

  /** Adds these points. @returns false when they cannot all join: then none has */
  add(points: Iterable<Datapoint>): boolean {
    if (points instanceof DensePoints && this.#canBeRow(points)) return this.#addRow(points);
    this.#countRow();
    return this.#addSingly(points);
  }

  /** Whether it holds something of all of these points' devices, and none of them is closed. */
  isOpenTo(points: Points): boolean {
    const hasOwn = this.#row !== undefined || this.#devices.has("");
    const isShut = (key: string) => this.#closed.has(key) || !(key === "" ? hasOwn : this.#devices.has(key));
    return points instanceof DensePoints ? !isShut("") : !points.some(({ device }) => isShut(keyOf(device)));
  }

  /** Something of these points' devices stays behind, so nothing newer of theirs may join: see {@link isOpenTo}. */
  close(points: Points): void {
    if (points instanceof DensePoints) this.#closed.add("");
    else for (const { device } of points) this.#close(keyOf(device));
  }

  #close(key: string): void {
    // Of others nothing joins anyhow.
    if (key === "" || this.#devices.has(key)) this.#closed.add(key);
  }

  #canBeRow({ layout }: DensePoints): boolean {
    if (this.#row === undefined) return this.#devices.size === 0 && layout.isUnique;
    return this.#row.layout === layout;
  }

  #addRow(points: DensePoints): boolean {
    const { layout } = points;
    const before = this.#row ?? { messages: 0, samples: 0 };
    const messages = before.messages + 1;
    const samples = before.samples + this.#weigh(points);
    if (samples > this.#rules.samplesMax) return false;
    if (messages > 1 && layout.names.length > MAX_BATCH_IDENTIFIERS) return false;
    this.#row = { layout, messages, samples };
    return true;
  }

  /** Something else joins. */
  #countRow(): void {
    const row = this.#row;
    if (row === undefined) return;
    this.#row = undefined;
    const { layout, messages, samples } = row;
    this.#hasProperties = true;
    this.#hasRepeats = messages > 1;
    this.#names = layout.names.length;
    const names = this.#namesOf(undefined);
    for (const name of layout.names) names.set(name, samples);
  }

  #addSingly(points: Iterable<Datapoint>): boolean {
    const names = this.#names;
    const hasProperties = this.#hasProperties;
    const hasEvents = this.#hasEvents;
    const hasRepeats = this.#hasRepeats;
    for (const point of points) this.#count(point);
    if (this.#isAllowed()) return true;
    for (const point of points) this.#uncount(point);
    this.#names = names;
    this.#hasProperties = hasProperties;
    this.#hasEvents = hasEvents;
    this.#hasRepeats = hasRepeats;
    this.#isTooMuch = false;
    return false;
  }

  #isAllowed(): boolean {
    if (this.#isTooMuch) return false;
    const isOneDevice = this.#devices.size === 1;
    const isMixed = this.#hasProperties && this.#hasEvents;
    const isOwn = this.#devices.has("");
    if (!this.#rules.pack && (!isOneDevice || (isOwn && isMixed))) return false;
    if (isOneDevice && isOwn && !isMixed && !this.#hasRepeats) return true;
    return this.fitsBatch;
  }

  #count(point: Datapoint): void {
    const names = this.#namesOf(point.device);
    const name = nameOf(point);
    const before = names.get(name) ?? 0;
    const samples = before + this.#weigh(point);
    names.set(name, samples);
    if (before > 0) this.#hasRepeats = true;
    if (samples > this.#rules.samplesMax) this.#isTooMuch = true;
    if (names.size > this.#names) this.#names = names.size;
    if (point.event) this.#hasEvents = true;
    else this.#hasProperties = true;
  }

  #uncount(point: Datapoint): void {
    const names = this.#namesOf(point.device);
    const name = nameOf(point);
    const samples = Number(names.get(name)) - this.#weigh(point);
    if (samples > 0) names.set(name, samples);
    else names.delete(name);
    if (names.size > 0) return;
    this.#devices.delete(keyOf(point.device));
    this.#lastNames = undefined;
  }

  /** One without a time fills its identifier up: in a list nobody could tell when it was. */
  #weigh({ atMs }: { readonly atMs?: number | undefined }): number {
    return atMs === undefined ? this.#rules.samplesMax : 1;
  }

  #namesOf(device: DeviceIdentity | undefined): Map<string, number> {
    if (this.#lastNames !== undefined && this.#lastDevice === device) return this.#lastNames;
    const key = keyOf(device);
    let names = this.#devices.get(key);
    if (names === undefined) {
      names = new Map();
      this.#devices.set(key, names);
    }
    this.#lastDevice = device;
    this.#lastNames = names;
    return names;
  }
}

function keyOf(device: DeviceIdentity | undefined): string {
  return device === undefined ? "" : deviceKey(device);
}

function nameOf({ stream, event }: Datapoint): string {
  return event ? `!${stream}` : stream;
}
