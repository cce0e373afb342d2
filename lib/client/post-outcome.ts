import type { FailedPoint, Receipt } from "../delivery/message";
import { hasReached } from "../delivery/message";

/** One datapoint that did not get where it should. */
export type FailedDatapoint = FailedPoint;

/** What became of the datapoints of one input. */
export interface PostOutcome {
  /** Of the datapoints that went well: the least that is true of all of them. Missing when none did. */
  readonly receipt: Receipt | undefined;
  readonly failed: readonly FailedDatapoint[];
}

/**
 * Puts the outcomes of the posts of one input together.
 *
 * @param posts how many there are; with none of them, `told` is called at once
 * @param refused datapoints that were not posted at all
 * @param told called once, when the last one is known
 * @returns takes the outcome of one post
 */
export function mergeOutcomes(
  posts: number,
  refused: readonly FailedDatapoint[],
  told: (outcome: PostOutcome) => void,
): (outcome: PostOutcome) => void {
  const receipts: Receipt[] = [];
  const failed = [...refused];
  let open = posts;
  const tellIfDone = () => {
    if (open === 0) told({ receipt: mergeReceipts(receipts), failed });
  };
  tellIfDone();
  return (outcome) => {
    open -= 1;
    failed.push(...outcome.failed);
    if (outcome.receipt !== undefined) receipts.push(outcome.receipt);
    tellIfDone();
  };
}

/** The least that is true of all: the earliest state, the latest times, the first id. */
function mergeReceipts([first, ...others]: readonly Receipt[]): Receipt | undefined {
  return first && others.reduce(mergeTwo, first);
}

function mergeTwo(a: Receipt, b: Receipt): Receipt {
  const { sentAt, acknowledgedAt, acceptedAt, ...rest } = a;
  const later = (name: "sentAt" | "acknowledgedAt" | "acceptedAt") => {
    const [one, other] = [a[name], b[name]];
    return one === undefined || other === undefined ? {} : { [name]: Math.max(one, other) };
  };
  return {
    ...rest,
    state: hasReached(a.state, b.state) ? b.state : a.state,
    attempts: Math.max(a.attempts, b.attempts),
    ...later("sentAt"),
    ...later("acknowledgedAt"),
    ...later("acceptedAt"),
  };
}
