/**
 * A process with a connection to a broker (QoS 2, persistent session, disk-always) that publishes numbers until it
 * is killed, and notes each one that was *queued*:
 *
 *   node engine-child.js <file of the store> <port> <file for the notes> <first number>
 *   node engine-child.js <file of the store> <port>          publishes nothing, prints `empty` once all is delivered
 */
import { openSync, writeSync } from "node:fs";
import type { Connection } from "../../lib/client/connection";
import { Pool } from "../../lib/client/pool";
import { brokerProfile } from "./connections";

const MAX_HELD = 400;
const MAX_A_TURN = 10;

const [file = "", port = "0", notesFile, first = "0"] = process.argv.slice(2);

function publishOn(connection: Connection, notes: number): void {
  let id = Number(first);
  const turn = () => {
    for (let left = MAX_A_TURN; left > 0 && connection.held < MAX_HELD; left -= 1) {
      const own = id;
      id += 1;
      const publish = { topic: "kill", payload: String(own), qos: 2, retain: false } as const;
      connection.publish(publish, { completeWhen: "queued" }).then(
        () => void writeSync(notes, `${own}\n`),
        (error) => console.log(`failed ${own} ${error.key}`),
      );
    }
    console.log("turn");
    setImmediate(turn);
  };
  turn();
}

const limits = { maxMessages: 1_000_000, maxBytes: 2 ** 30, whenFull: "refuse-new" } as const;
const { connection } = new Pool().acquire(
  brokerProfile(Number(port), {
    clientId: "kill",
    cleanSession: false,
    limits,
    store: { mode: "disk-always", file },
    inFlightMax: 50,
  }),
);
connection.listen({
  stateChanged: ({ phase }) => {
    console.log(phase);
    if (phase === "online" && notesFile === undefined && connection.held === 0) console.log("empty");
  },
  failed: (error) => console.log(`failed ${error.key}`),
  outcome: () => {
    if (notesFile === undefined && connection.held === 0) console.log("empty");
  },
});
if (notesFile !== undefined) publishOn(connection, openSync(notesFile, "a"));
