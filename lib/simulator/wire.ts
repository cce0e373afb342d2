import type { Client } from "aedes";

/**
 * The one file that reaches into aedes 1.2.0 past its public interface. What it needs and why:
 *
 * - `_parser` emits each parsed packet before its handler sees it. Here the law that aedes does not know is applied
 *   (size, DUP, a second CONNECT, …) and a SUBSCRIBE is rewritten, because `authorizeSubscribe` cannot lower the QoS
 *   that the SUBACK grants.
 * - `_parser.packet.length` is known once the fixed header is read, before the body has come.
 * - `pause`, `resume`, `_parsingBatch`, `_keepaliveTimer` make a link that is open and deaf.
 *
 * `test/unit/simulator/wire.test.ts` holds all of it against a real socket.
 */
interface AedesInternals {
  readonly _parser: {
    prependListener(event: "packet", listener: (packet: WirePacket) => void): void;
    readonly packet: { readonly length: number };
  };
  readonly _keepaliveTimer: NodeJS.Timeout | null;
  _parsingBatch: number;
  pause(): void;
  resume(): void;
}

/** A packet as the parser gives it; changing it changes what aedes handles. */
export interface WirePacket {
  readonly cmd: string;
  readonly qos: number;
  readonly dup: boolean;
  readonly retain: boolean;
  readonly payload?: unknown;
  readonly subscriptions?: { qos: number; readonly topic: string }[];
  readonly unsubscriptions?: readonly string[];
}

function internals(client: Client): AedesInternals {
  return client as unknown as AedesInternals;
}

/** Shows every packet to `inspect` before aedes handles it. */
export function watchPackets(client: Client, inspect: (packet: WirePacket) => void): void {
  internals(client)._parser.prependListener("packet", inspect);
}

/** Calls `exceeded` as soon as a packet's header announces more than `maxBytes`, before its body has come. */
export function watchAnnouncedLength(client: Client, maxBytes: number, exceeded: () => void): void {
  const parser = internals(client)._parser;
  // Comes after aedes' own listener, which has then fed what was read to the parser.
  client.conn.on("readable", () => {
    if (parser.packet.length > maxBytes) exceeded();
  });
}

/** The platform grants QoS 0 whatever is asked for. @see device-mqtt.md §4.2 */
export function lowerSubscribedQos(packet: WirePacket): void {
  for (const subscription of packet.subscriptions ?? []) subscription.qos = 0;
}

/** Stops reading and forgets the keep alive: the peer sees an open link on which nothing happens. */
export function deafen(client: Client): void {
  const inner = internals(client);
  inner.pause();
  if (inner._keepaliveTimer) clearTimeout(inner._keepaliveTimer);
}

/** Reads on, with what has come meanwhile. */
export function undeafen(client: Client): void {
  const inner = internals(client);
  // A handler that ended during the pause did not count itself down; with the count left up nothing is read again.
  inner._parsingBatch = 0;
  inner.resume();
}
