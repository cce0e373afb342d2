import type { Mosquitto } from "./mosquitto";
import { type RunningProcess, startProcess } from "./process";

/** Debian's `mosquitto_sub` on one filter; each message is a line. */
export interface Subscriber {
  /** The first line, of the past or the future, that begins like this. */
  line(start: string): Promise<string>;
  output(): string;
  stop(): Promise<void>;
}

let subscribers = 0;

/**
 * Subscribes at QoS 2; resolves when the broker has sent the SUBACK.
 *
 * @param format of a line, as `mosquitto_sub -F` has it: `%t` topic, `%q` QoS, `%r` retain, `%p` payload
 * @param more further arguments: version, user, password, certificates
 */
export async function subscribe(
  broker: Mosquitto,
  filter: string,
  format: string,
  ...more: readonly string[]
): Promise<Subscriber> {
  subscribers += 1;
  const clientId = `sub-${process.pid}-${subscribers}`;
  const address = ["-h", broker.host, "-p", String(broker.port), "-i", clientId];
  const running: RunningProcess = startProcess("mosquitto_sub", [
    ...address,
    ...["-t", filter, "-q", "2", "-F", format],
    ...more,
  ]);
  await Promise.race([
    broker.waitForLine(new RegExp(`Sending SUBACK to ${clientId}$`)),
    running.exited.then(() => Promise.reject(new Error(`mosquitto_sub ended: ${running.output()}`))),
  ]);
  return {
    line: (start) => running.lines.waitFor((text) => text.startsWith(start), { what: `line “${start}”` }),
    output: () => running.output(),
    stop: async () => {
      await running.stop();
    },
  };
}
