import type { Node } from "node-red";
import type { CloudApplication } from "../../lib/simulator/cloud";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import type { SimulatorOptions } from "../../lib/simulator/options";
import { acquireSimulator } from "../../lib/simulator/shared";
import type { Simulator } from "../../lib/simulator/simulator";
import { onClose } from "../shared/runtime";
import type { CloudRequest } from "./message";

/**
 * Shares a simulator until the node is closed, which may be before it has started.
 *
 * @param use is called once it runs; what it returns ends that
 */
export async function holdSimulator(
  node: Node,
  options: SimulatorOptions,
  use: (simulator: Simulator) => () => void,
): Promise<Simulator> {
  let isClosed = false;
  let endUse: (() => void) | undefined;
  const acquiring = acquireSimulator(options);
  onClose(node, async () => {
    isClosed = true;
    endUse?.();
    const lease = await acquiring.catch(() => undefined);
    await lease?.release();
  });
  const { simulator } = await acquiring;
  if (!isClosed) endUse = use(simulator);
  return simulator;
}

/** Does what a cloud application would. */
export async function ask(cloud: CloudApplication, request: CloudRequest): Promise<CloudEnvelope> {
  switch (request.action) {
    case "set-property":
      return await cloud.setProperty(request);
    case "get-property":
      return await cloud.getProperty(request);
    case "send-command":
      return await cloud.sendCommand(request);
    case "call-service":
      return await cloud.callService(request);
    case "set-desired":
      return await cloud.setDesired(request);
    case "get-desired":
      return await cloud.queryDesired(request);
    case "delete-desired":
      return await cloud.deleteDesired(request);
    case "change-topology":
      return await cloud.changeTopology(request);
    case "inform-ota":
      return await cloud.informOta(request);
    case "send-custom":
      return await cloud.sendCustom(request);
  }
}
