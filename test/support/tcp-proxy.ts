import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { EventLog } from "./events";

/** What the proxy does with links: `forward` (usual), `black-hole` (accepts and swallows both ways), `refuse` (resets). */
export type ProxyMode = "forward" | "black-hole" | "refuse";

export type ProxyEvent =
  | { readonly event: "accepted"; readonly link: number }
  | { readonly event: "refused"; readonly link: number }
  | { readonly event: "closed"; readonly link: number }
  | {
      readonly event: "bytes";
      readonly link: number;
      readonly direction: "up" | "down";
      readonly bytes: number;
    };

/** A TCP link with faults between a client and `target`. */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  readonly events: EventLog<ProxyEvent>;
  /** Links that are open now. */
  readonly links: number;
  /** From now on, for open links (black hole and forward) and new ones. What a black hole swallowed stays lost. */
  setMode(mode: ProxyMode): void;
  /** Resets every open link (RST to both sides), or closes it in order with `"end"`. */
  cut(how?: "reset" | "end"): void;
  /** New links go to this target. */
  retarget(target: { readonly host?: string; readonly port: number }): void;
  /** Stops listening, so that a connection attempt is refused by the kernel; `listenAgain` takes the same port. */
  stopListening(): Promise<void>;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
}

/** Sees what goes through, as it goes. */
type Tap = (direction: "up" | "down", chunk: Buffer) => void;

interface State {
  readonly tap: Tap | undefined;
  mode: ProxyMode;
  target: { host: string; port: number };
  count: number;
  readonly links: Set<Link>;
  readonly events: EventLog<ProxyEvent>;
}

function forward(state: State, link: Link, from: Socket, to: Socket, direction: "up" | "down"): void {
  from.on("data", (chunk: Buffer) => {
    if (state.mode === "black-hole") return;
    state.events.push({ event: "bytes", link: link.number, direction, bytes: chunk.length });
    state.tap?.(direction, chunk);
    if (to.write(chunk)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
  from.once("end", () => {
    if (state.mode !== "black-hole") to.end();
  });
  from.on("error", () => to.destroy());
  from.once("close", () => {
    if (state.mode !== "black-hole") to.destroy();
    if (state.links.delete(link)) state.events.push({ event: "closed", link: link.number });
  });
}

function accept(state: State, client: Socket): void {
  state.count += 1;
  const number = state.count;
  if (state.mode === "refuse") {
    state.events.push({ event: "refused", link: number });
    client.on("error", () => undefined).resetAndDestroy();
    return;
  }
  const server = connect({ ...state.target, noDelay: true });
  client.setNoDelay(true);
  const link: Link = { number, client, server };
  state.links.add(link);
  forward(state, link, client, server, "up");
  forward(state, link, server, client, "down");
  state.events.push({ event: "accepted", link: number });
}

function cutLinks(state: State, how: "reset" | "end"): void {
  for (const { client, server } of [...state.links]) {
    for (const socket of [client, server]) {
      if (how === "end") socket.end();
      else socket.resetAndDestroy();
    }
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => undefined);
    resolve();
  });
}

/** Starts a proxy on a free loopback port. Close it in `after`. */
export async function startTcpProxy(target: {
  readonly host?: string;
  readonly port: number;
  readonly tap?: Tap;
}): Promise<TcpProxy> {
  const state: State = {
    tap: target.tap,
    mode: "forward",
    target: { host: target.host ?? "127.0.0.1", port: target.port },
    count: 0,
    links: new Set(),
    events: new EventLog<ProxyEvent>("tcp-proxy"),
  };
  let server = createServer((client) => accept(state, client));
  const port = await listen(server, 0);
  return {
    host: "127.0.0.1",
    port,
    events: state.events,
    get links() {
      return state.links.size;
    },
    setMode: (mode) => {
      state.mode = mode;
    },
    cut: (how = "reset") => cutLinks(state, how),
    retarget: (next) => {
      state.target = { host: next.host ?? "127.0.0.1", port: next.port };
    },
    stopListening: () => stopListening(server),
    listenAgain: async () => {
      server = createServer((client) => accept(state, client));
      await listen(server, port);
    },
    close: async () => {
      await stopListening(server);
      cutLinks(state, "reset");
    },
  };
}
