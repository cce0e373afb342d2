import { startSimulator } from "../../lib/simulator/simulator";
import { shortestPeriodSeconds } from "../../nodes/shared/form/gateway-period";
import type { Sample } from "../harness/row";
import { startWorker } from "../harness/worker";
import { DEVICE, DEVICE_KEY } from "../runtime/flows";
import { watchStoredPoints } from "./stored-points";

/** A gateway whose sub-devices each report one value again and again, all over one connection and from one node. */
export interface GatewayPlan {
  readonly subDevices: number;
  /** ms from one report of a sub-device to its next. */
  readonly everyMs: number;
  /** Reports of each. */
  readonly reports: number;
  /** What the connection keeps to; 0: as fast as the link takes it. With it the platform takes one a second. */
  readonly messagesPerSecond: number;
}

export const SUB_PRODUCT = "BenchSubs1";
const PRODUCT_KEY = Buffer.from("the key of the bench product 001").toString("base64");

export const nameOf = (device: number): string => `sub-${device}`;
/** Each report has its own value. */
export const readingOf = (device: number, report: number, { reports }: GatewayPlan): number =>
  device * reports + report;

/** The shortest period that so many sub-devices can keep at one message a second. */
export function shortestPeriodMs(subDevices: number): number {
  return shortestPeriodSeconds(subDevices, 1) * 1000;
}

/** What the platform stored, how long the queue was, and what it cost Node-RED. */
export async function runGateway(plan: GatewayPlan): Promise<Sample> {
  const { productId, deviceName } = DEVICE;
  const names = Array.from({ length: plan.subDevices }, (_none, device) => nameOf(device));
  const simulator = await startSimulator({
    port: 0,
    httpPort: null,
    products: [
      { productId, kind: "thing-model", devices: [{ deviceName, deviceKey: DEVICE_KEY }] },
      {
        productId: SUB_PRODUCT,
        kind: "thing-model",
        productKey: PRODUCT_KEY,
        devices: names.map((name) => ({ deviceName: name, deviceKey: DEVICE_KEY })),
      },
    ],
    rules: { limits: plan.messagesPerSecond === 0 ? "off" : "strict" },
  });
  const values = new Map<number, number>();
  const endWatch = watchStoredPoints(({ value }) =>
    values.set(Number(value), (values.get(Number(value)) ?? 0) + 1),
  );
  let publishes = 0;
  simulator.on(({ event }) => {
    if (event === "publish") publishes += 1;
  });
  const expected = plan.subDevices * plan.reports;
  const limitMs = plan.everyMs * (plan.reports + 1) + 120_000;
  await simulator.cloud.changeTopology({
    ...DEVICE,
    subDevices: names.map((name) => ({ productId: SUB_PRODUCT, deviceName: name })),
  });
  const worker = startWorker("gateway", { ...plan, port: simulator.port }, { limitMs });
  try {
    const sample = await worker.result;
    const stored = [...values].filter(([value]) => value >= 0 && value < expected);
    return {
      ...sample,
      reports: expected,
      lost: expected - stored.length,
      doubled: stored.reduce((sum, [, times]) => sum + times - 1, 0),
      publishes,
    };
  } finally {
    await worker.kill();
    endWatch();
    await simulator.stop();
  }
}
