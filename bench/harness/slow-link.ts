import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP link with a delay, between a client and a broker. */
export interface SlowLink {
  readonly port: number;
  /** Swallows what the broker says, so that nothing is acknowledged. */
  setDeaf(deaf: boolean): void;
  /** Resets the open links; new ones are taken. */
  cut(): void;
  /** Resolves with `performance.now()` of the moment the next link is taken. */
  nextLink(): Promise<number>;
  close(): void;
}

interface State {
  deaf: boolean;
  readonly sockets: Set<Socket>;
  waiting: ((nowMs: number) => void)[];
}

/** Starts a link to `port`; each direction takes `delayMs`. */
export async function startSlowLink(port: number, delayMs: number): Promise<SlowLink> {
  const state: State = { deaf: false, sockets: new Set(), waiting: [] };
  const server = createServer((client) => {
    for (const resolve of state.waiting.splice(0)) resolve(performance.now());
    const broker = connect({ port, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    forward(state, client, broker, delayMs, () => false);
    forward(state, broker, client, delayMs, () => state.deaf);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of [...state.sockets]) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    setDeaf: (deaf) => {
      state.deaf = deaf;
    },
    cut,
    nextLink: () => new Promise((resolve) => state.waiting.push(resolve)),
    close: () => {
      server.close();
      cut();
    },
  };
}

function forward(state: State, from: Socket, to: Socket, delayMs: number, isSwallowed: () => boolean): void {
  state.sockets.add(from);
  from.on("data", (chunk: Buffer) => {
    if (!isSwallowed()) setTimeout(() => to.writable && to.write(chunk), delayMs);
  });
  from.on("error", () => undefined);
  from.once("close", () => {
    state.sockets.delete(from);
    setTimeout(() => to.destroy(), delayMs);
  });
}
