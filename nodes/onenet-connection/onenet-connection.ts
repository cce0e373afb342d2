import type { Node, NodeAPI, NodeDef } from "node-red";
import type { Lease } from "../../lib/client/pool";
import { pool } from "../../lib/client/pool";
import type { ConnectionProfile } from "../../lib/client/profile";
import { poolKey } from "../../lib/client/profile";
import { type Def, FieldReader } from "../shared/config";
import { onClose } from "../shared/runtime";
import { readProfile } from "./config";
import { directory } from "./directory";
import { readHardwarePost } from "./hardware";
import { HardwareReporter } from "./hardware-reporter";
import { registerRoutes } from "./routes";
import { surroundingsOf } from "./surroundings";
import type { ConnectionThing } from "./thing";
import { readThing, tellOfThing } from "./thing";
import { ConnectionUsers } from "./users";
import { ConnectionWatch } from "./watch";

/** The connection node, as the nodes that use it see it. */
export interface ConnectionNode extends Node {
  /**
   * Shares the connection with a node, which must release it when it closes. The errors of the connection, those
   * thrown here among them, are reported to the user's flow.
   *
   * @throws {ReportedError} what is wrong with the connection's settings, ONENET_PROFILE_CONFLICT among them
   */
  acquire(user: Node): Lease;
  /** The identity the connection is shared by in the pool; undefined where its settings are wrong. */
  readonly key: string | undefined;
  /**
   * The product's thing model. No part of the profile: a deploy with another model finds the session still there.
   */
  readonly thing: ConnectionThing;
}

interface Credentials {
  readonly key: unknown;
  readonly user: unknown;
  readonly password: unknown;
}

export default function register(RED: NodeAPI): void {
  sayGoodbyeAtExit(RED);

  function OneNetConnection(this: Node<Credentials>, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    const fields = new FieldReader(RED, this, def as unknown as Def);
    const watch = new ConnectionWatch(RED, this);
    let profile: ConnectionProfile | undefined;
    let problem: unknown;
    let hardware: HardwareReporter | undefined;
    try {
      profile = readProfile(fields, surroundingsOf(RED, this.id));
      const post = readHardwarePost(fields, profile);
      if (post !== undefined) hardware = new HardwareReporter(RED, this, post);
    } catch (thrown) {
      problem = watch.refused(thrown);
    }
    const thing = readThing(fields, profile);
    tellOfThing(RED, this, thing, profile);
    const users = new ConnectionUsers();
    const acquire = (user: Node): Lease => {
      users.add(user);
      onClose(user, () => users.remove(user));
      if (profile === undefined) throw problem;
      try {
        const lease = pool.acquire(profile);
        watch.follow(lease.connection);
        hardware?.follow(lease.connection);
        return lease;
      } catch (thrown) {
        throw watch.refused(thrown);
      }
    };
    const key = profile && poolKey(profile);
    Object.assign(this, { acquire, key, users: users.spokesmen, thing });
    onClose(this, () => {
      watch.stop();
      hardware?.stop();
    });
    if (profile !== undefined) onClose(this, directory.add(this.id, profile));
  }

  registerRoutes(RED);
  RED.nodes.registerType("onenet-connection", OneNetConnection, {
    credentials: { key: { type: "password" }, user: { type: "text" }, password: { type: "password" } },
    settings: { onenetConnectionPinnedRoots: { value: [] } },
  });
}

let isGoodbyeArranged = false;

/** Node-RED does not wait for a connection that lingers when it ends; DISCONNECT is written all the same. */
function sayGoodbyeAtExit(RED: NodeAPI): void {
  if (isGoodbyeArranged) return;
  isGoodbyeArranged = true;
  process.once("exit", () => {
    const lost = pool.closeNow();
    if (lost > 0) RED.log.warn(RED._("onenet-connection.lost-at-exit", { count: lost }));
  });
}
