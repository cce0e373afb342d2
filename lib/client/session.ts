import type { Qos } from "../delivery/message";
import type { OneNetError } from "../errors";
import type { Endpoint } from "../protocol/platform";
import type { StatusMessage } from "./profile";

/** All that one login needs. */
export interface SessionOptions {
  readonly endpoint: Endpoint;
  /** Goes to `tls.connect` as it is. */
  readonly tlsOptions: Readonly<Record<string, unknown>>;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clean: boolean;
  readonly sessionExpirySeconds: number | undefined;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly will: StatusMessage | undefined;
}

/** A message from the other side. */
export interface InboundMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
}

export interface SessionEvents {
  /** The way to the other side stands and the CONNECT is on it: from here on it counts as a login. */
  loggingIn(): void;
  /** The login was answered with success. */
  online(sessionPresent: boolean): void;
  message(message: InboundMessage): void;
  /**
   * The connection is over, or never came to be; called once, and nothing is called after it.
   *
   * @param returnCode of the CONNACK, when that is what refused it
   * @param closedByPeer the other side ended it
   */
  down(end: SessionEnd): void;
}

export interface SessionEnd {
  readonly error: OneNetError;
  readonly returnCode?: number;
  readonly closedByPeer: boolean;
  /** MQTT 5 told that another client took the session over. */
  readonly takenOver: boolean;
}
