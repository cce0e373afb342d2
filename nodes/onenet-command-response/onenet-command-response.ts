import type { Node, NodeAPI, NodeDef } from "node-red";
import { pool } from "../../lib/client/pool";
import { OneNetError } from "../../lib/errors";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { knownThings } from "../shared/known-things";
import type { Message } from "../shared/runtime";
import { onClose, onInputEnding, passOn } from "../shared/runtime";
import { errorStatus, StatusLine, successStatus } from "../shared/status";
import { checkAnswer } from "./check";
import { readConfig } from "./config";
import { isOwnFailure, readAnswer, readReference } from "./message";

export default function register(RED: NodeAPI): void {
  function CommandResponse(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    onClose(this, () => status.close());
    const showError = (thrown: unknown) => status.show(errorStatus(thrown));
    const shown = {
      refresh: () => status.show(successStatus("status.answered")),
      showError,
      showBroken: showError,
      // A Catch node for the whole flow in front of this one: its errors would go round and round.
      cameBack: (message: Message) => isOwnFailure(message, this.id),
    };
    onInputEnding(RED, this, shown, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      return (message, send, end) => {
        const reference = readReference(message);
        const device = pool.find(reference.connection)?.device;
        if (device === undefined) {
          throw new OneNetError("ONENET_COMMAND_EXPIRED", { id: reference.id, deadline: "passed" });
        }
        const given = readAnswer(message, config, reference.kind);
        const { answer, changed } = checkAnswer(
          reference,
          given,
          knownThings.find(reference.connection, reference.device),
        );
        device.commands.handIn(reference, answer, (error, receipt) => {
          if (error !== undefined) return end(error);
          // The answer to a desired value stays here.
          const onenet = reference.desired === true ? { state: "applied" } : receipt;
          passOn(this, message, changed.length === 0 ? onenet : { ...onenet, changed }, send, end);
        });
      };
    });
  }

  RED.nodes.registerType("onenet-command-response", CommandResponse);
}
