import type { Node, NodeAPI, NodeDef } from "node-red";
import { type JsonObject, withoutBigInts } from "../../lib/protocol/json";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import { translate } from "../shared/report";
import { onClose, onInput, reportError } from "../shared/runtime";
import { errorStatus, StatusLine, successStatus } from "../shared/status";
import { readOptions } from "./config";
import { ask, holdSimulator } from "./hold";
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
            this.send([
              { topic: event.event, payload: withoutBigInts(structuredClone(event) as object as JsonObject) },
              null,
            ]);
        });
      });
      starting.catch((thrown) => {
        showError(thrown);
        reportError(RED, this, thrown);
      });
      return async (message, send) => {
        const { cloud } = await starting;
        const envelope = await ask(cloud, readRequest(message, products));
        send([null, { ...message, payload: withoutBigInts({ ...envelope } as JsonObject) }]);
      };
    });
  }

  RED.nodes.registerType("onenet-simulator", OneNetSimulator, { credentials: { keys: { type: "text" } } });
}
