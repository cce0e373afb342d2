import type { IncomingCommand } from "../../lib/client/command";
import type { JsonObject, JsonValue } from "../../lib/protocol/json";
import { isJsonObject } from "../../lib/protocol/json";
import { checkServiceInput } from "../../lib/protocol/thing-value";
import type { ChangedValue } from "../shared/read-points";
import type { Thing } from "../shared/thing";
import { checkStream } from "../shared/thing";

/** A command's values as the model wants them. */
export interface CheckedValues {
  readonly values: JsonObject;
  /** What the check made another value of. */
  readonly changed: readonly ChangedValue[];
}

/**
 * Holds the values to set, or the inputs of a service, against the model.
 *
 * @throws {OneNetError} ONENET_VALUE_INVALID for the first that does not fit
 */
export function checkCommand(command: IncomingCommand, { model, rules }: Thing): CheckedValues {
  const { kind, values, identifier = "" } = command;
  if (model === undefined || rules.mode === "off") return { values, changed: [] };
  switch (kind) {
    case "property-set": {
      const checked: [string, JsonValue][] = [];
      const changed: ChangedValue[] = [];
      for (const [stream, value] of Object.entries(values)) {
        const { value: fitting, changes } = checkStream(model, stream, value, rules, "set");
        checked.push([stream, fitting]);
        for (const change of changes) changed.push({ stream, ...change });
      }
      return { values: Object.fromEntries(checked), changed };
    }
    case "service": {
      // One of the platform's own (`$SyncGetFile`) need not stand in the model.
      if (identifier.startsWith("$") && !model.services.has(identifier)) return { values, changed: [] };
      const { value, changes } = checkServiceInput(model, identifier, values, rules);
      return {
        values: isJsonObject(value) ? value : {},
        changed: changes.map((change) => ({ stream: identifier, ...change })),
      };
    }
    default:
      return { values, changed: [] };
  }
}
