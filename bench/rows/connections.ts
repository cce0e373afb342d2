/** P12, P13: what connections cost while nothing happens, and while flows are deployed. */
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy";
import type { Bench, Experiment } from "../harness/bench";
import { type Row, type Sample, valuesOf } from "../harness/row";

type Kind = "core" | "mqtt-out";

const CONNECTIONS = 1000;
const NODES = 200;

const idle: Experiment<"core" | "ours"> = {
  name: "idle connections",
  variants: { core: (bench) => measureIdle(bench, "core"), ours: (bench) => measureIdle(bench, "mqtt-out") },
};

async function measureIdle(bench: Bench, kind: Kind): Promise<Sample> {
  const { port } = await bench.broker();
  return bench.run("connections", { target: { kind, port }, count: CONNECTIONS });
}

const P12: Row = {
  id: "P12",
  what: `memory per idle connection, ${CONNECTIONS.toLocaleString("en")} of them`,
  async measure(bench) {
    const { core, ours } = await bench.measure(idle);
    const figure = (label: string, name: string) => ({
      label,
      unit: "kB",
      ours: valuesOf(ours, name),
      other: { name: "core", values: valuesOf(core, name) },
    });
    return {
      figures: [
        { ...figure("heap", "heapKb"), target: { op: "<=", value: 1, stretch: 0.8 } },
        figure("RSS", "rssKb"),
      ],
    };
  },
};

const deploying: Experiment<"core" | "ours"> = {
  name: "deploy of changed nodes",
  variants: {
    core: (bench) => measureDeploys(bench, "core"),
    ours: (bench) => measureDeploys(bench, "mqtt-out"),
  },
};

async function measureDeploys(bench: Bench, kind: Kind): Promise<Sample> {
  const broker = await bench.broker();
  const proxy = await startTcpProxy(broker);
  try {
    const params = { target: { kind, port: proxy.port }, nodes: NODES, deploys: bench.scale(40, 20) };
    return { ...(await bench.run("deploys", params)), reconnections: countLinks(proxy) - 1 };
  } finally {
    await proxy.close();
  }
}

function countLinks({ events }: TcpProxy): number {
  return events.filter(({ event }) => event === "accepted").length;
}

const P13: Row = {
  id: "P13",
  what: `deploy of ${NODES} changed nodes on one connection`,
  async measure(bench) {
    const { core, ours } = await bench.measure(deploying);
    return {
      figures: [
        {
          label: "reconnections",
          unit: "",
          ours: valuesOf(ours, "reconnections"),
          target: { op: "<=", value: 0 },
          judge: "worst",
        },
        {
          label: "time",
          unit: "ms",
          ours: valuesOf(ours, "deployMs"),
          other: { name: "core", values: valuesOf(core, "deployMs") },
          target: { op: "<=", value: 1.5, stretch: 1 },
        },
      ],
    };
  },
};

export const connectionRows = [P12, P13];
