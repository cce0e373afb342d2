import type { Node, NodeAPI, NodeDef } from "node-red";
import type { AskedCommand, CommandHandler, IncomingCommand } from "../../lib/client/command";
import { withoutBigInts } from "../../lib/protocol/json";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import type { NodeConnection } from "../shared/connection-lease";
import { leaseConnection } from "../shared/connection-lease";
import { knownThings } from "../shared/known-things";
import { onClose, reportError } from "../shared/runtime";
import type { Subdevice } from "../shared/subdevice";
import { findChosenSubdevice } from "../shared/target-device";
import { thingOf } from "../shared/thing";
import { checkCommand } from "./check";
import type { Config } from "./config";
import { readConfig } from "./config";
import type { HandlerPlan } from "./handlers";
import { planHandlers } from "./handlers";
import { commandMessage } from "./message";

type SubscribeDef = NodeDef & { readonly connection?: string; readonly subdevice?: string };

export default function register(RED: NodeAPI): void {
  function CommandSubscribe(this: Node, def: SubscribeDef): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    if (!link.isThere) return;
    try {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      onClose(this, knownThings.add(link.connection.key, link));
      const { commands, productKind } = link.device;
      const devices = devicesOf(findChosenSubdevice(RED, def.subdevice, link.connection.key));
      const asked = { productKind, devices, isAsync: (command: AskedCommand) => isAsync(link, command) };
      for (const plan of planHandlers(config, asked)) {
        onClose(this, commands.register(commandHandler(RED, this, link, config, plan)));
      }
    } catch (thrown) {
      link.showBroken(thrown);
      reportError(RED, this, thrown);
    }
  }

  RED.nodes.registerType("onenet-command-subscribe", CommandSubscribe);
}

/** The connection's own device, or the sub-device chosen, or all of its product. */
function devicesOf(subdevice: Subdevice | undefined): "own" | ReadonlySet<string> {
  return subdevice === undefined ? "own" : new Set([`${subdevice.productId}/${subdevice.deviceName || "*"}`]);
}

function isAsync(link: NodeConnection, { identifiers: [name = ""], device }: AskedCommand): boolean {
  return thingOf(link, device).model?.services.get(name)?.callType === "async";
}

function commandHandler(
  RED: NodeAPI,
  node: Node,
  link: NodeConnection,
  { payloadAs }: Config,
  plan: HandlerPlan,
): CommandHandler {
  const { output, isBare, ...handler } = plan;
  const check = (command: IncomingCommand) => checkCommand(command, thingOf(link, command.device));
  const tell = (thrown: unknown, command: IncomingCommand) => {
    link.showError(thrown);
    reportError(RED, node, thrown, { command: { ...command, values: withoutBigInts(command.values) } });
  };
  const telling = (action: (command: IncomingCommand) => void) => (command: IncomingCommand) => {
    try {
      action(command);
    } catch (thrown) {
      tell(thrown, command);
      throw thrown;
    }
  };
  return {
    ...handler,
    check: telling(check),
    deliver: telling((command) => {
      const message = commandMessage(command, check(command), { payloadAs, isBare });
      node.send(output === 0 ? message : [...Array<null>(output).fill(null), message]);
      link.refresh();
    }),
    unanswered: tell,
  };
}
