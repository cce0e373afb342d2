import type { Node, NodeAPI, NodeStatus } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { Device } from "../../lib/client/device";
import type { LinkState } from "../../lib/client/link-state";
import { pool } from "../../lib/client/pool";
import type { Receipt } from "../../lib/delivery/message";
import type { Subject } from "../../lib/delivery/subject";
import { OneNetError } from "../../lib/errors";
import type { ConnectionNode } from "../onenet-connection/onenet-connection";
import { watchQueue } from "./queue-text";
import type { ReportedError } from "./report";
import type { InputStatus, Message } from "./runtime";
import { onClose, reportError } from "./runtime";
import { connectionStatus, errorStatus, StatusLine } from "./status";
import type { Thing } from "./thing";
import { UNKNOWN_THING } from "./thing";
import { watchTopology } from "./topology";

/** A node's hold on its connection, and its status line. */
export interface NodeConnection extends InputStatus {
  /** Whether there is one, of the kind that was asked for. If not, that is shown and has been reported. */
  readonly isThere: boolean;
  /** @throws {OneNetError | ReportedError} why there is none: the settings of node or connection are wrong */
  readonly connection: Connection;
  /** @throws {OneNetError | ReportedError} the same, or ONENET_CONNECTION_KIND on a plain broker */
  readonly device: Device;
  /** What is known of the product of the connection's own device. */
  readonly thing: Thing;
  /** A message went well when its node was gone: whoever watches the connection is told. */
  tellLate(receipt: Receipt | undefined, subject: Subject): void;
}

/** What a node works with: any connection, one of a OneNET device, or one of a device with a thing model. */
export type ConnectionNeed = "any" | "device" | "thing";

type Found = { readonly connection: Connection; readonly thing: Thing } | { readonly problem: unknown };

/**
 * Shares the connection that the node has chosen, for as long as the node lives. Where there is none, the status
 * says so, it is reported once, and every message fails with the reason.
 */
export function leaseConnection(
  RED: NodeAPI,
  node: Node,
  connectionId: unknown,
  need: ConnectionNeed,
): NodeConnection {
  const lease = new Lease(RED, node, connectionId, acquire(RED, node, connectionId, need));
  onClose(node, lease.watch());
  return lease;
}

/** Shows the connection's state, or how the last message failed: until one goes well or the state is another one. */
class Lease implements NodeConnection {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #connectionId: unknown;
  readonly #line: StatusLine;
  readonly #found: Found;
  /** The connection's state when a message failed. */
  #failedIn: string | undefined;
  /** What the line has shown last of a connection that is online. */
  #shownOnline: LinkState | undefined;
  /** Where nothing can go well before the next deploy. */
  #broken: NodeStatus | undefined;

  constructor(RED: NodeAPI, node: Node, connectionId: unknown, found: Found) {
    this.#RED = RED;
    this.#node = node;
    this.#connectionId = connectionId;
    this.#line = new StatusLine(node);
    this.#found = found;
    if ("problem" in found) this.showBroken(found.problem);
    else this.#showConnection();
  }

  get isThere(): boolean {
    return "connection" in this.#found;
  }

  get connection(): Connection {
    return connectionOf(this.#found);
  }

  get device(): Device {
    return deviceOf(this.connection);
  }

  get thing(): Thing {
    return "thing" in this.#found ? this.#found.thing : UNKNOWN_THING;
  }

  /** Follows the connection. @returns ends that, and the status */
  watch(): () => void {
    if ("problem" in this.#found) return () => this.#line.close();
    const { connection } = this.#found;
    const stopListening = connection.listen(this);
    const stopWatching = watchQueue(connection, this);
    return () => {
      stopListening();
      stopWatching();
      this.#line.close();
    };
  }

  /** Called for each message: while the connection is online, the queue is looked at once a second and not here. */
  refresh(): void {
    const isShown = this.#failedIn === undefined && this.#shownOnline !== undefined;
    if (isShown && "connection" in this.#found && this.#found.connection.state === this.#shownOnline) return;
    this.#showConnection();
  }

  #showConnection(): void {
    this.#failedIn = undefined;
    if ("problem" in this.#found) return this.#show({});
    const { connection } = this.#found;
    this.#shownOnline = connection.state.phase === "online" ? connection.state : undefined;
    this.#show(connectionStatus(this.#RED, connection));
  }

  showError(thrown: unknown): void {
    this.#failedIn = stateOf(this.#found);
    this.#show(errorStatus(thrown));
  }

  showBroken(thrown: unknown): void {
    this.#broken ??= { ...errorStatus(thrown), shape: "ring" };
    this.#show(this.#broken);
  }

  queueChanged(): void {
    if (this.#failedIn === undefined) this.#showConnection();
  }

  stateChanged(): void {
    // Another attempt that ended like the one before says nothing new.
    if (this.#failedIn !== stateOf(this.#found)) this.#showConnection();
  }

  tellLate(receipt: Receipt | undefined, subject: Subject): void {
    // One that is *queued* only is on disk; what becomes of it is told later.
    if (receipt === undefined || receipt.state === "queued") return;
    const { connection } = this;
    (pool.find(connection.key) ?? connection).tellOutcome(undefined, receipt, subject);
  }

  failedLate(error: ReportedError, message: Message): void {
    const heir = findConnectionNode(this.#RED, this.#connectionId) ?? this.#node;
    reportError(this.#RED, heir, error, { ...message });
  }

  #show(status: NodeStatus): void {
    this.#line.show(this.#broken ?? status);
  }
}

/** The connection's phase, or its problem's code. */
function stateOf(found: Found): string {
  if ("problem" in found) return "";
  const { state } = found.connection;
  return state.phase === "waiting" ? state.problem.code : state.phase;
}

function acquire(RED: NodeAPI, node: Node, connectionId: unknown, need: ConnectionNeed): Found {
  const connectionNode = findConnectionNode(RED, connectionId);
  const refuse = (problem: OneNetError): Found => {
    reportError(RED, node, problem);
    return { problem };
  };
  if (connectionNode === undefined) return refuse(new OneNetError("ONENET_CONNECTION_MISSING"));
  try {
    const { connection, release } = connectionNode.acquire(node);
    onClose(node, release);
    const { device } = connection;
    if (need !== "any" && device === undefined) return refuse(kindError(connection));
    if (need === "thing" && device?.productKind !== "thing-model") return refuse(productError(connection));
    // What an earlier run has left may be the first to be sent.
    watchTopology(connection, (thrown) => reportError(RED, node, thrown));
    return { connection, thing: connectionNode.thing };
  } catch (problem) {
    // The connection node has reported it.
    return { problem };
  }
}

function connectionOf(found: Found): Connection {
  if ("connection" in found) return found.connection;
  throw found.problem;
}

function deviceOf(connection: Connection): Device {
  if (connection.device !== undefined) return connection.device;
  throw kindError(connection);
}

function kindError(connection: Connection): OneNetError {
  return new OneNetError("ONENET_CONNECTION_KIND", { platform: connection.label });
}

function productError({ label }: Connection): OneNetError {
  return new OneNetError("ONENET_CONFIG_INVALID.text", {
    field: "connection",
    expected: "a connection of a thing-model product",
    got: label,
  });
}

function findConnectionNode(RED: NodeAPI, connectionId: unknown): ConnectionNode | undefined {
  const found: unknown = typeof connectionId === "string" ? RED.nodes.getNode(connectionId) : undefined;
  const isConnection = typeof found === "object" && found !== null && "acquire" in found;
  return isConnection ? (found as ConnectionNode) : undefined;
}
