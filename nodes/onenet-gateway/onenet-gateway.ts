import type { Node, NodeAPI, NodeDef } from "node-red";
import { readIdentities } from "../../lib/protocol/identity";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import type { NodeConnection } from "../shared/connection-lease";
import { leaseConnection } from "../shared/connection-lease";
import { onClose, onInput, reportError } from "../shared/runtime";
import { checkGateway, findChosenSubdevice } from "../shared/target-device";
import type { ChangeListener } from "./changes";
import { listenToChanges } from "./changes";
import { readConfig } from "./config";
import { readAction, readDevices } from "./message";
import { concludeAction } from "./outcome";
import { askForEach } from "./requests";

interface GatewayDef extends NodeDef {
  readonly connection?: string;
  readonly subdevice?: string;
}

export default function register(RED: NodeAPI): void {
  function OneNetGateway(this: Node, def: GatewayDef): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    onInput(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      // Each message fails with the reason, which has been told.
      if (!link.isThere) return () => void link.device;
      const { connection, device } = link;
      const own = checkGateway(connection);
      const subdevice = findChosenSubdevice(RED, def.subdevice, connection.key);
      onClose(this, listenToChanges(device, changeListener(RED, this, link, config.answersItself)));
      return async (message, send) => {
        const action = readAction(message, config.action);
        if (action === "get") {
          const devices = readIdentities(await device.request("topo-get", undefined));
          return send({ ...message, payload: devices, onenet: { state: "accepted", action, devices } });
        }
        const asked = await askForEach(action, readDevices(message, subdevice, own), connection, device);
        const { sent, error } = concludeAction(RED, action, asked);
        if (sent !== undefined) send({ ...message, ...sent });
        if (error !== undefined) throw error;
      };
    });
  }

  RED.nodes.registerType("onenet-gateway", OneNetGateway);
}

/** Sends what the platform says of a changed topology out of the second output. */
function changeListener(
  RED: NodeAPI,
  node: Node,
  link: NodeConnection,
  answersItself: boolean,
): ChangeListener {
  return {
    answersItself,
    changed({ topic, body: _body, values, ...reference }) {
      const payload = readIdentities(values["subList"]);
      node.send([null, { topic, payload, command: { ...reference, identifiers: [] } }]);
      link.refresh();
    },
    unanswered(error, command) {
      link.showError(error);
      reportError(RED, node, error, { command });
    },
  };
}
