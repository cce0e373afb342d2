import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import type { Connection } from "../../lib/client/connection";
import { pool } from "../../lib/client/pool";
import type { ErrorCode } from "../../lib/errors";
import { OneNetError } from "../../lib/errors";
import { inRuntimeLanguage } from "../shared/report";
import { isOrphan, listConnections } from "./connection-list";
import { directory } from "./directory";
import { listStoredQueues, purgeStoredQueue } from "./stored-queues";
import { findThing } from "./thing";

/** The little of Express that is used. */
type Request = IncomingMessage & { readonly params: Readonly<Record<string, string | string[]>> };
type Answer = Readonly<Record<string, unknown>>;

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  ONENET_CONNECTION_UNKNOWN: 404,
  ONENET_ACTION_UNKNOWN: 404,
  ONENET_CONNECTION_IDLE: 409,
  ONENET_REQUEST_FOREIGN: 403,
};

const withRoutes = new WeakSet<object>();

/**
 * Adds to Node-RED's admin API, once:
 *
 * - `GET onenet/connections` (permission `onenet.read`): {@link listConnections}
 * - `GET onenet/connections/<id>/model` (`onenet.read`): `{text, problem?}`, the thing model that the connection node
 *   with this id works with, as it was read when the flows started, or `problem: {code, message}` why there is none
 * - `POST onenet/connections/<id>/drain|reconnect|purge` (`onenet.write`): `id` is a connection node's id, or a key
 *   of the list, url-encoded. Answers `{action, key, phase}` or `{action, key, purgedMessages}`
 *
 * Errors are `{code, message}`: 404 ONENET_CONNECTION_UNKNOWN and ONENET_ACTION_UNKNOWN, 409 ONENET_CONNECTION_IDLE,
 * 403 ONENET_REQUEST_FOREIGN, 503 ONENET_STORE_…; 401 is Node-RED's own.
 */
export function registerRoutes(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  httpAdmin.get("/onenet/connections", auth.needsPermission("onenet.read"), (_request, response) =>
    answer(RED, response, async () => ({ ...(await listConnections(RED)) })),
  );
  httpAdmin.get("/onenet/connections/:id/model", auth.needsPermission("onenet.read"), (request, response) =>
    answer(RED, response, async () => readModel(RED, request)),
  );
  httpAdmin.post(
    "/onenet/connections/:id/:action",
    auth.needsPermission("onenet.write"),
    (request, response) => answer(RED, response, () => act(RED, request)),
  );
}

/** @throws {OneNetError} ONENET_CONNECTION_UNKNOWN */
function readModel(RED: NodeAPI, request: Request): Answer {
  const id = String(request.params["id"]);
  const thing = findThing(RED, id);
  if (thing === undefined) throw new OneNetError("ONENET_CONNECTION_UNKNOWN", { id });
  if (thing.problem === undefined) return { text: thing.text };
  const { code, message } = inRuntimeLanguage(RED, thing.problem);
  return { text: "", problem: { code, message } };
}

async function act(RED: NodeAPI, request: Request): Promise<Answer> {
  checkOrigin(request);
  const id = String(request.params["id"]);
  const action = String(request.params["action"]);
  const key = directory.keyOf(id) ?? id;
  const result = await perform(RED, key, id, action);
  // As Node-RED's own routes write it; its typing of an audit entry is that of a log line.
  const entry: object = { event: `onenet.${action}`, key };
  RED.log.audit(entry as Parameters<typeof RED.log.audit>[0], request);
  return { action, key, ...result };
}

async function perform(RED: NodeAPI, key: string, id: string, action: string): Promise<Answer> {
  switch (action) {
    case "drain":
    case "reconnect": {
      const connection = findOpen(key, id, action);
      connection[action]();
      return { phase: connection.state.phase };
    }
    case "purge":
      return { purgedMessages: await purge(RED, key, id) };
    default:
      throw new OneNetError("ONENET_ACTION_UNKNOWN", { action, expected: "drain, reconnect, purge" });
  }
}

/** @throws {OneNetError} ONENET_CONNECTION_IDLE, ONENET_CONNECTION_UNKNOWN */
function findOpen(key: string, id: string, action: string): Connection {
  const connection = pool.find(key);
  if (connection !== undefined) return connection;
  if (directory.nodesOf(key).length > 0) throw new OneNetError("ONENET_CONNECTION_IDLE", { id, action });
  throw new OneNetError("ONENET_CONNECTION_UNKNOWN", { id });
}

/** What waits in an open connection, and what lies on disk without one. */
async function purge(RED: NodeAPI, key: string, id: string): Promise<number> {
  const connection = pool.find(key);
  const purged = (await connection?.purge()) ?? 0;
  const orphan = (await listStoredQueues(RED)).find((tally) => tally.identity === key && isOrphan(tally));
  if (orphan !== undefined) return purged + (await purgeStoredQueue(RED, key));
  const isKnown = connection !== undefined || directory.nodesOf(key).length > 0;
  if (isKnown) return purged;
  throw new OneNetError("ONENET_CONNECTION_UNKNOWN", { id });
}

/**
 * As with Node-RED's own API, a web page of another origin can change nothing: a token or a JSON content type makes
 * the browser ask first, which Node-RED declines. What a browser sends without asking is refused.
 *
 * @throws {OneNetError} ONENET_REQUEST_FOREIGN
 */
function checkOrigin({ headers }: Request): void {
  const isFromBrowser = headers.origin !== undefined || headers["sec-fetch-site"] === "cross-site";
  const isAskedFor =
    headers.authorization !== undefined || /^application\/json\b/i.test(headers["content-type"] ?? "");
  if (isFromBrowser && !isAskedFor) throw new OneNetError("ONENET_REQUEST_FOREIGN");
}

function answer(RED: NodeAPI, response: ServerResponse, make: () => Promise<Answer>): void {
  make().then(
    (body) => send(response, 200, body),
    (thrown) => {
      const { code, message } = inRuntimeLanguage(RED, thrown);
      const status = HTTP_STATUS[code] ?? (code.startsWith("ONENET_STORE_") ? 503 : 500);
      send(response, status, { code, message });
    },
  );
}

/** The numbers of this moment: nobody should keep them. */
function send(response: ServerResponse, status: number, body: Answer): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  response.end(JSON.stringify(body));
}
