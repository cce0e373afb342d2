import type { Node, NodeAPI, NodeDef } from "node-red";
import type { CommandHandler, IncomingCommand } from "../../lib/client/command";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import type { NodeConnection } from "../shared/connection-lease";
import { leaseConnection } from "../shared/connection-lease";
import { onClose, reportError } from "../shared/runtime";
import type { Config } from "./config";
import { commandKinds, readConfig } from "./config";
import { commandMessage } from "./message";

export default function register(RED: NodeAPI): void {
  function CommandSubscribe(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "device");
    if (!link.isThere) return;
    try {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      const { device } = link;
      onClose(this, device.commands.register(commandHandler(RED, this, link, config)));
    } catch (thrown) {
      link.showBroken(thrown);
      reportError(RED, this, thrown);
    }
  }

  RED.nodes.registerType("onenet-command-subscribe", CommandSubscribe);
}

function commandHandler(RED: NodeAPI, node: Node, link: NodeConnection, config: Config): CommandHandler {
  return {
    kinds: commandKinds(config, link.device.productKind),
    identifiers: config.identifiers,
    answersItself: config.answersItself,
    deadlineMs: config.deadlineMs,
    unhandled: config.unhandled,
    failure: config.failure,
    deliver(command: IncomingCommand) {
      try {
        node.send(commandMessage(command, config.payloadAs));
        link.refresh();
      } catch (thrown) {
        link.showError(thrown);
        reportError(RED, node, thrown, { command });
        throw thrown;
      }
    },
    unanswered(error, command) {
      link.showError(error);
      reportError(RED, node, error, { command });
    },
  };
}
