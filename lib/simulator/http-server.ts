import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { stringifyJson } from "../protocol/json";
import { SIMULATOR_HOST } from "../protocol/platform";
import type { CloudApplication } from "./cloud";
import { CLOUD_CODES, type CloudEnvelope, failure } from "./cloud-envelope";
import type { SimulatorContext } from "./context";
import { authenticate, mayTouch } from "./http-authorization";
import type { Call } from "./http-read";
import { ROUTES, type Route } from "./http-routes";
import { closeServer, listenAt } from "./listen";

/** Bytes of a POST body; the platform takes 4 MB (Studio). */
const MAX_BODY_BYTES = 1_048_576;

/** A request the simulator itself does not take; the platform has no such answers. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface CloudApi {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the cloud API: on loopback only, whatever the MQTT host is, and to no web page (foreign `Host` or `Origin`,
 * a body that is not declared as JSON).
 *
 * @throws {OneNetError} ONENET_SIMULATOR_ADDRESS
 */
export async function openCloudApi(
  context: SimulatorContext,
  cloud: CloudApplication,
  host: string,
  port: number,
): Promise<CloudApi> {
  const server = createServer((request, response) => void serve(context, cloud, request, response));
  const loopback = /^(?:127\.|::1$|localhost$)/.test(host) ? host : SIMULATOR_HOST;
  const taken = await listenAt(server, loopback, port);
  const close = async () => {
    const closed = closeServer(server);
    server.closeAllConnections();
    await closed;
  };
  return { port: taken, close };
}

async function serve(
  context: SimulatorContext,
  cloud: CloudApplication,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(response, 200, await answer(context, cloud, request));
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    const message = error instanceof Refusal ? error.message : "internal error";
    send(response, status, failure(status === 500 ? CLOUD_CODES.internal : CLOUD_CODES.parameter, message));
  }
}

async function answer(
  context: SimulatorContext,
  cloud: CloudApplication,
  request: IncomingMessage,
): Promise<CloudEnvelope> {
  refuseForeign(request);
  const url = new URL(request.url ?? "/", "http://localhost");
  const route = findRoute(request, url.pathname);
  const call: Call = { query: url.searchParams, body: await readBody(request) };
  const principal = authenticate(context, request.headers.authorization);
  if (typeof principal === "string") return unauthorized(context, url.pathname, principal);
  const target = route.target(call);
  if (!target)
    return failure(CLOUD_CODES.parameter, "parameter error: product_id and device_name are needed");
  if (!mayTouch(principal, target)) return unauthorized(context, url.pathname, "permission denied");
  return route.run(cloud, { deviceName: "", ...target }, call);
}

function unauthorized({ hub }: SimulatorContext, pathname: string, reason: string): CloudEnvelope {
  const code = CLOUD_CODES.authentication;
  hub.emit({ event: "refused", what: "cloud", code, message: `${pathname.slice(1)}: ${reason}` });
  return failure(code, `authentication failed:${reason}`);
}

/** A page of another origin must reach nothing, by its own name or by one that it lets point to loopback. */
function refuseForeign({ headers, socket }: IncomingMessage): void {
  const own = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${socket.localPort}`);
  const { host = "", origin } = headers;
  if (!own.includes(host)) throw new Refusal(403, `foreign host: call it ${own[0]}`);
  if (origin !== undefined && !own.some((name) => origin === `http://${name}`)) {
    throw new Refusal(403, "foreign origin");
  }
}

function findRoute({ method, headers }: IncomingMessage, pathname: string): Route {
  const route = ROUTES.get(pathname);
  if (!route) throw new Refusal(404, "no such path");
  if (method !== route.method) throw new Refusal(405, `${route.method} is needed`);
  if (method === "POST" && !/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")) {
    throw new Refusal(415, "content-type: application/json is needed");
  }
  return route;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The request is not destroyed when the loop ends early: the refusal is still to be sent over its socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Refusal(413, `body above ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, envelope: CloudEnvelope): void {
  if (response.destroyed) return;
  const body = stringifyJson(envelope);
  const headers = {
    "content-type": "application/json;charset=UTF-8",
    "content-length": Buffer.byteLength(body),
  };
  response.writeHead(status, status === 413 ? { ...headers, connection: "close" } : headers).end(body);
}
