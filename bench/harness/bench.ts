import { type Mosquitto, startMosquitto } from "../../test/support/mosquitto";
import { number } from "./numbers";
import type { Sample } from "./row";
import type { ParamsOf, WorkloadName } from "./worker";
import { startWorker, type Worker } from "./worker";

/** What the command line asked for. */
export interface BenchOptions {
  /** A look in under ten minutes: fewer rounds, shorter workloads. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Runs of each fault. */
  readonly lossRuns: number;
  /** Where `.cpuprofile` files go; undefined: none are made. */
  readonly profileFolder: string | undefined;
}

/** One way of doing the same work. */
export type Variant = (bench: Bench) => Promise<Sample>;

/** Variants that are measured side by side. Rows that look at the same experiment share its runs, by its name. */
export interface Experiment<Name extends string = string> {
  readonly name: string;
  readonly variants: Readonly<Record<Name, Variant>>;
}

/** Broker log lines that tell of links, and none for each message. */
export const QUIET_BROKER = ["log_type none", "log_type information", "log_type notice", "log_type error"];

/** One run of the benchmark: its broker, its workers and what has been measured so far. */
export class Bench {
  readonly options: BenchOptions;
  readonly #measured = new Map<string, Promise<unknown>>();
  readonly #brokers = new Map<string, Promise<Mosquitto>>();
  readonly #log: (line: string) => void;

  constructor(options: BenchOptions, log: (line: string) => void) {
    this.options = options;
    this.#log = log;
  }

  /** A mosquitto for the speed rows on a free loopback port: one for all that want it set up the same. */
  broker(conf: readonly string[] = []): Promise<Mosquitto> {
    const key = conf.join("\n");
    const running =
      this.#brokers.get(key) ??
      startMosquitto({ conf: [...QUIET_BROKER, "max_inflight_messages 0", "set_tcp_nodelay true", ...conf] });
    this.#brokers.set(key, running);
    return running;
  }

  /** `full`, or less with `--quick`. */
  scale(full: number, quick: number): number {
    return this.options.quick ? quick : full;
  }

  progress(line: string): void {
    this.#log(line);
  }

  /** Starts a workload in a fresh process. */
  start<N extends WorkloadName>(workload: N, params: ParamsOf<N>): Worker {
    return startWorker(workload, params, { profileFolder: this.options.profileFolder });
  }

  /** Runs a workload that needs nothing from outside. */
  async run<N extends WorkloadName>(workload: N, params: ParamsOf<N>): Promise<Sample> {
    return this.start(workload, params).result;
  }

  /** Every variant once a round, the first one changing from round to round. */
  measure<Name extends string>(experiment: Experiment<Name>): Promise<Record<Name, Sample[]>> {
    return this.once(experiment.name, () => this.#measure(experiment));
  }

  /** Work that several rows look at is done once. */
  once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const known = this.#measured.get(name) as Promise<T> | undefined;
    const promise = known ?? work();
    this.#measured.set(name, promise);
    return promise;
  }

  async stop(): Promise<void> {
    for (const broker of this.#brokers.values()) await (await broker).stop();
  }

  async #measure<Name extends string>({ name, variants }: Experiment<Name>): Promise<Record<Name, Sample[]>> {
    const names = Object.keys(variants) as Name[];
    const samples = Object.fromEntries(names.map((variant) => [variant, []])) as unknown as Record<
      Name,
      Sample[]
    >;
    for (let round = 0; round < this.options.rounds; round += 1) {
      const order = names
        .map((_name, index) => names[(index + round) % names.length])
        .filter((each) => each !== undefined);
      for (const variant of order) {
        const sample = await variants[variant](this);
        samples[variant].push(sample);
        this.progress(
          `${name}, round ${round + 1} of ${this.options.rounds}, ${variant}: ${describeSample(sample)}`,
        );
      }
    }
    return samples;
  }
}

function describeSample(sample: Sample): string {
  return Object.entries(sample)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(", ");
}
