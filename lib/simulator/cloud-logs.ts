import type { CloudDesk } from "./cloud-desk";
import { type CloudEnvelope, success } from "./cloud-envelope";
import { eventTypeOf, listEvents, listServiceCalls } from "./cloud-views";
import type { AboutDevice } from "./events";
import type { PageRequest } from "./timeline";

/** What an application reads of what happened. @see cloud-api.md §1.4 */
export interface LogCalls {
  /** `device/event-log`: what the device reported as events. */
  eventLog(request: EventLogRequest): Promise<CloudEnvelope>;
  /** `device/service-log`: which services were called, and what became of it. */
  serviceLog(request: LogRequest): Promise<CloudEnvelope>;
}

export interface LogRequest extends AboutDevice, PageRequest {
  readonly identifier?: string;
}

export interface EventLogRequest extends LogRequest {
  /** 1 info, 2 alert, 3 error. */
  readonly eventType?: number;
}

export function logCalls(desk: CloudDesk): LogCalls {
  return {
    eventLog: ({ identifier, eventType, ...request }) =>
      desk.reportThing("device/event-log", request, (device) => {
        const isWanted = (event: { readonly identifier: string }) =>
          (identifier === undefined || event.identifier === identifier) &&
          (eventType === undefined || eventTypeOf(device, event.identifier) === eventType);
        return success({ list: listEvents(device, device.events?.page(request, isWanted) ?? []) });
      }),
    serviceLog: ({ identifier, ...request }) =>
      desk.reportThing("device/service-log", request, (device) => {
        const isWanted = (call: { readonly identifier: string }) =>
          identifier === undefined || call.identifier === identifier;
        return success({ list: listServiceCalls(device.services?.page(request, isWanted) ?? []) });
      }),
  };
}
