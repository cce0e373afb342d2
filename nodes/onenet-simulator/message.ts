import { OneNetError } from "../../lib/errors";
import { encodeCommandResponse } from "../../lib/protocol/command";
import { describeValue } from "../../lib/protocol/json";
import type { AboutDevice, SimulatorEvent } from "../../lib/simulator/events";
import type { SimulatedProduct } from "../../lib/simulator/options";
import type { Message } from "../shared/runtime";

/** What a message asks of the platform, as a cloud application would, or as its console. */
export type CloudRequest = AboutDevice &
  (
    | {
        readonly action: "set-property" | "set-desired" | "delete-desired" | "inform-ota";
        readonly params: unknown;
      }
    | { readonly action: "get-property" | "get-desired"; readonly identifiers: unknown }
    | { readonly action: "send-command"; readonly body: Uint8Array; readonly timeoutSeconds?: number }
    | { readonly action: "call-service"; readonly identifier: unknown; readonly params: unknown }
    | { readonly action: "change-topology"; readonly subDevices: unknown }
    | { readonly action: "send-custom"; readonly body: Uint8Array }
  );

/**
 * Whether a node with these products tells of an event. Nodes that share an address each tell what concerns their own
 * products, and what was refused; one without products watches over all.
 */
export function concerns(event: SimulatorEvent, products: readonly SimulatedProduct[]): boolean {
  const productId = "productId" in event ? event.productId : undefined;
  if (products.length === 0 || productId === undefined || event.event === "refused") return true;
  const gatewaysProductId = "gateway" in event ? event.gateway.productId : productId;
  return products.some(
    (product) => product.productId === productId || product.productId === gatewaysProductId,
  );
}

const ACTIONS: readonly CloudRequest["action"][] = [
  "set-property",
  "get-property",
  "call-service",
  "set-desired",
  "get-desired",
  "delete-desired",
  "send-command",
  "change-topology",
  "inform-ota",
  "send-custom",
];

/**
 * Reads `msg.action`, the device (`msg.productId` and `msg.deviceName`, not needed when there is one device only)
 * and the payload: values to set, identifiers to read (one or a list), a service's inputs (its name is
 * `msg.identifier`), desired values or the versions to delete, a gateway's sub-devices (a list of
 * `{productId, deviceName}`; none: as they are), what `ota/inform` is to carry, or a command's or script's body.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_REQUEST, ONENET_PAYLOAD_INVALID
 */
export function readRequest(message: Message, products: readonly SimulatedProduct[]): CloudRequest {
  const device = readDevice(message, products);
  const action = message["action"];
  const { payload } = message;
  switch (action) {
    case "set-property":
    case "set-desired":
    case "delete-desired":
    case "inform-ota":
      return { ...device, action, params: payload };
    case "get-property":
      return { ...device, action, identifiers: typeof payload === "string" ? [payload] : payload };
    case "get-desired":
      return { ...device, action, identifiers: readWanted(payload) };
    case "call-service":
      return { ...device, action, identifier: message["identifier"], params: payload };
    case "change-topology":
      return { ...device, action, subDevices: Array.isArray(payload) ? payload : undefined };
    case "send-custom":
      return { ...device, action, body: encodeCommandResponse(payload) };
    case "send-command":
      return {
        ...device,
        action,
        body: encodeCommandResponse(payload),
        ...readTimeout(message["timeoutSeconds"]),
      };
    default:
      throw misunderstood(`msg.action ${describeValue(action)}`, ACTIONS.join(", "));
  }
}

/** One identifier, a list, or anything else for all. */
function readWanted(payload: unknown): unknown {
  if (typeof payload === "string" && payload !== "") return [payload];
  return Array.isArray(payload) && payload.length > 0 ? payload : undefined;
}

function readDevice(message: Message, products: readonly SimulatedProduct[]): AboutDevice {
  const { productId, deviceName } = message;
  const devices = products
    .filter((product) => productId === undefined || product.productId === productId)
    .flatMap((product) => product.devices.map((device) => ({ ...device, productId: product.productId })))
    .filter((device) => deviceName === undefined || device.deviceName === deviceName);
  const [only] = devices;
  if (only !== undefined && devices.length === 1)
    return { productId: only.productId, deviceName: only.deviceName };
  // Products of another node at this address are known to the simulator, not to this node.
  if (typeof productId === "string" && typeof deviceName === "string") return { productId, deviceName };
  const got = `msg.productId ${describeValue(productId)} and msg.deviceName ${describeValue(deviceName)}`;
  throw misunderstood(got, "a device of this simulator; both names when it has several");
}

function readTimeout(timeoutSeconds: unknown): { timeoutSeconds?: number } {
  if (timeoutSeconds === undefined) return {};
  const seconds = Number(timeoutSeconds);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3600) return { timeoutSeconds: seconds };
  throw misunderstood(`msg.timeoutSeconds ${describeValue(timeoutSeconds)}`, "1 to 3600");
}

function misunderstood(got: string, expected: string): OneNetError {
  return new OneNetError("ONENET_SIMULATOR_REQUEST", { got, expected });
}
