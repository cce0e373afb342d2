import type { Node, NodeAPI, NodeDef } from "node-red";
import type { CloudApplication } from "../../lib/simulator/cloud";
import type { CloudEnvelope } from "../../lib/simulator/cloud-envelope";
import type { SimulatorOptions } from "../../lib/simulator/options";
import { acquireSimulator } from "../../lib/simulator/shared";
import type { Simulator } from "../../lib/simulator/simulator";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { translate } from "../shared/report";
import { onClose, onInput, reportError } from "../shared/runtime";
import { errorStatus, StatusLine, successStatus } from "../shared/status";
import { readOptions } from "./config";
import type { CloudRequest } from "./message";
import { concerns, readRequest } from "./message";

export default function register(RED: NodeAPI): void {
  function OneNetSimulator(this: Node<{ keys: unknown }>, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    onClose(this, () => status.close());
    const showError = (thrown: unknown) => status.show(errorStatus(thrown));
    let showListening: () => void = () => undefined;
    const shown = { refresh: () => showListening(), showError, showBroken: showError };
    onInput(RED, this, shown, () => {
      const saved = def as unknown as Def;
      const options = readOptions(new FieldReader(RED, this, saved), saved);
      const { products = [] } = options;
      const starting = holdSimulator(this, options, (simulator) => {
        const address = `${simulator.host}:${simulator.port}`;
        const text = translate(RED, "status.listening", { address }) ?? address;
        showListening = () => status.show(successStatus(text));
        showListening();
        return simulator.on((event) => {
          // Each node tells of a copy: a flow may change what it gets.
          if (concerns(event, products))
            this.send([{ topic: event.event, payload: structuredClone(event) }, null]);
        });
      });
      starting.catch((thrown) => {
        showError(thrown);
        reportError(RED, this, thrown);
      });
      return async (message, send) => {
        const { cloud } = await starting;
        send([null, { ...message, payload: await ask(cloud, readRequest(message, products)) }]);
      };
    });
  }

  RED.nodes.registerType("onenet-simulator", OneNetSimulator, { credentials: { keys: { type: "text" } } });
}

/**
 * Shares a simulator until the node is closed, which may be before it has started.
 *
 * @param use is called once it runs; what it returns ends that
 */
async function holdSimulator(
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

async function ask(cloud: CloudApplication, request: CloudRequest): Promise<CloudEnvelope> {
  switch (request.action) {
    case "set-property":
      return await cloud.setProperty(request);
    case "get-property":
      return await cloud.getProperty(request);
    case "send-command":
      return await cloud.sendCommand(request);
  }
}
