import type { DeliveryOptions } from "../../lib/delivery/message";
import { OneNetError } from "../../lib/errors";
import { describeValue } from "../../lib/protocol/json";
import type { FieldReader } from "./config";
import type { Message } from "./runtime";

export type Priority = "high" | "normal";

/**
 * The `priority` that a publishing node was saved with; undefined leaves it to `msg.priority`.
 *
 * @throws {OneNetError} ONENET_CONFIG_INVALID.choice
 */
export function readPriorityField(fields: FieldReader): Priority | undefined {
  const priority = fields.choice("priority", ["", "normal", "high"], "");
  return priority === "" ? undefined : priority;
}

/**
 * How a message is delivered: as the node's form says, but for `msg.expiry` (in seconds), which goes before the
 * form, and `msg.priority` (`"high"` or `"normal"`), which counts where the form leaves it open.
 *
 * @throws {OneNetError} ONENET_MESSAGE_INVALID
 */
export function deliveryFor<T extends DeliveryOptions>(
  message: Message,
  fromForm: T,
  priorityField: Priority | undefined,
): T {
  const expiryMs = readExpiry(message["expiry"]);
  const priority = priorityField ?? readPriority(message["priority"]);
  if (expiryMs === undefined && priority === undefined) return fromForm;
  return {
    ...fromForm,
    ...(expiryMs === undefined ? {} : { expiryMs }),
    ...(priority === undefined ? {} : { priority }),
  };
}

function readExpiry(seconds: unknown): number | undefined {
  if (seconds === undefined || seconds === null) return undefined;
  if (typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw invalid("msg.expiry", "a number of seconds above 0", seconds);
}

function readPriority(priority: unknown): Priority | undefined {
  if (priority === undefined || priority === null || priority === "") return undefined;
  if (priority === "high" || priority === "normal") return priority;
  throw invalid("msg.priority", '"high" or "normal"', priority);
}

function invalid(property: string, expected: string, value: unknown): OneNetError {
  return new OneNetError("ONENET_MESSAGE_INVALID", { property, expected, got: describeValue(value) });
}
