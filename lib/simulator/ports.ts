import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { SIMULATOR_HOST, SIMULATOR_HTTP_PORT, SIMULATOR_PORT } from "../protocol/platform";
import type { Broker } from "./broker";
import { makeCertificate, type SimulatorCertificate } from "./certificate";
import type { CloudApplication } from "./cloud";
import type { SimulatorContext } from "./context";
import { openCloudApi } from "./http-server";
import { closeServer, listenAt } from "./listen";
import type { SimulatorOptions } from "./options";

/** Where it listens. */
export interface Addresses {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number | undefined;
  readonly tlsPort: number | undefined;
  readonly certificate: SimulatorCertificate | undefined;
}

/** Everything that listens: MQTT, MQTT over TLS, the cloud API. */
export class Ports {
  readonly #context: SimulatorContext;
  readonly #broker: Broker;
  readonly #servers: Server[] = [];
  /** Also those whose TLS handshake is not through. */
  readonly #sockets = new Set<Socket>();
  #closeHttp: () => Promise<void> = async () => undefined;

  constructor(context: SimulatorContext, broker: Broker) {
    this.#context = context;
    this.#broker = broker;
  }

  /** @throws {OneNetError} ONENET_SIMULATOR_ADDRESS; then call {@link close} */
  async open(options: SimulatorOptions, cloud: CloudApplication): Promise<Addresses> {
    const {
      host = SIMULATOR_HOST,
      port = SIMULATOR_PORT,
      httpPort = SIMULATOR_HTTP_PORT,
      tlsPort = null,
    } = options;
    const names = options.tlsNames ?? ["localhost", "127.0.0.1", "::1"];
    const certificate = tlsPort === null ? undefined : await makeCertificate(names);
    const http = httpPort === null ? undefined : await this.#listenHttp(cloud, host, httpPort);
    const tls = certificate && (await this.#listenTls(certificate, host, tlsPort ?? 0));
    // The last one, so that no device logs in before somebody can listen to its events.
    const mqtt = createServer({ noDelay: true }, (socket) => this.#broker.accept(socket, false));
    return { host, port: await this.#listen(mqtt, host, port), httpPort: http, tlsPort: tls, certificate };
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(closeServer);
    this.#context.desk.close();
    await Promise.all([this.#closeHttp(), this.#broker.close()]);
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(server: Server, host: string, port: number): Promise<number> {
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    const taken = await listenAt(server, host, port);
    this.#servers.push(server);
    return taken;
  }

  #listenTls(certificate: SimulatorCertificate, host: string, port: number): Promise<number> {
    const { certificatePem: cert, privateKeyPem: key } = certificate;
    const handshakeTimeout = this.#context.rules.connectTimeoutMs;
    const server = createTlsServer({ cert, key, minVersion: "TLSv1.2", noDelay: true, handshakeTimeout });
    server.on("secureConnection", (socket) => this.#broker.accept(socket, true));
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      const address = `${socket.remoteAddress}:${socket.remotePort}`;
      const message = error.code ?? error.message;
      this.#context.hub.emit({ event: "refused", what: "tls", code: 0, message, address });
      socket.destroy();
    });
    return this.#listen(server, host, port);
  }

  async #listenHttp(cloud: CloudApplication, host: string, port: number): Promise<number> {
    const api = await openCloudApi(this.#context, cloud, host, port);
    this.#closeHttp = api.close;
    return api.port;
  }
}
