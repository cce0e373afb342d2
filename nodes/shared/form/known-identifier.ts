import { OneNetError } from "../../../lib/errors";
import { clip } from "../../../lib/protocol/json";
import { nearestNames } from "../../../lib/protocol/near-name";
import type { ThingModel } from "../../../lib/protocol/thing-model";

/**
 * Whether the model has a property of this name. One of the platform's own (`$OneNET_LBS`) need not stand in it.
 *
 * @throws {OneNetError} ONENET_VALUE_INVALID.is-event, .is-service, .unknown (with near names)
 */
export function checkKnownProperty(model: ThingModel, identifier: string): void {
  if (model.properties.has(identifier) || isSystems(identifier)) return;
  if (model.events.has(identifier)) throw unknown("is-event", identifier, model.properties);
  if (model.services.has(identifier)) throw unknown("is-service", identifier, model.properties);
  throw unknown("unknown", identifier, model.properties);
}

/**
 * Whether the model has an event of this name, as {@link checkKnownProperty}.
 *
 * @throws {OneNetError} ONENET_VALUE_INVALID.is-property, .unknown-event (with near names)
 */
export function checkKnownEvent(model: ThingModel, identifier: string): void {
  if (model.events.has(identifier) || isSystems(identifier)) return;
  if (model.properties.has(identifier)) throw unknown("is-property", identifier, model.events);
  throw unknown("unknown-event", identifier, model.events);
}

function isSystems(identifier: string): boolean {
  return identifier.startsWith("$");
}

type Reason = "is-event" | "is-service" | "is-property" | "unknown" | "unknown-event";

function unknown(rule: Reason, identifier: string, known: ReadonlyMap<string, unknown>): OneNetError {
  const name = clip(identifier);
  const limit = nearestNames(name, known.keys());
  return new OneNetError(`ONENET_VALUE_INVALID.${rule}`, { identifier: name, rule, limit, value: "" });
}
