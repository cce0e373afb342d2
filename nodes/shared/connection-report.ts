import type { NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import type { ConnectionReport } from "../../lib/client/connection-report";
import { inRuntimeLanguage } from "./report";

/** How a connection fares, with its problem in the runtime's language. Holds no secret. */
export function reportConnection(RED: NodeAPI, connection: Connection): ConnectionReport {
  const report = connection.report();
  const { state } = connection;
  if (state.phase !== "waiting" && state.phase !== "refused") return report;
  const { code, message } = inRuntimeLanguage(RED, state.problem);
  return { ...report, problem: { code, message } };
}
