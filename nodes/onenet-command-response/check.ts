import type { Answer, CommandReference } from "../../lib/client/command";
import { isPlainObject } from "../../lib/protocol/json";
import { checkServiceOutput } from "../../lib/protocol/thing-value";
import type { ChangedValue } from "../shared/read-points";
import type { Thing } from "../shared/thing";
import { checkStream } from "../shared/thing";

/** An answer as the model wants it. */
export interface CheckedAnswer {
  readonly answer: Answer;
  /** What the check made another value of. */
  readonly changed: readonly ChangedValue[];
}

/**
 * Holds the values of a get, or the outputs of a service, against the model. What is no object is left to the desk.
 *
 * @throws {OneNetError} ONENET_VALUE_INVALID for the first that does not fit
 */
export function checkAnswer(reference: CommandReference, answer: Answer, thing: Thing): CheckedAnswer {
  if (!answer.success) return { answer, changed: [] };
  if (reference.kind === "service") return checkOutputs(reference, answer, thing);
  const { model, rules } = thing;
  const { body } = answer;
  const isChecked = model !== undefined && rules.mode !== "off" && reference.kind === "property-get";
  if (!isChecked || !isPlainObject(body)) return { answer, changed: [] };
  const changed: ChangedValue[] = [];
  const values = Object.entries(body).map(([stream, value]) => {
    const checked = checkStream(model, stream, value, rules, "post");
    for (const change of checked.changes) changed.push({ stream, ...change });
    return [stream, checked.value] as const;
  });
  return { answer: { success: true, body: Object.fromEntries(values) }, changed };
}

function checkOutputs(
  { identifier = "" }: CommandReference,
  answer: Answer & { success: true },
  { model, rules }: Thing,
): CheckedAnswer {
  const service = model?.services.get(identifier);
  // The payload may still be what the service was invoked with.
  if (service?.outputs.size === 0) return { answer: { success: true }, changed: [] };
  const isChecked = model !== undefined && rules.mode !== "off";
  const isPlatforms = service === undefined && identifier.startsWith("$");
  if (!isChecked || isPlatforms || !isPlainObject(answer.body)) return { answer, changed: [] };
  const { value, changes } = checkServiceOutput(model, identifier, answer.body, rules);
  const changed = changes.map((change) => ({ stream: identifier, ...change }));
  return { answer: { success: true, body: value }, changed };
}
