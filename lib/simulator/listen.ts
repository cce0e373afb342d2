import type { AddressInfo, Server } from "node:net";
import { OneNetError } from "../errors";

/**
 * Makes a server listen.
 *
 * @param port 0 picks a free one
 * @returns the port it listens at
 * @throws {OneNetError} ONENET_SIMULATOR_ADDRESS if the address cannot be used
 */
export async function listenAt(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const reason = cause.code ?? cause.message;
      reject(new OneNetError("ONENET_SIMULATOR_ADDRESS", { host, port, reason }, { cause }));
    };
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Stops listening; resolves when its connections, which the caller ends, are gone. One that never listened is fine. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
