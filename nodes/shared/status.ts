import type { Node, NodeAPI, NodeStatus } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { LinkState } from "../../lib/client/link";
import type { ErrorCode } from "../../lib/errors";
import { asOneNetError } from "../../lib/errors";
import { queueText } from "./queue-text";
import { ReportedError, translate } from "./report";

/** More updates than this a second crash browsers. */
const MIN_INTERVAL_MS = 300;

/** A node's status line: the newest status is shown in the end, but never more than a few a second. */
export class StatusLine {
  readonly #node: Node;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #shown = "";
  #pending: NodeStatus | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(node: Node) {
    this.#node = node;
  }

  show(status: NodeStatus): void {
    // The line belongs to the node that took the place of a closed one.
    if (this.#isClosed) return;
    this.#pending = status;
    if (this.#timer !== undefined) return;
    const waitMs = this.#shownAtMs + MIN_INTERVAL_MS - performance.now();
    if (waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), waitMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    const status = this.#pending;
    this.#pending = undefined;
    const text = JSON.stringify(status);
    if (status === undefined || text === this.#shown) return;
    this.#shown = text;
    this.#shownAtMs = performance.now();
    this.#node.status(status);
  }
}

/** What a status says of an error; the full text is in the log and with Catch. */
const ERROR_STATUS: Partial<Record<ErrorCode, string>> = {
  ONENET_AUTH_FAILED: "status.auth-failed",
  ONENET_TOKEN_INVALID: "status.auth-failed",
  ONENET_KEY_INVALID: "status.auth-failed",
  ONENET_TOKEN_EXPIRED: "status.token-expired",
  ONENET_KICKED: "status.kicked",
  ONENET_UNREACHABLE: "status.unreachable",
  ONENET_LINK_LOST: "status.link-lost",
  ONENET_TLS_FAILED: "status.tls-failed",
  ONENET_PROTOCOL_VERSION: "status.protocol-version",
  ONENET_SERVER_BUSY: "status.server-busy",
  ONENET_SUBSCRIBE_REFUSED: "status.subscribe-refused",
  ONENET_PROFILE_CONFLICT: "status.conflict",
  ONENET_ENV_UNSET: "status.env-unset",
  ONENET_CONFIG_INVALID: "status.config-error",
  ONENET_HOST_INVALID: "status.config-error",
  ONENET_CERTIFICATE_INVALID: "status.config-error",
  ONENET_CONNECTION_KIND: "status.config-error",
  ONENET_SUBDEVICE_KIND: "status.config-error",
  ONENET_SUBDEVICE_MISSING: "status.config-error",
  ONENET_CONNECTION_MISSING: "status.no-connection",
  ONENET_CLOCK_WRONG: "status.clock-wrong",
  ONENET_REJECTED: "status.rejected",
  ONENET_EXPIRED: "status.expired",
  ONENET_ACK_TIMEOUT: "status.timeout",
  ONENET_QUEUE_FULL: "status.queue-full",
  ONENET_STORE_FULL: "status.disk-full",
  ONENET_STORE_UNSUPPORTED: "status.store-unsupported",
  ONENET_STORE_LOCKED: "status.store-locked",
  ONENET_STORE_UNWRITABLE: "status.store-failed",
  ONENET_STORE_VERSION: "status.store-failed",
  ONENET_STORE_FAILED: "status.store-failed",
  ONENET_COMMAND_AMBIGUOUS: "status.ambiguous",
  ONENET_COMMAND_UNANSWERED: "status.unanswered",
  ONENET_COMMAND_UNHANDLED: "status.unhandled",
  ONENET_ANSWER_REJECTED: "status.answer-failed",
  ONENET_VALUE_INVALID: "status.value-invalid",
  ONENET_DESIRED_REFUSED: "status.desired-refused",
};

/** A message failed. */
export function errorStatus(thrown: unknown): NodeStatus {
  const { code } = thrown instanceof ReportedError ? thrown : asOneNetError(thrown);
  return { fill: "red", shape: "dot", text: ERROR_STATUS[code] ?? "status.error" };
}

/** A message went well, in a node whose status is not its connection's. */
export function successStatus(text: string): NodeStatus {
  return { fill: "green", shape: "dot", text };
}

/** The connection's state in Node-RED's colours; while messages gather, with how many and for how long. */
export function connectionStatus(RED: NodeAPI, connection: Connection): NodeStatus {
  const { state } = connection;
  const status = linkStatus(state);
  const waiting = queueText(RED, connection);
  if (waiting === undefined || status.text === undefined) return status;
  const isWell = state.phase === "online" && state.warning === undefined;
  if (isWell) return { fill: "yellow", shape: "dot", text: waiting };
  const what = translate(RED, status.text, {}) ?? "";
  return { ...status, text: [what, waiting].filter((text) => text !== "").join(" · ") };
}

function linkStatus(state: LinkState): NodeStatus {
  switch (state.phase) {
    case "connecting":
      return { fill: "yellow", shape: "ring", text: "node-red:common.status.connecting" };
    case "online":
      return state.warning === undefined
        ? { fill: "green", shape: "dot", text: "node-red:common.status.connected" }
        : { fill: "yellow", shape: "dot", text: ERROR_STATUS[state.warning.code] ?? "status.error" };
    case "refused":
    case "waiting": {
      const text = ERROR_STATUS[state.problem.code] ?? "node-red:common.status.disconnected";
      return { fill: "red", shape: "ring", text };
    }
    case "closed":
      return { fill: "red", shape: "ring", text: "node-red:common.status.disconnected" };
  }
}
