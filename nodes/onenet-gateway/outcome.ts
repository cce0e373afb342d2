import type { NodeAPI } from "node-red";
import { OneNetError } from "../../lib/errors";
import { inRuntimeLanguage, ReportedError } from "../shared/report";
import type { GatewayAction } from "./message";
import type { AskedDevices, FailedDevice } from "./requests";
import { nameSome } from "./requests";

/** How an input ends: sent on with these, failed with that, or both. */
export interface Conclusion {
  readonly sent?: { readonly payload: readonly object[]; readonly onenet: object };
  readonly error?: OneNetError | ReportedError;
}

/** One sub-device that failed is its own error; several are one that lists them. */
export function concludeAction(
  RED: NodeAPI,
  action: GatewayAction,
  { done, failed }: AskedDevices,
): Conclusion {
  const reports = failed.map((each) => report(RED, each));
  const onenet = {
    state: "accepted",
    action,
    devices: done,
    ...(failed.length === 0 ? {} : { failed: reports }),
  };
  const sent = done.length === 0 ? {} : { sent: { payload: done, onenet } };
  const [first] = failed;
  if (first === undefined) return sent;
  if (failed.length === 1 && done.length === 0) return { error: first.error };
  const params = {
    action,
    failed: failed.length,
    total: failed.length + done.length,
    devices: nameSome(failed),
    first: reports[0]?.message ?? "",
  };
  const { message, code, cause } = inRuntimeLanguage(
    RED,
    new OneNetError("ONENET_TOPOLOGY_FAILED.some", params),
  );
  return { ...sent, error: new ReportedError(message, code, cause.key, cause.params, reports) };
}

function report(RED: NodeAPI, { device, error }: FailedDevice) {
  const { code, message } = inRuntimeLanguage(RED, error);
  return { ...device, code, message };
}
