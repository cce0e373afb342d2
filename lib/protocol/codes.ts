/**
 * The platform's codes and its words for them, as the simulator says them and as hints explain them.
 * The tables are what was found; the platform knows more.
 */

import { type JsonObject, readInteger } from "./json";

/** A code of the platform or of a device with its text. */
export interface PlatformCode {
  readonly code: number;
  readonly message: string;
}

/** `err_code` of `dp/post/json/rejected`. Letter case of the text is open: the page writes "Illegal Data". @see docs 2022 */
export const DATAPOINT_ERROR_TEXTS: Readonly<Record<number, string>> = { 98: "illegal data" };
/** `err_code` when a datapoint post cannot be read or breaks a rule. */
export const ILLEGAL_DATA_CODE = 98;

/** `err_code` of `cmd/response/{cmdid}/rejected`. @see docs 2022 (internal design text) */
export const COMMAND_ERROR_TEXTS: Readonly<Record<number, string>> = {
  99: "exceed max payload",
  100: "internal error",
  112: "command timeout",
  113: "cmdid not found",
};

/** `code` of `…/reply` on a thing-model product; those about an identifier are followed by `:identifier:<name>`. */
export const ONEJSON_CODE_TEXTS: Readonly<Record<number, string>> = {
  200: "success",
  2244: "double not conform step",
  2254: "float not conform step",
  2271: "bool type error",
  2306: "identifier not exist",
  2308: "event param count error",
  2402: "request format error",
  2403: "required msg id",
  2405: "msg id invalid",
  2409: "required value",
  2415: "invalid time",
};

/** What the console's device log says. @see docs 2022, device log */
export const LOG_CODE_TEXTS: Readonly<Record<number, string>> = {
  301: "json format error",
  302: "data type error",
  303: "internal error",
  304: "response error",
  305: "no thing model",
  306: "timeout",
  307: "invalid product id or device name",
  308: "device not online",
  309: "identifier not exist",
  310: "access error",
  311: "access error",
  312: "invalid msg id",
  313: "bad request",
  1001: "rpc failed",
  1002: "thing error",
  1021: "channel not writable",
  1022: "subscription not exist",
  1023: "device replied but timeout",
  1024: "session not exist",
  1025: "duplicate id",
  1026: "internal error",
  1027: "invalid id field or json format error",
  1028: "id not found",
  1101: "invalid argument",
  1102: "internal error",
  1103: "invalid token",
  1104: "token expired",
  1105: "seckey not found",
  1106: "sign not match",
  1107: "device not found",
  1108: "internal id not found",
  1109: "internal id not found",
  1110: "sign method not supported",
  1111: "invalid version",
  1112: "protocol not match",
  1114: "argument not match with token",
  1210: "login on other acceptor",
  1401: "abnormal offline",
};

/** A code with its text in one of the tables, or with "" where the table has none. */
export function codeOf(texts: Readonly<Record<number, string>>, code: number): PlatformCode {
  return { code, message: texts[code] ?? "" };
}

/** The answer of a thing-model product, its text built as the platform builds it: `required value:identifier:temp`. */
export function oneJsonCode(code: number, identifier?: string): PlatformCode {
  const { message } = codeOf(ONEJSON_CODE_TEXTS, code);
  return { code, message: identifier === undefined ? message : `${message}:identifier:${identifier}` };
}

/** `{"err_code":…,"err_msg":…}` of a `…/rejected`, liberally: -1 and "" stand for what is missing. */
export function readRejection(body: JsonObject): PlatformCode {
  const { err_code: code, err_msg: message } = body;
  return { code: readInteger(code) ?? -1, message: typeof message === "string" ? message : "" };
}
