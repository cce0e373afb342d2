import type { Node, NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { PostOptions, PostOutcome, Sendable } from "../../lib/client/device";
import { isClockPlausible } from "../../lib/client/login";
import { subjectOfPoints } from "../../lib/delivery/subject";
import { DensePoints } from "../../lib/protocol/dense-points";
import type { NodeConnection } from "./connection-lease";
import { concludePost } from "./post-conclusion";
import type { ReadPoints } from "./read-points";
import { noteReport } from "./reporting-devices";
import type { End, Message, Send } from "./runtime";
import { passOn, reportError } from "./runtime";
import { subdevices } from "./subdevices";
import { watchTopology } from "./topology";

/** A message on its way through a node that posts. */
export interface Posting {
  readonly message: Message;
  readonly send: Send;
  readonly end: End;
  /** What `msg.onenet` says besides. */
  readonly also?: object;
  /** Called first with what became of the points. */
  readonly told?: ((outcome: PostOutcome) => void) | undefined;
}

const NOTHING_POSTED: PostOutcome = { receipt: undefined, failed: [] };

/** Posts what was read of a message, and ends its input: sent on with what became of it, failed, or both. */
export function postPoints(
  RED: NodeAPI,
  node: Node,
  link: NodeConnection,
  read: ReadPoints,
  delivery: PostOptions,
  { message, send, end, also, told }: Posting,
): void {
  const conclude = (outcome: PostOutcome) => {
    told?.(outcome);
    const { onenet, error } = concludePost(RED, read, outcome, also);
    if (onenet === undefined) return end(error);
    const tellLate = () => link.tellLate(outcome.receipt, subjectOfPoints(read.points));
    passOn(node, message, onenet, send, error === undefined ? end : () => end(error), tellLate);
  };
  // Before anything can fail: what fails at once is shown, and stays so.
  link.refresh();
  if (read.points.length === 0) conclude(NOTHING_POSTED);
  else postFor(RED, node, link.connection, read.points, delivery, conclude);
}

/** Posts the points of one device; of a sub-device as its node asks for: in the topology, after its login. */
function postFor(
  RED: NodeAPI,
  node: Node,
  connection: Connection,
  points: Sendable,
  delivery: PostOptions,
  conclude: (outcome: PostOutcome) => void,
): void {
  const { device } = connection;
  // Dense ones are the own device's.
  const subDevice = points instanceof DensePoints ? undefined : points[0]?.device;
  if (device === undefined) return;
  if (subDevice === undefined) return device.enqueue(points, delivery, conclude);
  noteReport(connection, subDevice);
  const subdevice = subdevices.find(connection.key, subDevice);
  const options = subdevice?.login === "lazy" ? { ...delivery, subLogin: subdevice.login } : delivery;
  // What could not be added is tried again, though what it posts may be refused before it is asked for.
  if (subdevice?.addsToTopology === true)
    watchTopology(connection, (thrown) => reportError(RED, node, thrown))?.mayPost(subDevice);
  device.enqueue(points, options, conclude);
}

/** The time of values that have none. A clock that is plainly wrong gives no time: the platform then takes its own. */
export function stampOf({ stampAtInput }: { readonly stampAtInput: boolean }): number | undefined {
  if (!stampAtInput) return undefined;
  const nowMs = Date.now();
  return isClockPlausible(nowMs) ? nowMs : undefined;
}
