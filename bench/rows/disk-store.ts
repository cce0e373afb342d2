import type { Bench } from "../harness/bench";
import type { Outcome } from "../harness/row";
import { ours } from "./speed-experiments";

/** Measures what needs the disk store; says “not available” where a node told to use one leaves no database behind. */
export async function diskStore(bench: Bench, measure: () => Promise<Outcome>): Promise<Outcome> {
  if (await hasDiskStore(bench)) return measure();
  return { figures: [], notAvailable: "the disk store" };
}

function hasDiskStore(bench: Bench): Promise<boolean> {
  return bench.once("is there a disk store", async () => {
    const { port } = await bench.broker();
    const target = ours(1, 100, { store: "disk-always" })(port);
    const { databases = 0 } = await bench.run("flood", {
      target,
      message: "text",
      outstanding: 10,
      warmUp: 10,
      count: 90,
    });
    return databases > 0;
  });
}
