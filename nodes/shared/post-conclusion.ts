import type { NodeAPI } from "node-red";
import type { FailedDatapoint, PostOutcome } from "../../lib/client/device";
import type { Receipt } from "../../lib/delivery/message";
import { OneNetError } from "../../lib/errors";
import type { ReadPoints } from "./read-points";
import { inRuntimeLanguage, ReportedError } from "./report";

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
  { points, failed }: ReadPoints,
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
 * others are sent on with their receipt, and a list of those that failed. Those that were held back went well, too:
 * where nothing else was to be sent, the state is `unchanged`.
 *
 * @param also what `msg.onenet` says besides
 */
export function concludePost(
  RED: NodeAPI,
  read: ReadPoints,
  { receipt, failed: unposted }: PostOutcome,
  also?: object,
): Conclusion {
  const { points, failed: unread, changed, heldBack } = read;
  const onenet = describeReceipt(read, receipt);
  if (unread.length + unposted.length === 0 && onenet !== undefined) {
    return {
      onenet:
        changed.length + heldBack.length === 0 && also === undefined
          ? onenet
          : { ...onenet, ...also, ...describeRest(read) },
    };
  }
  const failed = [...unread, ...unposted];
  const [first] = failed;
  const isOneReason = failed.every(({ error }) => error === first?.error);
  if (isOneReason && first !== undefined && onenet === undefined) return { error: first.error };
  const total = points.length + unread.length + heldBack.length;
  const error = summarize(RED, "ONENET_DATAPOINT_INVALID.some", failed, total);
  if (onenet === undefined) return { error };
  return { onenet: { ...onenet, ...also, ...describeRest(read), failed: listFailed(RED, failed) }, error };
}

/** What `msg.onenet` begins with; undefined when nothing went well. */
function describeReceipt({ heldBack }: ReadPoints, receipt: Receipt | undefined): object | undefined {
  if (receipt !== undefined) return receipt;
  return heldBack.length === 0 ? undefined : { state: "unchanged" };
}

function describeRest({ changed, heldBack }: ReadPoints): object {
  return {
    ...(changed.length === 0 ? {} : { changed }),
    ...(heldBack.length === 0 ? {} : { heldBack }),
  };
}

function listFailed(RED: NodeAPI, failed: readonly FailedDatapoint[]): FailedReport[] {
  return failed.map(({ stream, error }) => {
    const { code, message } = inRuntimeLanguage(RED, error);
    return { stream, code, message };
  });
}

/** What was wrong with a value before anything was sent. */
const CHECKED_HERE: ReadonlySet<string> = new Set(["ONENET_DATAPOINT_INVALID", "ONENET_VALUE_INVALID"]);

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
  const worst =
    failed.find(({ error: { code } }) => !CHECKED_HERE.has(code)) ??
    failed.find(({ error: { code } }) => code === "ONENET_VALUE_INVALID");
  return new ReportedError(
    error.message,
    worst?.error.code ?? error.code,
    error.cause.key,
    error.cause.params,
    reports,
  );
}
