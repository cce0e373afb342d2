import { afterTurns } from "../turns";

/** From a command's arrival to its answer, in turns of the event loop: subscribe, response, drain. */
const GATHERING_TURNS = 3;

interface Corkable {
  readonly writableCorked: number;
  cork(): void;
  uncork(): void;
}

const gathering = new WeakSet<Corkable>();

/**
 * What is said to what has just come (PUBACK and the answer to a command; the PUBRELs of many messages) leaves in
 * one write: once Node-RED, which takes a turn of the event loop for each step of a flow, had the time to answer.
 */
export function gatherWrites(stream: Corkable): void {
  if (gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  afterTurns(GATHERING_TURNS, () => {
    gathering.delete(stream);
    stream.uncork();
  });
}

/** At the exit of the process: what is gathered would leave in a turn that does not come. */
export function writeGathered(stream: Corkable): void {
  while (stream.writableCorked > 0) stream.uncork();
}
