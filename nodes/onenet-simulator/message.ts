import { OneNetError } from "../../lib/errors";
import { encodeCommandResponse } from "../../lib/protocol/command";
import { describeValue } from "../../lib/protocol/json";
import type { AboutDevice, SimulatorEvent } from "../../lib/simulator/events";
import type { SimulatedProduct } from "../../lib/simulator/options";
import type { Message } from "../shared/runtime";

/** What a message asks of the platform, as a cloud application would. */
export type CloudRequest =
  | (AboutDevice & { readonly action: "set-property"; readonly params: unknown })
  | (AboutDevice & { readonly action: "get-property"; readonly identifiers: unknown })
  | (AboutDevice & {
      readonly action: "send-command";
      readonly body: Uint8Array;
      readonly timeoutSeconds?: number;
    });

/**
 * Whether a node with these products tells of an event. Nodes that share an address each tell what concerns their own
 * products, and what was refused; one without products watches over all.
 */
export function concerns(event: SimulatorEvent, products: readonly SimulatedProduct[]): boolean {
  const productId = "productId" in event ? event.productId : undefined;
  if (products.length === 0 || productId === undefined || event.event === "refused") return true;
  return products.some((product) => product.productId === productId);
}

const ACTIONS = ["set-property", "get-property", "send-command"] as const;

/**
 * Reads `msg.action`, the device (`msg.productId` and `msg.deviceName`, not needed when there is one device only)
 * and the payload: values to set, identifiers to read (one or a list), or the command's body.
 *
 * @throws {OneNetError} ONENET_SIMULATOR_REQUEST, ONENET_PAYLOAD_INVALID
 */
export function readRequest(message: Message, products: readonly SimulatedProduct[]): CloudRequest {
  const device = readDevice(message, products);
  const action = message["action"];
  const { payload } = message;
  switch (action) {
    case "set-property":
      return { ...device, action, params: payload };
    case "get-property":
      return { ...device, action, identifiers: typeof payload === "string" ? [payload] : payload };
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
