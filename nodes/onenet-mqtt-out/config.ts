import type { DeliveryOptions, Qos } from "../../lib/delivery/message";
import { OneNetError } from "../../lib/errors";
import type { FieldReader } from "../shared/config";
import { MESSAGE_RANGES } from "../shared/form/ranges";
import { type Priority, readPriorityField } from "../shared/message-urgency";

export interface Config {
  /** Empty: `msg.topic`. */
  readonly topic: string;
  /** undefined: `msg.qos`. */
  readonly qos: Qos | undefined;
  /** undefined: `msg.retain`. */
  readonly retain: boolean | undefined;
  /** What a platform cannot do is left out instead of refused. */
  readonly lowersUnsupported: boolean;
  /** A topic that OneNET would close the link for is sent all the same. */
  readonly sendsAnyway: boolean;
  readonly delivery: DeliveryOptions;
  /** undefined: `msg.priority`. */
  readonly priority: Priority | undefined;
  readonly contentType: string;
  readonly responseTopic: string;
  readonly correlationData: string;
  readonly userProperties: Readonly<Record<string, string | string[]>> | undefined;
  readonly messageExpirySeconds: number | undefined;
}

/** @throws {OneNetError} ONENET_CONFIG_INVALID, ONENET_ENV_UNSET */
export function readConfig(fields: FieldReader): Config {
  const expirySeconds = fields.optionalNumber("expirySeconds", MESSAGE_RANGES.expirySeconds);
  const qos = fields.choice("qos", ["", "0", "1", "2"], "");
  const retain = fields.choice("retain", ["", "true", "false"], "");
  return {
    topic: fields.word("topic"),
    qos: qos === "" ? undefined : (Number(qos) as Qos),
    retain: retain === "" ? undefined : retain === "true",
    lowersUnsupported: fields.choice("whenUnsupported", ["refuse", "lower"], "refuse") === "lower",
    sendsAnyway: fields.flag("sendAnyway", false),
    delivery: {
      completeWhen: fields.choice("completeWhen", ["queued", "sent", "acknowledged"], "acknowledged"),
      ...(expirySeconds === undefined ? {} : { expiryMs: expirySeconds * 1000 }),
    },
    priority: readPriorityField(fields),
    contentType: fields.text("contentType"),
    responseTopic: fields.word("responseTopic"),
    correlationData: fields.text("correlationData"),
    userProperties: readUserProperties(fields),
    messageExpirySeconds: fields.optionalNumber("messageExpirySeconds", MESSAGE_RANGES.messageExpirySeconds),
  };
}

function readUserProperties(fields: FieldReader): Config["userProperties"] {
  const text = fields.word("userProperties");
  if (text === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OneNetError("ONENET_CONFIG_INVALID.json", {
      field: "userProperties",
      expected: '{"name": "text"}',
      detail,
    });
  }
  if (isUserProperties(value)) return value;
  const detail = "not an object of texts";
  throw new OneNetError("ONENET_CONFIG_INVALID.json", {
    field: "userProperties",
    expected: '{"name": "text"}',
    detail,
  });
}

/** MQTT 5 user properties: text by name, several under one name as a list. */
export function isUserProperties(value: unknown): value is Record<string, string | string[]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (text) =>
      typeof text === "string" || (Array.isArray(text) && text.every((item) => typeof item === "string")),
  );
}
