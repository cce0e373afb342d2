import type { Node, NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { ConnectionListener } from "../../lib/client/connection-context";
import type { LinkState } from "../../lib/client/link";
import type { Receipt } from "../../lib/delivery/message";
import type { OneNetError } from "../../lib/errors";
import { watchDeployment } from "../shared/deploy";
import type { ReportedError } from "../shared/report";
import { inRuntimeLanguage } from "../shared/report";
import { reportError } from "../shared/runtime";

/** A simulator in the same flows stops and starts with them, and a moment after the connections that want it. */
const SIMULATOR_START_MS = 5000;
const WHILE_IT_STARTS: ReadonlySet<string> = new Set([
  "ONENET_UNREACHABLE",
  "ONENET_LINK_LOST",
  "ONENET_KICKED",
]);

/** Reports what happens to a connection to the flows that use it: each problem once, until it is well again. */
export class ConnectionWatch implements ConnectionListener {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  /** Made when it is needed. */
  #reported: Set<string> | undefined;
  #connection: Connection | undefined;
  #stop: (() => void) | undefined;
  #sinceMs = 0;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
    watchDeployment(RED);
  }

  follow(connection: Connection): void {
    if (this.#connection === connection) return;
    this.stop();
    this.#connection = connection;
    this.#sinceMs = performance.now();
    this.#stop = connection.listen(this);
    this.stateChanged(connection.state);
  }

  failed(error: OneNetError, receipt?: Receipt): void {
    reportError(this.#RED, this.#node, error, receipt === undefined ? {} : { onenet: receipt });
  }

  stop(): void {
    this.#stop?.();
    this.#connection = undefined;
  }

  /** There is no connection at all: the settings are wrong, or another connection's contradict them. */
  refused(thrown: unknown): ReportedError {
    const error = inRuntimeLanguage(this.#RED, thrown);
    this.#reportOnce(error.cause.key, error);
    return error;
  }

  stateChanged(state: LinkState): void {
    if (state.phase === "waiting" && !this.#maySimulatorStart(state.problem)) {
      this.#reportOnce(state.problem.key, state.problem);
    }
    if (state.phase === "refused") this.#reportOnce(state.problem.key, state.problem);
    if (state.phase !== "online") return;
    this.#reported = undefined;
    if (state.warning !== undefined) reportError(this.#RED, this.#node, state.warning);
    else
      this.#node.log(this.#RED._("onenet-connection.connected", { device: this.#connection?.label ?? "" }));
  }

  #maySimulatorStart(problem: OneNetError): boolean {
    const isSimulator = this.#connection?.profile.platform === "simulator";
    const ageMs = performance.now() - this.#sinceMs;
    return isSimulator && WHILE_IT_STARTS.has(problem.code) && ageMs < SIMULATOR_START_MS;
  }

  #reportOnce(key: string, thrown: unknown): void {
    this.#reported ??= new Set();
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    reportError(this.#RED, this.#node, thrown);
  }
}
