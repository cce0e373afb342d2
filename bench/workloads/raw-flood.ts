import type { Sample } from "../harness/row";
import { ClosedLoop, type Done, type Sink } from "../runtime/feeder";
import { messageMaker } from "../runtime/messages";
import { countTcpWrites, Meter } from "../runtime/meters";
import { connectRaw } from "../runtime/raw-client";

export interface RawFloodParams {
  readonly port: number;
  readonly qos: 0 | 1 | 2;
  readonly topic: string;
  readonly outstanding: number;
  readonly warmUp: number;
  readonly count: number;
}

/** The flood without Node-RED: MQTT.js itself, its window kept by the driver, each message in its own turn. */
export async function rawFlood(params: RawFloodParams): Promise<Sample> {
  const { port, qos, topic, outstanding, warmUp, count } = params;
  const counters = await countTcpWrites();
  const client = await connectRaw({ port });
  const make = messageMaker("text");
  const sinkOf = (onDone: Done): Sink => ({
    send: (n) => {
      client.publish(topic, String(make(n)["payload"]), { qos }, (error) => onDone(error));
    },
  });
  const loop = new ClosedLoop(sinkOf, warmUp + count);
  loop.start(outstanding);
  await loop.reached(warmUp);
  const meter = new Meter(counters);
  await loop.reached(warmUp + count);
  return { ...meter.read(count), errors: loop.errors };
}
