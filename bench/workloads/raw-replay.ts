import type { Sample } from "../harness/row";
import type { Stage } from "../harness/stage";
import { ClosedLoop, type Done, type Sink } from "../runtime/feeder";
import { connectRaw } from "../runtime/raw-client";

export interface RawReplayParams {
  readonly port: number;
  readonly count: number;
}

/** The same with MQTT.js itself, which keeps and repeats what was not acknowledged. */
export async function rawReplay({ port, count }: RawReplayParams, stage: Stage): Promise<Sample> {
  const client = await connectRaw({ port, reconnectPeriod: 200 });
  client.on("error", () => undefined);
  stage.tell("connected");
  await stage.waitFor("feed");
  const sinkOf = (onDone: Done): Sink => ({
    send: () => {
      client.publish("bench/replay", "a reading", { qos: 1 }, (error) => onDone(error));
    },
  });
  const loop = new ClosedLoop(sinkOf, count);
  loop.start(count);
  setTimeout(() => stage.tell("fed"), 200);
  await loop.reached(count);
  stage.tell("replayed");
  return { errors: loop.errors };
}
