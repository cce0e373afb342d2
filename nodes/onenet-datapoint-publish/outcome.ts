import type { NodeAPI } from "node-red";
import type { FailedDatapoint, PostOutcome } from "../../lib/client/device";
import { OneNetError } from "../../lib/errors";
import { inRuntimeLanguage, ReportedError } from "../shared/report";
import type { ReadDatapoints } from "./message";

/** One failed datapoint in `msg.onenet.failed`. */
interface FailedReport {
  readonly stream: string;
  readonly code: string;
  readonly message: string;
}

/**
 * @throws {ReportedError} ONENET_DATAPOINT_INVALID, when one datapoint is bad and the node sends all or nothing;
 *   `cause.failed` has each
 */
export function checkAllOrNothing(
  RED: NodeAPI,
  { allOrNothing }: { readonly allOrNothing: boolean },
  { points, failed }: ReadDatapoints,
): void {
  if (allOrNothing && failed.length > 0) {
    throw summarize(RED, "ONENET_DATAPOINT_INVALID.all-or-nothing", failed, points.length + failed.length);
  }
}

/** How an input ends. */
export interface Conclusion {
  /** What the message is sent on with: at least one datapoint went well. */
  readonly onenet?: object;
  /** What the message fails with, also when it is sent on: at least one datapoint did not go well. */
  readonly error?: OneNetError | ReportedError;
}

/**
 * A Catch node hears of datapoints that failed, with the platform's own error when it rejected them all; the
 * others are sent on with their receipt, and a list of those that failed.
 */
export function concludePost(
  RED: NodeAPI,
  { points, failed: unread }: ReadDatapoints,
  { receipt, failed: unposted }: PostOutcome,
): Conclusion {
  if (unread.length + unposted.length === 0 && receipt !== undefined) return { onenet: receipt };
  const failed = [...unread, ...unposted];
  const onenet = receipt && { ...receipt, failed: listFailed(RED, failed) };
  const [first] = failed;
  const isOneReason = failed.every(({ error }) => error === first?.error);
  if (isOneReason && first !== undefined && onenet === undefined) return { error: first.error };
  const error = summarize(RED, "ONENET_DATAPOINT_INVALID.some", failed, points.length + unread.length);
  return onenet === undefined ? { error } : { onenet, error };
}

function listFailed(RED: NodeAPI, failed: readonly FailedDatapoint[]): FailedReport[] {
  return failed.map(({ stream, error }) => {
    const { code, message } = inRuntimeLanguage(RED, error);
    return { stream, code, message };
  });
}

/** One error for several: it has the code of the platform's rejection if that is among them. */
function summarize(
  RED: NodeAPI,
  key: "ONENET_DATAPOINT_INVALID.some" | "ONENET_DATAPOINT_INVALID.all-or-nothing",
  failed: readonly FailedDatapoint[],
  total: number,
): ReportedError {
  const reports = listFailed(RED, failed);
  const names = [...new Set(reports.map(({ stream }) => stream || "?"))];
  const streams = names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")}, …`;
  const first = reports[0]?.message ?? "";
  const error = inRuntimeLanguage(
    RED,
    new OneNetError(key, { failed: failed.length, total, streams, first }),
  );
  const worst = failed.find(({ error: { code } }) => code !== "ONENET_DATAPOINT_INVALID")?.error ?? error;
  return new ReportedError(error.message, worst.code, error.cause.key, error.cause.params, reports);
}
