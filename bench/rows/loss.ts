/** R1–R7: what is lost, doubled or disordered when things fail. */
import type { Bench } from "../harness/bench";
import type { Figure, Row } from "../harness/row";
import { loseAndCount, SHIPPED_IN_FLIGHT_MAX } from "../loss/campaign";
import type { Counts } from "../loss/counts";
import { FAULTS, type Fault } from "../loss/faults";
import { LOSS_WINDOW, type LossPlan } from "../loss/run";
import { diskStore } from "./disk-store";

type System = LossPlan["system"];

const NONE = { op: "<=", value: 0 } as const;
const KILLS_NODE_RED = FAULTS.filter(({ killsNodeRed }) => killsNodeRed);
const SURVIVABLE = FAULTS.filter(({ killsNodeRed }) => !killsNodeRed);

/** One line per fault: ours against the target, with what core loses beside it. */
async function lossFigures(
  bench: Bench,
  system: System,
  qos: 0 | 1 | 2,
  faults: readonly Fault[],
): Promise<Figure[]> {
  const [ours, core] = await Promise.all([
    loseAndCount(bench, system, qos, faults),
    loseAndCount(bench, "core", qos, faults),
  ]);
  return faults.map((fault) => ({
    label: `lost, ${system}, QoS ${qos}, ${fault.name}`,
    unit: "",
    ours: lostIn(ours, fault),
    beside: { name: "core", values: lostIn(core, fault) },
    judge: "worst",
  }));
}

function lostIn(counts: readonly Counts[], fault: Fault): number[] {
  return counts.filter(({ plan }) => plan.fault === fault).map(({ lost }) => lost);
}

const mustBe =
  (target: Figure["target"]) =>
  (figure: Figure): Figure => ({ ...figure, ...(target && { target }) });

const R1: Row = {
  id: "R1",
  what: "disk always, QoS 1 and 2",
  measure: (bench) =>
    diskStore(bench, async () => {
      const figures = await Promise.all([
        lossFigures(bench, "disk-always", 1, FAULTS),
        lossFigures(bench, "disk-always", 2, FAULTS),
      ]);
      return { figures: figures.flat().map(mustBe(NONE)) };
    }),
};

/** What can wait in memory for at most this long before it is on disk: 250 ms, and 20 ms for the commit. */
const BEHIND_SECONDS = 0.27;
const PER_SECOND = 2000;

const R2: Row = {
  id: "R2",
  what: "memory store, QoS 1 and 2",
  async measure(bench) {
    const survivable = await Promise.all([
      lossFigures(bench, "memory", 1, SURVIVABLE),
      lossFigures(bench, "memory", 2, SURVIVABLE),
    ]);
    const killed = await Promise.all([
      lossFigures(bench, "memory", 1, KILLS_NODE_RED),
      lossFigures(bench, "memory", 2, KILLS_NODE_RED),
    ]);
    return { figures: [...survivable.flat().map(mustBe(NONE)), ...killed.flat()] };
  },
};

const R2_BEHIND: Row = {
  id: "R2B",
  what: "disk while offline or behind, Node-RED killed",
  measure: (bench) =>
    diskStore(bench, async () => {
      const figures = await lossFigures(bench, "disk-behind", 1, KILLS_NODE_RED);
      return { figures: figures.map(mustBe({ op: "<=", value: BEHIND_SECONDS * PER_SECOND })) };
    }),
};

/** All runs of our nodes at some QoS; with the disk store where there is one. */
async function allRuns(bench: Bench, qualities: readonly (0 | 1 | 2)[]): Promise<Counts[]> {
  const memory = qualities.map((qos) => loseAndCount(bench, "memory", qos));
  const disk = qualities.filter((qos) => qos > 0).map((qos) => loseAndCount(bench, "disk-always", qos));
  const hasDisk = (await diskStore(bench, async () => ({ figures: [] }))).notAvailable === undefined;
  return (await Promise.all([...memory, ...(hasDisk ? disk : [])])).flat();
}

async function coreRuns(bench: Bench, qualities: readonly (0 | 1 | 2)[]): Promise<Counts[]> {
  return (await Promise.all(qualities.map((qos) => loseAndCount(bench, "core", qos)))).flat();
}

/** The sum over nothing but the runs: one value each. */
const worst = (label: string, runs: readonly Counts[], read: (counts: Counts) => number): Figure => ({
  label: `${label} (${runs.length} runs)`,
  unit: "",
  ours: runs.map(read),
  judge: "worst",
});

const R3: Row = {
  id: "R3",
  what: "inputs that end in nothing: no done, no error, not visible as queued",
  async measure(bench) {
    const figure = worst("each run", await allRuns(bench, [1, 2]), ({ silent }) => silent);
    const core = (await coreRuns(bench, [1, 2])).map(({ silent }) => silent);
    return { figures: [{ ...figure, target: NONE, beside: { name: "core", values: core } }] };
  },
};

const R4: Row = {
  id: "R4",
  what: "complete but lost, QoS 1 and 2",
  async measure(bench) {
    const read = ({ completeButLost }: Counts) => completeButLost;
    const [none] = FAULTS;
    const shipped = (system: System) =>
      loseAndCount(bench, system, 2, none === undefined ? [] : [none], SHIPPED_IN_FLIGHT_MAX);
    const core = (await shipped("core")).map(read);
    return {
      figures: [
        { ...worst("each run", await allRuns(bench, [1, 2]), read), target: NONE },
        {
          // Beyond its limit mosquitto answers PUBREC and PUBCOMP to MQTT 3.1.1, and drops the message.
          ...worst("no fault, mosquitto as shipped (20 at a time), QoS 2", await shipped("memory"), read),
          beside: { name: "core", values: core },
          target: NONE,
        },
      ],
    };
  },
};

/** What a socket can hold at this pace. */
const IN_THE_SOCKET = 10;

const R5: Row = {
  id: "R5",
  what: "QoS 0, queueing on",
  async measure(bench) {
    const bounded = SURVIVABLE.filter(({ swallows }) => !swallows);
    const open = FAULTS.filter((fault) => !bounded.includes(fault));
    const figures = await lossFigures(bench, "memory", 0, bounded);
    return {
      figures: [
        ...figures.map(mustBe({ op: "<=", value: IN_THE_SOCKET })),
        ...(await lossFigures(bench, "memory", 0, open)),
      ],
    };
  },
};

const R6: Row = {
  id: "R6",
  what: "order and repetition",
  async measure(bench) {
    const runs = await allRuns(bench, [1, 2]);
    const at = (qos: 1 | 2) => runs.filter(({ plan }) => plan.qos === qos);
    const keepsSession = at(2).filter(({ plan }) => !plan.fault.losesSession);
    const duplicates = ({ duplicates: count }: Counts) => count;
    return {
      figures: [
        { ...worst("first deliveries out of order", runs, ({ outOfOrder }) => outOfOrder), target: NONE },
        { ...worst("duplicates at QoS 1", at(1), duplicates), target: { op: "<=", value: LOSS_WINDOW } },
        { ...worst("duplicates at QoS 2, session kept", keepsSession, duplicates), target: NONE },
        worst(
          "duplicates at QoS 2, session lost",
          at(2).filter(({ plan }) => plan.fault.losesSession),
          duplicates,
        ),
      ],
    };
  },
};

const R7: Row = {
  id: "R7",
  what: "from the link's return to the first message",
  async measure(bench) {
    const faults = FAULTS.filter(({ recovers }) => recovers);
    const runs = await loseAndCount(bench, "memory", 1, faults);
    const core = await loseAndCount(bench, "core", 1, faults);
    const seconds = (counts: readonly Counts[], fault: Fault) =>
      counts
        .filter(({ plan }) => plan.fault === fault)
        .map(({ recoveryMs = Number.NaN }) => recoveryMs / 1000);
    return {
      figures: faults.map(
        (fault): Figure => ({
          label: fault.name,
          unit: "s",
          ours: seconds(runs, fault),
          beside: { name: "core", values: seconds(core, fault) },
          target: { op: "<=", value: 1 },
          judge: "worst",
        }),
      ),
    };
  },
};

export const lossRows: readonly Row[] = [R1, R2, R2_BEHIND, R3, R4, R5, R6, R7];
