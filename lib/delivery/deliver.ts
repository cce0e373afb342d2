import type { Delivery } from "./delivery";
import type { DeliveryOptions, Draft, FailedPoint, Receipt } from "./message";

/** What became of a message: how far it came, and which of its datapoints failed. */
export interface Delivered {
  readonly receipt: Receipt;
  readonly failed: readonly FailedPoint[];
}

/** The promise form of {@link Delivery.enqueue}: resolves or rejects once. */
export function deliver(
  delivery: Pick<Delivery, "enqueue">,
  draft: Draft,
  bytes: number,
  options: DeliveryOptions,
): Promise<Delivered> {
  return new Promise((resolve, reject) => {
    delivery.enqueue(draft, bytes, options, (error, receipt, failed) => {
      if (error === undefined) resolve({ receipt, failed });
      else reject(error);
    });
  });
}
