import { topics } from "../../lib/protocol/topic";
import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { type BatchPlan, POISON, streamOf } from "../proofs/batch";
import { type DeviceChoice, nodeOn, simulatedDevice } from "../proofs/flows";
import { startEmbedded } from "../runtime/embedded-node-red";
import { nodeSink } from "../runtime/feeder";
import { DEVICE, TARGET, tab } from "../runtime/flows";
import { heldMessages } from "./backlog";

export interface BatchParams extends BatchPlan {
  readonly port: number;
}

/** Messages given while there is no link: how each of them ends. */
export async function batch(params: BatchParams, stage: Stage): Promise<Sample> {
  const nodeRed = await startEmbedded();
  await nodeRed.deploy(flowOf(params));
  const ends = new Ends(params);
  const sink = nodeSink(nodeRed.node(TARGET), messageMaker(params), (error, message) =>
    ends.note(Number(message?.["n"]), error),
  );
  for (let n = 0; n < params.messages; n += 1) sink.send(n);
  stage.tell("fed");
  await ends.all;
  stage.tell("ended", ends.sample);
  await stage.waitFor("finish");
  return { held: heldMessages() };
}

function flowOf({ port, node, productKind, limits }: BatchParams) {
  const choice: DeviceChoice = {
    port,
    window: 100,
    productKind,
    messagesPerSecond: limits === "strict" ? 1 : 0,
  };
  const target =
    node === "datapoints"
      ? nodeOn(choice, "onenet-datapoint-publish", TARGET, { completeWhen: "accepted" })
      : nodeOn(choice, "onenet-mqtt-out", TARGET, {
          topic: topics.datapointPost(DEVICE),
          qos: "1",
          completeWhen: "acknowledged",
        });
  return [tab, simulatedDevice(choice), target];
}

function messageMaker({ node, bad }: BatchParams): (n: number) => Record<string, unknown> {
  const isBad = new Set(bad);
  return (n) => {
    const value = isBad.has(n) ? POISON : n;
    const post = { id: n + 1, dp: { [streamOf(n)]: [{ v: value }] } };
    return node === "datapoints"
      ? { _msgid: String(n), n, topic: streamOf(n), payload: value }
      : { _msgid: String(n), n, payload: post };
  };
}

/** Counts how messages ended. */
class Ends {
  readonly all: Promise<void>;
  readonly #isBad: ReadonlySet<number>;
  readonly #count: number;
  readonly #ended = new Set<number>();
  readonly #codes: Record<string, number> = { ONENET_REJECTED: 0, ONENET_PUBLISH_CLOSED_LINK: 0 };
  #twice = 0;
  #well = 0;
  #wrongly = 0;
  #finish: () => void = () => undefined;

  constructor({ bad, messages }: BatchPlan) {
    this.#isBad = new Set(bad);
    this.#count = messages;
    this.all = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  note(n: number, error: unknown): void {
    if (this.#ended.has(n)) this.#twice += 1;
    this.#ended.add(n);
    const isFailure = error !== undefined && error !== null;
    if (isFailure !== this.#isBad.has(n)) this.#wrongly += 1;
    if (isFailure) {
      const code = String(Reflect.get(Object(error), "code"));
      this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    } else this.#well += 1;
    if (this.#ended.size === this.#count) this.#finish();
  }

  /** `wrongly`: good ones that failed and bad ones that did not. */
  get sample(): Sample {
    return { well: this.#well, wrongly: this.#wrongly, twice: this.#twice, ...this.#codes };
  }
}
