import type { NodeAPI } from "node-red";
import type { ConnectionReport } from "../../lib/client/connection-report";
import { pool } from "../../lib/client/pool";
import type { QueueTally } from "../../lib/delivery/store";
import { reportConnection } from "../shared/connection-report";
import { inRuntimeLanguage } from "../shared/report";
import { directory } from "./directory";
import { listStoredQueues } from "./stored-queues";

/** A connection that is open, or lingers after a deploy. */
export interface ListedConnection extends ConnectionReport {
  /** The ids of the configuration nodes that stand for it. */
  readonly nodes: readonly string[];
}

/** Messages on disk that no open connection sends. */
export interface OrphanedBacklog {
  readonly key: string;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAgeMs?: number;
  /** Configuration nodes of the same identity: they have another store now, or no node uses them. */
  readonly nodes: readonly string[];
}

/** The answer to `GET onenet/connections`. Holds no secret. */
export interface ConnectionList {
  readonly connections: readonly ListedConnection[];
  readonly orphans: readonly OrphanedBacklog[];
  /** Why the orphans are not known. */
  readonly storeProblem?: { readonly code: string; readonly message: string };
}

export async function listConnections(RED: NodeAPI): Promise<ConnectionList> {
  let tallies: readonly QueueTally[] = [];
  let problem: Pick<ConnectionList, "storeProblem"> = {};
  try {
    tallies = await listStoredQueues(RED);
  } catch (thrown) {
    const { code, message } = inRuntimeLanguage(RED, thrown);
    problem = { storeProblem: { code, message } };
  }
  // Asked after the disk: a connection that was opened meanwhile has no orphan.
  return { connections: listOpen(RED), orphans: tallies.filter(isOrphan).map(describeOrphan), ...problem };
}

function listOpen(RED: NodeAPI): ListedConnection[] {
  return pool.keys.flatMap((key) => {
    const connection = pool.find(key);
    return connection === undefined
      ? []
      : [{ ...reportConnection(RED, connection), nodes: directory.nodesOf(key) }];
  });
}

/** A connection that has been changed to the memory store does not send what it once wrote to disk. */
export function isOrphan({ identity, messages }: Pick<QueueTally, "identity" | "messages">): boolean {
  const store = pool.find(identity)?.profile.store.mode ?? "memory";
  return messages > 0 && store === "memory";
}

function describeOrphan({ identity, messages, bytes, oldestQueuedAtMs }: QueueTally): OrphanedBacklog {
  return {
    key: identity,
    messages,
    bytes,
    ...(oldestQueuedAtMs === undefined ? {} : { oldestAgeMs: Math.max(0, Date.now() - oldestQueuedAtMs) }),
    nodes: directory.nodesOf(identity),
  };
}
