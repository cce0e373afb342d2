import { type DesiredCalls, desiredCalls } from "./cloud-desired";
import { CloudDesk } from "./cloud-desk";
import { type DeviceCalls, deviceCalls } from "./cloud-devices";
import { type PlatformCalls, platformCalls } from "./cloud-gateways";
import { type LogCalls, logCalls } from "./cloud-logs";
import { type PropertyCalls, propertyCalls } from "./cloud-properties";
import { type ServiceCalls, serviceCalls } from "./cloud-services";
import type { SimulatorContext } from "./context";

/**
 * What an application does through the cloud API. Each resolves to the platform's envelope, also when it fails;
 * what is not of the right form gets code 10001.
 *
 * @see cloud-api.md §1.3–1.6
 */
export interface CloudApplication
  extends PropertyCalls,
    DesiredCalls,
    ServiceCalls,
    LogCalls,
    DeviceCalls,
    PlatformCalls {}

export function openCloud(context: SimulatorContext): CloudApplication {
  const desk = new CloudDesk(context);
  return {
    ...propertyCalls(desk),
    ...desiredCalls(desk),
    ...serviceCalls(desk),
    ...logCalls(desk),
    ...deviceCalls(desk),
    ...platformCalls(desk),
  };
}
