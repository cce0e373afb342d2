import type { QueueMarks } from "./config";

/** Tells when a queue crosses its high mark upwards or, after that, its low mark downwards. */
export class WaterMarks {
  readonly #marks: QueueMarks;
  #isHigh = false;

  constructor(marks: QueueMarks) {
    this.#marks = marks;
  }

  /** @param messages what the queue holds now */
  observe(messages: number): "high" | "low" | undefined {
    const { high, low } = this.#marks;
    if (!this.#isHigh && messages >= high) {
      this.#isHigh = true;
      return "high";
    }
    if (this.#isHigh && messages <= low) {
      this.#isHigh = false;
      return "low";
    }
    return undefined;
  }
}
