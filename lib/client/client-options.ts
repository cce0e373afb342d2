import type { SessionOptions } from "./session";

/**
 * MQTT.js's debug log would show the password (and so would mqtt-packet's, were it text), and costs a fifth of all time
 * even when it is off.
 */
const log = () => undefined;

/** The options of MQTT.js for one login: nothing is queued, repeated or subscribed again by it. */
export function clientOptions(options: SessionOptions) {
  const { endpoint, will, sessionExpirySeconds } = options;
  const isWeb = endpoint.transport === "ws" || endpoint.transport === "wss";
  return {
    ...options.tlsOptions,
    // MQTT.js hands only some of them on to a WebSocket, and builds its URL from the host as it is.
    ...(isWeb ? { wsOptions: { ...options.tlsOptions } } : {}),
    log,
    ...(options.password === undefined ? {} : { password: Buffer.from(options.password) }),
    protocol: endpoint.transport,
    host: isWeb && endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host,
    port: endpoint.port,
    ...(endpoint.path === undefined ? {} : { path: endpoint.path }),
    protocolId: "MQTT" as const,
    protocolVersion: options.protocolVersion,
    clientId: options.clientId,
    ...(options.username === undefined ? {} : { username: options.username }),
    clean: options.clean,
    keepalive: options.keepAliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload) } }),
    ...(sessionExpirySeconds === undefined
      ? {}
      : { properties: { sessionExpiryInterval: sessionExpirySeconds } }),
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    reschedulePings: false,
  };
}
