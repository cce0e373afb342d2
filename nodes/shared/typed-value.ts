import type { Node, NodeAPI } from "node-red";
import { OneNetError } from "../../lib/errors";
import type { Message } from "./runtime";

/** A field of a typedInput that is evaluated for each message. */
export type TypedValue = (message: Message) => Promise<unknown>;

/**
 * Prepares a typedInput's value; JSONata is compiled once.
 *
 * @throws {OneNetError} ONENET_PROPERTY_UNRESOLVED, when prepared or when evaluated, in the words of Node-RED
 */
export function prepareTypedValue(
  RED: NodeAPI,
  node: Node,
  field: string,
  value: string,
  type: string,
): TypedValue {
  const fail = (thrown: unknown) => {
    const detail =
      thrown instanceof Error ? thrown.message : String(Reflect.get(Object(thrown), "message") ?? thrown);
    return new OneNetError("ONENET_PROPERTY_UNRESOLVED", { property: field, detail }, { cause: thrown });
  };
  if (type === "jsonata") {
    let expression: ReturnType<typeof RED.util.prepareJSONataExpression>;
    try {
      expression = RED.util.prepareJSONataExpression(value, node);
    } catch (thrown) {
      throw fail(thrown);
    }
    return (message) =>
      new Promise((resolve, reject) => {
        RED.util.evaluateJSONataExpression(expression, message, (error: unknown, result: unknown) => {
          if (error) reject(fail(error));
          else resolve(result);
        });
      });
  }
  // `msg.a.b` where there is no `msg.a`: as empty as a missing `msg.a`.
  const isMissing = (thrown: unknown) => type === "msg" && thrown instanceof TypeError;
  return (message) =>
    new Promise((resolve, reject) => {
      RED.util.evaluateNodeProperty(value, type, node, message, (error: unknown, result: unknown) => {
        if (error && !isMissing(error)) reject(fail(error));
        else resolve(result);
      });
    });
}
