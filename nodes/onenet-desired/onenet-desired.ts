import type { Node, NodeAPI, NodeDef } from "node-red";
import { withoutBigInts } from "../../lib/protocol/json";
import type { Def } from "../shared/config";
import { FieldReader } from "../shared/config";
import type { NodeConnection } from "../shared/connection-lease";
import { leaseConnection } from "../shared/connection-lease";
import { onceStarted } from "../shared/deploy";
import type { Message, Send } from "../shared/runtime";
import { onClose, onInput, reportError } from "../shared/runtime";
import type { Config } from "./config";
import { readConfig } from "./config";
import type { GotDesired } from "./desired-values";
import { deleteDesired, getDesired } from "./desired-values";
import { readAction, readIdentifiers, readVersions } from "./message";

export default function register(RED: NodeAPI): void {
  function Desired(this: Node, def: NodeDef & { readonly connection?: string }): void {
    RED.nodes.createNode(this, def);
    const link = leaseConnection(RED, this, def.connection, "thing");
    onInput(RED, this, link, () => {
      const config = readConfig(new FieldReader(RED, this, def as unknown as Def));
      if (link.isThere && config.getsAfterLogin) getAfterLogins(RED, this, link, config);
      return async (message, send) => {
        if (readAction(message, config) === "delete") await runDelete(link, config, message, send);
        else await runGet(link, config, message, "message", send);
      };
    });
  }

  RED.nodes.registerType("onenet-desired", Desired);
}

async function runGet(
  link: NodeConnection,
  config: Config,
  message: Message,
  trigger: "message" | "login",
  send: Send,
  isOver?: () => boolean,
): Promise<void> {
  const properties = [...(link.thing.model?.properties.values() ?? [])];
  const settable = properties.filter(({ accessMode }) => accessMode === "rw");
  const named = settable.map(({ identifier }) => identifier);
  const identifiers = readIdentifiers(message.payload, config, properties.length === 0 ? undefined : named);
  const { values, applied, deleted } = await getDesired(link.device, identifiers, config, isOver);
  const onenet = { action: "get", trigger, identifiers: [...identifiers], applied, deleted };
  send({ ...message, payload: plainValues(values), onenet });
}

/** As messages carry values: a whole number beyond 2^53 as its digits. */
function plainValues(values: GotDesired["values"]): object {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([name, desired]) => [name, { ...desired, value: withoutBigInts(desired.value) }]),
  );
}

async function runDelete(link: NodeConnection, config: Config, message: Message, send: Send): Promise<void> {
  const versions = readVersions(message.payload, config);
  await deleteDesired(link.device, versions, config);
  const identifiers = [...versions.keys()];
  send({ ...message, onenet: { action: "delete", trigger: "message", identifiers, deleted: identifiers } });
}

/** Gets after each login, and after a deploy that finds the device logged in, one at a time: a login during a get, which the lost link may have ended, gets once more. */
function getAfterLogins(RED: NodeAPI, node: Node, link: NodeConnection, config: Config): void {
  let isGetting = false;
  let isDue = false;
  let isClosed = false;
  const run = async () => {
    isDue = true;
    if (isGetting) return;
    isGetting = true;
    while (isDue && !isClosed) {
      isDue = false;
      await getOnce(RED, node, link, config, () => isClosed);
    }
    isGetting = false;
  };
  // Whoever takes the values may not be there before the flows have started.
  const runOnceStarted = () => onceStarted(RED, node, () => void run());
  onClose(node, link.device.onLogin(runOnceStarted));
  // A deploy finds the device logged in, and may have interrupted a get.
  if (link.connection.state.phase === "online") runOnceStarted();
  onClose(node, () => {
    isClosed = true;
  });
}

async function getOnce(
  RED: NodeAPI,
  node: Node,
  link: NodeConnection,
  config: Config,
  isClosed: () => boolean,
): Promise<void> {
  const message = { _msgid: RED.util.generateId(), topic: "desired" };
  try {
    const send: Send = (sent) => {
      if (!isClosed()) node.send(sent);
    };
    // The node in its place gets them, too.
    await runGet(link, config, message, "login", send, isClosed);
    link.refresh();
  } catch (thrown) {
    if (isClosed()) return;
    link.showError(thrown);
    reportError(RED, node, thrown, message);
  }
}
