import { readFileSync } from "node:fs";
import path from "node:path";

/** One entry of a flow file. `credentials` are taken over at a deploy and never come back. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface NodeSet {
  readonly id: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly enabled: boolean;
  readonly module: string;
  readonly version: string;
  readonly local: boolean;
  readonly err?: unknown;
}

export type DeployType = "full" | "nodes" | "flows" | "reload";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Node-RED's admin HTTP API, as the editor uses it. */
export class AdminApi {
  readonly url: string;
  /** Sent as a bearer token when set (see `login`). */
  token: string | undefined;

  /** @param url with a trailing slash */
  constructor(url: string) {
    this.url = url;
  }

  /** Any request; throws on no status. */
  async request(route: string, init: RequestInit = {}): Promise<HttpAnswer> {
    const headers = new Headers(init.headers);
    headers.set("Connection", "close");
    if (this.token) headers.set("Authorization", `Bearer ${this.token}`);
    const response = await fetch(new URL(route.replace(/^\//, ""), this.url), { ...init, headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** @throws {Error} unless the answer is 2xx */
  async json<T>(route: string, init: RequestInit = {}): Promise<T> {
    const headers = new Headers(init.headers);
    if (!headers.has("Accept")) headers.set("Accept", "application/json");
    const { status, text } = await this.request(route, { ...init, headers });
    if (status < 200 || status > 299) throw new Error(`${init.method ?? "GET"} ${route}: ${status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #send<T>(
    method: string,
    route: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const all = { "Content-Type": "application/json", ...headers };
    return this.json<T>(route, { method, headers: all, body: JSON.stringify(body) });
  }

  /** Deploys. Node-RED answers before the flows have been started: `NodeRed.deploy` waits for that. */
  async deploy(flows: readonly FlowNode[], type: DeployType = "full"): Promise<string> {
    const headers = { "Node-RED-API-Version": "v2", "Node-RED-Deployment-Type": type };
    const { rev } = await this.#send<{ rev: string }>("POST", "flows", { flows }, headers);
    return rev;
  }

  /** The flows as an export or another editor sees them. */
  async flows(): Promise<readonly FlowNode[]> {
    return this.json<readonly FlowNode[]>("flows", { headers: { "Node-RED-API-Version": "v1" } });
  }

  nodeSets(): Promise<readonly NodeSet[]> {
    return this.json("nodes");
  }

  /** The palette's HTML of all node sets (forms and help), in a language. */
  async nodesHtml(language = "en-US"): Promise<string> {
    return (await this.request("nodes", { headers: { Accept: "text/html", "Accept-Language": language } }))
      .text;
  }

  /** Icons by module. */
  icons(): Promise<Readonly<Record<string, readonly string[]>>> {
    return this.json("icons");
  }

  /** Label catalogues of all node sets: `{ "<module>/<set>": { … } }`. */
  nodeMessages(language: string): Promise<Readonly<Record<string, unknown>>> {
    return this.json(`nodes/messages?lng=${encodeURIComponent(language)}`);
  }

  settings(): Promise<Record<string, unknown>> {
    return this.json("settings");
  }

  credentials(type: string, id: string): Promise<Record<string, unknown>> {
    return this.json(`credentials/${type}/${id}`);
  }

  /** Presses an inject node's button (or any other node's with a `POST inject/…` route). */
  async inject(id: string): Promise<void> {
    await this.request(`inject/${id}`, { method: "POST" });
  }

  /** Installs a package as the palette's upload does (POST /nodes, multipart). */
  async installTarball(file: string): Promise<HttpAnswer> {
    const form = new FormData();
    form.set("tarball", new Blob([readFileSync(file)], { type: "application/gzip" }), path.basename(file));
    return this.request("nodes", { method: "POST", body: form, headers: { Accept: "application/json" } });
  }

  async uninstall(module: string): Promise<HttpAnswer> {
    return this.request(`nodes/${module}`, { method: "DELETE" });
  }

  /** Logs in with a user of `adminAuth`; later requests carry the token. */
  async login(username: string, password: string): Promise<void> {
    const grant = { client_id: "node-red-admin", grant_type: "password", scope: "*", username, password };
    const { access_token } = await this.#send<{ access_token: string }>("POST", "auth/token", grant);
    this.token = access_token;
  }
}
