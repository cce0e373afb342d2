import type { DeviceRecord } from "./device-record";

/** What the platform can ask a device. */
export type Question =
  | "set"
  | "get"
  | "command"
  | "service"
  | "sub-set"
  | "sub-get"
  | "sub-service"
  | "topo-change"
  | "ota"
  | "custom";

export type Verdict = "taken" | "late" | "unknown";

/** How many questions without an answer in time are remembered, to tell late from unknown. */
const LATE_REMEMBERED = 1000;

/** Where answers of devices meet the applications that wait for them, by the id of the question. */
export class AnswerDesk<A> {
  readonly #waiting = new Map<string, (answer: A | undefined) => void>();
  readonly #late = new Set<string>();

  /** Resolves with the device's answer, or with undefined after the time-out or {@link close}. */
  ask(question: Question, device: DeviceRecord, id: string, timeoutMs: number): Promise<A | undefined> {
    const key = keyOf(question, device, id);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(key);
        this.#rememberLate(key);
        resolve(undefined);
      }, timeoutMs);
      this.#waiting.set(key, (answer) => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve(answer);
      });
    });
  }

  /** Brings an answer; each question takes one. */
  answer(question: Question, device: DeviceRecord, id: string, answer: A): Verdict {
    const key = keyOf(question, device, id);
    const settle = this.#waiting.get(key);
    if (settle) {
      settle(answer);
      return "taken";
    }
    return this.#late.delete(key) ? "late" : "unknown";
  }

  /** Everybody who waits gets undefined. */
  close(): void {
    for (const settle of [...this.#waiting.values()]) settle(undefined);
  }

  #rememberLate(key: string): void {
    this.#late.add(key);
    if (this.#late.size <= LATE_REMEMBERED) return;
    const [oldest = ""] = this.#late;
    this.#late.delete(oldest);
  }
}

function keyOf(question: Question, { productId, deviceName }: DeviceRecord, id: string): string {
  return `${question} ${productId} ${deviceName} ${id}`;
}
