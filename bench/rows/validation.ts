/** M1: what the check against the thing model costs. */
import type { Experiment } from "../harness/bench";
import type { Row } from "../harness/row";
import { valuesOf } from "../harness/row";

const experiment: Experiment<"ours"> = {
  name: "validation of 100 properties",
  variants: {
    ours: async (bench) => bench.run("validation", { rounds: bench.scale(20_000, 2000) }),
  },
};

export const validationRow: Row = {
  id: "M1",
  what: "validation of 100 properties",
  async measure(bench) {
    const { ours } = await bench.measure(experiment);
    return {
      figures: [
        {
          label: "all valid",
          unit: "µs",
          ours: valuesOf(ours, "validUs"),
          target: { op: "<=", value: 50 },
        },
        { label: "all coerced", unit: "µs", ours: valuesOf(ours, "coercedUs") },
      ],
    };
  },
};
