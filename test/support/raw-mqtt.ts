import { connect, type Socket } from "node:net";
import { EventLog } from "./events";

/** MQTT 3.1.1 packets made and read byte by byte: a client that may break every rule, and shows every byte. */
export interface Frame {
  /** The packet's type, 1 to 14. */
  readonly type: number;
  /** The low four bits of the first byte. */
  readonly flags: number;
  readonly body: Buffer;
}

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBCOMP = 7;
export const SUBACK = 9;
export const UNSUBACK = 11;
export const PINGRESP = 13;

export interface ConnectOptions {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly keepAliveSeconds?: number;
  readonly clean?: boolean;
  readonly protocolName?: string;
  readonly protocolLevel?: number;
  readonly will?: { readonly topic: string; readonly payload: string };
}

export interface PublishOptions {
  readonly qos?: 0 | 1 | 2;
  readonly packetId?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

/** A packet from its first byte and its body; the remaining length is counted unless given. */
export function frame(firstByte: number, body: Buffer, remainingLength = body.length): Buffer {
  const length: number[] = [];
  let rest = remainingLength;
  do {
    const more = rest > 127;
    length.push((rest & 0x7f) | (more ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.of(firstByte, ...length), body]);
}

export function connectFrame(options: ConnectOptions): Buffer {
  const { clientId, username, password, will, keepAliveSeconds = 60, clean = true } = options;
  const flags =
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will ? 0x04 : 0) |
    (clean ? 0x02 : 0);
  const level = options.protocolLevel ?? 4;
  return frame(
    0x10,
    Buffer.concat([
      text(options.protocolName ?? "MQTT"),
      Buffer.of(level, flags),
      uint16(keepAliveSeconds),
      ...(level === 5 ? [Buffer.of(0)] : []),
      text(clientId),
      ...(will ? [text(will.topic), text(will.payload)] : []),
      ...(username === undefined ? [] : [text(username)]),
      ...(password === undefined ? [] : [text(password)]),
    ]),
  );
}

export function subscribeFrame(packetId: number, filters: readonly (readonly [string, number])[]): Buffer {
  const entries = filters.map(([filter, qos]) => Buffer.concat([text(filter), Buffer.of(qos)]));
  return frame(0x82, Buffer.concat([uint16(packetId), ...entries]));
}

export function unsubscribeFrame(packetId: number, filters: readonly string[]): Buffer {
  return frame(0xa2, Buffer.concat([uint16(packetId), ...filters.map(text)]));
}

export function publishFrame(topic: string, payload: string | Buffer, options: PublishOptions = {}): Buffer {
  const { qos = 0, packetId = 1, dup = false, retain = false } = options;
  const first = 0x30 | (dup ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
  return frame(
    first,
    Buffer.concat([text(topic), ...(qos > 0 ? [uint16(packetId)] : []), Buffer.from(payload)]),
  );
}

export const PINGREQ_FRAME = Buffer.of(0xc0, 0);
export const DISCONNECT_FRAME = Buffer.of(0xe0, 0);

/** What a PUBLISH at QoS 0 carries. */
export function readPublish({ body }: Frame): { readonly topic: string; readonly payload: string } {
  const end = 2 + body.readUInt16BE(0);
  return { topic: body.toString("utf8", 2, end), payload: body.toString("utf8", end) };
}

/** A TCP connection on which packets are bytes. */
export class RawMqtt {
  readonly socket: Socket;
  /** Every packet that came. */
  readonly frames = new EventLog<Frame>("frames");
  /** Resolves when the connection is gone: "end", or the error's code (ECONNRESET). */
  readonly closed: Promise<string>;
  /** Told about each packet when it has come. */
  heard: (frame: Frame) => void = () => undefined;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    let how = "end";
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      how = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.frames.end(`the connection is closed (${how})`);
        resolve(how);
      });
    });
  }

  static async open(port: number, host = "127.0.0.1"): Promise<RawMqtt> {
    const socket = connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawMqtt(socket);
  }

  /** Over a connection that stands, TLS for one. */
  static over(socket: Socket): RawMqtt {
    return new RawMqtt(socket);
  }

  send(...packets: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(packets));
  }

  /** The first packet of a type from now on. */
  next(type: number): Promise<Frame> {
    return this.frames.waitForNext((got) => got.type === type, { what: `packet of type ${type}` });
  }

  /** Sends and waits for the answer of this type. */
  async ask(packet: Buffer, answerType: number): Promise<Frame> {
    const answer = this.next(answerType);
    this.send(packet);
    return answer;
  }

  /** Sends a CONNECT. @returns the CONNACK's return code, or how the connection ended without one */
  async login(options: ConnectOptions): Promise<number | string> {
    const connack = this.ask(connectFrame(options), CONNACK).then(({ body }) => body[1] ?? -1);
    connack.catch(() => undefined);
    return Promise.race([connack, this.closed]);
  }

  /** SUBACK return codes. */
  async subscribe(
    ...filters: readonly (readonly [filter: string, qos: number])[]
  ): Promise<readonly number[]> {
    const { body } = await this.ask(subscribeFrame(1, filters), SUBACK);
    return [...body.subarray(2)];
  }

  /** Resolves once everything sent so far has been handled: what came before the answer is there. */
  async settle(): Promise<void> {
    await this.ask(PINGREQ_FRAME, PINGRESP);
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let read = this.#readFrame(); read; read = this.#readFrame()) {
      this.frames.push(read);
      this.heard(read);
    }
  }

  #readFrame(): Frame | undefined {
    let length = 0;
    for (let index = 1; index < this.#received.length && index <= 4; index++) {
      const byte = this.#received[index] ?? 0;
      length |= (byte & 0x7f) << (7 * (index - 1));
      if (byte & 0x80) continue;
      const end = index + 1 + length;
      if (this.#received.length < end) return undefined;
      const first = this.#received[0] ?? 0;
      const body = Buffer.from(this.#received.subarray(index + 1, end));
      this.#received = this.#received.subarray(end);
      return { type: first >> 4, flags: first & 0x0f, body };
    }
    return undefined;
  }
}
