import type { Node, NodeAPI, NodeMessage } from "node-red";
import { onceStarted, watchDeployment } from "./deploy";
import type { ReportedError } from "./report";
import { inRuntimeLanguage } from "./report";

/** A message as it comes: everything in it is unknown until it is read. */
export type Message = NodeMessage & Readonly<Record<string, unknown>>;

export type Send = (message: Record<string, unknown> | (Record<string, unknown> | null)[]) => void;

export type InputHandler = (message: Message, send: Send) => Promise<void> | void;

/**
 * Ends an input, once: well, or with what went wrong.
 *
 * @param tellLate called when it went well after a deploy had closed its node: nobody hears `done` any more
 */
export type End = (thrown?: unknown, tellLate?: () => void) => void;

/** Handles an input and calls `end` when it is through, now or later. What it throws ends the input, too. */
export type EndingHandler = (message: Message, send: Send, end: End) => void;

/** Who shows how a node fares. */
export interface InputStatus {
  /** A message went well. */
  refresh(): void;
  /** A message failed. */
  showError(thrown: unknown): void;
  /** The node's settings are wrong: every message will fail. */
  showBroken(thrown: unknown): void;
  /** Whether a Catch node brought the message back with this node's own error: it fails again without being told again. */
  cameBack?(message: Message): boolean;
  /** A message failed when its node was gone: whoever has taken over tells of it. Default: the log. */
  failedLate?(error: ReportedError, message: Message): void;
}

/**
 * Handles each input. Whatever the handler does, `done` is called exactly once: without an error when it
 * resolves, with the error in the runtime's language when it throws or rejects. Only a message that fails after
 * its node was closed by a deploy has no `done` any more: see {@link InputStatus.failedLate}.
 *
 * @param prepare reads the node's settings and makes the handler. What it throws is reported at once, and fails
 *   every message
 */
export function onInput(RED: NodeAPI, node: Node, status: InputStatus, prepare: () => InputHandler): void {
  onInputEnding(RED, node, status, () => {
    const handler = prepare();
    return (message, send, end) => {
      run(() => handler(message, send)).then(
        () => end(),
        (thrown) => end(thrown ?? new Error("rejected without a reason")),
      );
    };
  });
}

/**
 * {@link onInput} for the nodes that publish: their handler calls `end` itself. A promise for each message would
 * cost more than all the rest.
 */
export function onInputEnding(
  RED: NodeAPI,
  node: Node,
  status: InputStatus,
  prepare: () => EndingHandler,
): void {
  watchDeployment(RED);
  const handler = prepareOrReport(RED, node, status, prepare);
  let isClosed = false;
  onClose(node, () => {
    isClosed = true;
  });
  const fail = (thrown: unknown, message: Message, done: (error?: Error) => void) => {
    const error = inRuntimeLanguage(RED, thrown);
    if (isClosed) return failLate(node, status, error, message);
    status.showError(error);
    if (status.cameBack?.(message) === true) done();
    else done(error);
  };
  node.on("input", (incoming, send, done) => {
    const message = incoming as Message;
    const end: End = (thrown, tellLate) => {
      try {
        if (thrown !== undefined) return fail(thrown, message, done);
        if (isClosed) tellLate?.();
        status.refresh();
        done();
      } catch (uncloneable) {
        // Node-RED clones the message for Complete and Catch nodes; what cannot be cloned must not end the process.
        node.error(String(uncloneable));
      }
    };
    try {
      handler(message, send as Send, end);
    } catch (thrown) {
      end(thrown);
    }
  });
}

/**
 * Sends a message on with what became of it, if anything, and ends its input ({@link End}). What cannot be cloned
 * fails it.
 */
export function passOn(
  node: Node,
  message: Message,
  onenet: object | undefined,
  send: Send,
  end: End,
  tellLate?: () => void,
): void {
  try {
    if (isWired(node)) send(onenet === undefined ? { ...message } : { ...message, onenet });
  } catch (thrown) {
    return end(thrown);
  }
  end(undefined, tellLate);
}

/** Whether anybody is there to be sent to: copying a message for nobody costs as much as publishing it. */
function isWired(node: Node): boolean {
  const { wires } = node as Node & { readonly wires?: readonly (readonly string[])[] };
  return wires === undefined || wires.some((targets) => targets.length > 0);
}

function failLate(node: Node, status: InputStatus, error: ReportedError, message: Message): void {
  if (status.failedLate === undefined) node.error(error.message);
  else status.failedLate(error, message);
}

function prepareOrReport(
  RED: NodeAPI,
  node: Node,
  status: InputStatus,
  prepare: () => EndingHandler,
): EndingHandler {
  try {
    return prepare();
  } catch (thrown) {
    const error = inRuntimeLanguage(RED, thrown);
    status.showBroken(error);
    reportError(RED, node, error);
    return () => {
      throw error;
    };
  }
}

async function run(handler: () => Promise<void> | void): Promise<void> {
  await handler();
}

type Close = () => Promise<void> | void;

/** What runs when a node is closed: one listener for all of it. */
const closes = new WeakMap<Node, readonly Close[]>();

/** Runs when the node is closed, by a deploy or the end; Node-RED waits for it. */
export function onClose(node: Node, close: Close): void {
  const known = closes.get(node);
  // There may be thousands of nodes, and an array that grows takes room for sixteen more.
  closes.set(node, known === undefined ? [close] : [...known, close]);
  if (known === undefined) node.on("close", (done: () => void) => closeAll(node, done));
}

function closeAll(node: Node, done: () => void): void {
  const failed = (thrown: unknown) => node.error(String(thrown));
  const closing: Promise<void>[] = [];
  for (const close of closes.get(node) ?? []) {
    try {
      const ending = close();
      if (ending !== undefined) closing.push(Promise.resolve(ending).catch(failed));
    } catch (thrown) {
      failed(thrown);
    }
  }
  if (closing.length === 0) done();
  else void Promise.all(closing).then(() => done());
}

/**
 * Reports an error that belongs to no input: to Catch nodes if there are any, else to the log. At a deploy it waits
 * until there can be some.
 */
export function reportError(
  RED: NodeAPI,
  node: Node,
  thrown: unknown,
  details: Record<string, unknown> = {},
): void {
  // Node.error takes an Error as well as text; with a message object it reaches Catch nodes.
  const error = inRuntimeLanguage(RED, thrown) as unknown as string;
  onceStarted(RED, node, () => {
    try {
      node.error(error, details);
    } catch {
      // The details cannot be cloned for a Catch node.
      node.error(error);
    }
  });
}
