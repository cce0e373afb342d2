import { once } from "node:events";
import WebSocket from "ws";
import { EventLog } from "./events";

/** One message of the editor's websocket: `status/<id>`, `debug`, `notification/…`, `hb`. */
export interface CommsEvent {
  readonly topic: string;
  readonly data: unknown;
}

export interface Comms {
  readonly events: EventLog<CommsEvent>;
  /** Everything received, as text. */
  raw(): string;
  close(): Promise<void>;
}

function readFrame(text: string): readonly CommsEvent[] {
  const frame: unknown = JSON.parse(text);
  const list = Array.isArray(frame) ? frame : [frame];
  return list.filter((entry): entry is CommsEvent => typeof entry?.topic === "string");
}

/** Subscribes as the editor does; status of all nodes comes at once, as it is retained. */
export async function openComms(url: string, token?: string): Promise<Comms> {
  const socket = new WebSocket(new URL("comms", url.replace(/^http/, "ws")));
  const events = new EventLog<CommsEvent>("comms");
  const frames: string[] = [];
  socket.on("message", (chunk) => {
    const text = chunk.toString();
    frames.push(text);
    for (const event of readFrame(text)) events.push(event);
  });
  await once(socket, "open");
  if (token) {
    const authorised = once(socket, "message");
    socket.send(JSON.stringify({ auth: token }));
    await authorised;
  }
  for (const topic of ["status/#", "debug", "notification/#"])
    socket.send(JSON.stringify({ subscribe: topic }));
  return {
    events,
    raw: () => frames.join("\n"),
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}
