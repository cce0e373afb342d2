import type { ParsedTopic } from "../protocol/topic";
import type { SimulatorContext } from "./context";
import type { DeviceRecord } from "./device-record";
import type { Judge, Outcome } from "./outcome";
import { answerTo, judgeCustomReply, judgeTopoGetResult } from "./uplink-answer";
import { judgeCommandResponse, judgeDatapointPost } from "./uplink-datapoint";
import { judgeCustomUp, judgeDesiredDelete, judgeDesiredGet, judgeHardwarePost } from "./uplink-desired";
import { judgeSubLogin, judgeSubLogout, judgeTopoAdd, judgeTopoDelete, judgeTopoGet } from "./uplink-gateway";
import { judgeEventPost, judgeHistoryPost, judgePackPost, judgePropertyPost } from "./uplink-post";

/** Judges a message by its topic. Topics without a judge here (images) are taken in silence. */
export function judgeUplink(
  context: SimulatorContext,
  device: DeviceRecord,
  topic: ParsedTopic,
  payload: Buffer,
): Outcome {
  return JUDGES[topic.kind]?.(context, device, topic, payload) ?? {};
}

const JUDGES: Readonly<Partial<Record<ParsedTopic["kind"], Judge>>> = {
  "datapoint-post": judgeDatapointPost,
  "command-response": judgeCommandResponse,
  "property-post": judgePropertyPost,
  "event-post": judgeEventPost,
  "pack-post": judgePackPost,
  "history-post": judgeHistoryPost,
  "property-set-reply": answerTo("set"),
  "property-get-reply": answerTo("get"),
  "service-invoke-reply": answerTo("service"),
  "desired-get": judgeDesiredGet,
  "desired-delete": judgeDesiredDelete,
  "sub-login": judgeSubLogin,
  "sub-logout": judgeSubLogout,
  "sub-property-set-reply": answerTo("sub-set"),
  "sub-property-get-reply": answerTo("sub-get"),
  "sub-service-invoke-reply": answerTo("sub-service"),
  "topo-add": judgeTopoAdd,
  "topo-delete": judgeTopoDelete,
  "topo-get": judgeTopoGet,
  "topo-get-result": judgeTopoGetResult,
  "topo-change-reply": answerTo("topo-change"),
  "ota-inform-reply": answerTo("ota"),
  "custome-up": judgeCustomUp,
  "custome-down-reply": judgeCustomReply,
  "cmp-post": judgeHardwarePost,
};
