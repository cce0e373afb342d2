import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificate } from "./certificates";

/** A server that is no MQTT broker, or a bad one. */
export interface TcpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free loopback port and does with each connection what `serve` says; with a certificate over TLS. */
export async function startTcpServer(
  serve: (socket: Socket) => void,
  certificate?: Certificate,
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  };
  const server: Server = certificate ? createTlsServer({ ...certificate }, accept) : createServer(accept);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** Answers CONNECT and SUBSCRIBE as a broker does (MQTT 3.1.1, one filter), and then sends these bytes. */
export function servesMqttThen(bytes: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.on("data", (chunk: Buffer) => {
      if (chunk[0] === 0x10) socket.write(Buffer.of(0x20, 2, 0, 0));
      if (chunk[0] !== 0x82) return;
      socket.write(Buffer.of(0x90, 3, chunk[2] ?? 0, chunk[3] ?? 0, 0));
      socket.write(bytes);
    });
  };
}
