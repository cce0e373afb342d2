/** What the probe inside a Node-RED process tells the test, and what the test asks of it. */

export interface ReportedError {
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

type Message = Record<string, unknown>;

export type ProbeEvent =
  /** The flows have been started (at start-up and after each deploy). */
  | { readonly event: "flows-started" }
  /** A deploy is through: the flows have been started, or cannot be (a type is missing). */
  | { readonly event: "deployed"; readonly revision: string }
  /** A node sent a message along a wire. */
  | {
      readonly event: "send";
      readonly node: string;
      readonly type: string;
      readonly port: number;
      readonly msg: Message;
      readonly to: string;
    }
  /** A node called `done()`, with an error or without. */
  | {
      readonly event: "complete";
      readonly node: string;
      readonly type: string;
      readonly msg: Message;
      readonly error?: ReportedError;
    }
  /** A node's status changed; `status.text` is what the node gave (a catalogue key or a text). */
  | {
      readonly event: "status";
      readonly node: string;
      readonly status: { fill?: string; shape?: string; text?: string };
    }
  /** A line of Node-RED's log. Level: 10 fatal, 20 error, 30 warn, 40 info, 50 debug. */
  | {
      readonly event: "log";
      readonly level: number;
      readonly text: string;
      readonly node?: string;
      readonly type?: string;
    };

export type ProbeRequest =
  | { readonly ask: "receive"; readonly node: string; readonly msg: unknown }
  | { readonly ask: "memory" }
  | { readonly ask: "evaluate"; readonly source: string };

/** The state of a Node-RED process after a forced garbage collection. */
export interface MemoryReport {
  readonly heapUsedBytes: number;
  readonly rssBytes: number;
  /** What keeps the event loop busy, by kind (`TCPSocketWrap`, `Timeout`, …). */
  readonly resources: Readonly<Record<string, number>>;
  readonly handles: number;
  readonly processListeners: number;
  readonly eventListeners: number;
}

export type ProbeMessage =
  | { readonly probe: "event"; readonly event: ProbeEvent }
  | { readonly probe: "answer"; readonly id: number; readonly value?: unknown; readonly error?: string };
