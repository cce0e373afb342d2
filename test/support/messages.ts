import type { DeliveryOptions, Draft, QueuedMessage } from "../../lib/delivery/message";
import type { Pack } from "../../lib/delivery/pack";
import { newPack } from "../../lib/delivery/pack";
import type { Datapoint } from "../../lib/protocol/datapoint";

/** A message as an outbox holds it. */
export function queued(draft: Draft, changes: Partial<QueuedMessage> = {}): QueuedMessage {
  return {
    draft,
    options: { completeWhen: "acknowledged" },
    bytes: 1,
    queuedAt: 1_700_000_000_000,
    queuedAtMonotonicMs: 1000,
    state: "queued",
    attempts: 0,
    told: false,
    isOutcomeOpen: false,
    settled: false,
    partsLeft: draft.kind === "datapoints" ? draft.points.length : 1,
    failed: undefined,
    tell: () => undefined,
    ...changes,
  };
}

/** A publish whose payload names it. */
export function publishOf(payload: string | Buffer, options: Partial<DeliveryOptions> = {}): QueuedMessage {
  return queued(
    { kind: "publish", publish: { topic: "topic", payload, qos: 1, retain: false } },
    { options: { completeWhen: "acknowledged", ...options } },
  );
}

export function payloadOf({ draft }: QueuedMessage): string {
  return draft.kind === "publish" ? draft.publish.payload.toString() : "";
}

export function postOf(points: readonly Datapoint[], options: Partial<DeliveryOptions> = {}): QueuedMessage {
  return queued(
    { kind: "datapoints", points, qos: 1 },
    { options: { completeWhen: "accepted", ...options } },
  );
}

/** A post of one datapoint for each name. */
export function packOf(...names: readonly string[]): Pack {
  const parts = names.map((stream) => {
    const points = [{ stream, value: 1 }];
    return { message: postOf(points), points };
  });
  return newPack({ topic: "topic", payload: names.join(), qos: 1, retain: false }, parts, `post:${names[0]}`);
}
