import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * A loopback port that was free a moment ago: for programs that cannot take port 0 (mosquitto), and for
 * addresses where nothing listens.
 */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
