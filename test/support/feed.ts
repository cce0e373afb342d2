import assert from "node:assert/strict";
import type { EventLog } from "./events";
import { CATCH } from "./flows";
import type { LoadedFlow } from "./helper";
import type { NodeRed } from "./node-red";

/** What is seen of a flow from outside, in the helper and in a real Node-RED alike. */
interface FlowEvent {
  readonly event: string;
  readonly node?: string;
  readonly port?: number;
  readonly msg?: Record<string, unknown>;
  readonly error?: unknown;
  readonly status?: ShownStatus;
}

export interface ShownStatus {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

export type Running = LoadedFlow | NodeRed;

/** An error as a Catch node hands it on. */
export interface CaughtError {
  readonly message: string;
  readonly code?: string;
  readonly cause?: {
    readonly key: string;
    readonly params: Record<string, unknown>;
    readonly failed?: unknown[];
  };
  readonly source: { readonly id: string; readonly type: string };
}

/** How one message ended. */
export interface Outcome {
  /** What the Catch node said; undefined when the node was done without an error. */
  readonly error: CaughtError | undefined;
  /** What the node sent on for this message, in order. */
  readonly sent: readonly Record<string, unknown>[];
}

let messages = 0;

const eventsOf = (running: Running): EventLog<FlowEvent> => running.events as unknown as EventLog<FlowEvent>;

async function receive(running: Running, id: string, msg: Record<string, unknown>): Promise<void> {
  if ("receive" in running) await running.receive(id, msg);
  else running.node(id).receive(msg);
}

/** Hands a message to a node; returns the `_msgid` by which its traces are found. */
export async function give(running: Running, id: string, msg: Record<string, unknown>): Promise<string> {
  messages += 1;
  const _msgid = `m${messages}`;
  await receive(running, id, { ...msg, _msgid });
  return _msgid;
}

/** Waits until a message is done, and for the Catch node to tell if it failed. */
export async function outcomeOf(
  running: Running,
  id: string,
  msgid: string,
  timeoutMs = 10_000,
): Promise<Outcome> {
  const events = eventsOf(running);
  const isOurs = ({ msg }: FlowEvent) => msg?.["_msgid"] === msgid;
  const done = await events.waitFor(
    (event) => event.event === "complete" && event.node === id && isOurs(event),
    {
      timeoutMs,
      what: `done of ${msgid} in ${id}`,
    },
  );
  const sent = events
    .filter((event) => event.event === "send" && event.node === id && isOurs(event))
    .map(({ msg }) => msg ?? {});
  if (done.error === undefined) return { error: undefined, sent };
  const caught = await events.waitFor(
    (event) => event.event === "send" && event.node === CATCH && isOurs(event),
    { what: `Catch of ${msgid}` },
  );
  return { error: caught.msg?.["error"] as CaughtError, sent };
}

/** Hands a message to a node and waits for its end. */
export async function feed(
  running: Running,
  id: string,
  msg: Record<string, unknown>,
  timeoutMs?: number,
): Promise<Outcome> {
  return await outcomeOf(running, id, await give(running, id, msg), timeoutMs);
}

/** Hands a message in and demands that it goes well; returns what the node sent. */
export async function feedWell(
  running: Running,
  id: string,
  msg: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { error, sent } = await feed(running, id, msg);
  assert.equal(error, undefined, `${id}: ${error?.message}`);
  assert.equal(sent.length, 1, `${id} sent ${sent.length} messages`);
  return sent[0] ?? {};
}

/** Hands a message in and demands that it fails with this code, at the Catch node. */
export async function feedBadly(
  running: Running,
  id: string,
  msg: Record<string, unknown>,
  code: string,
): Promise<CaughtError> {
  const { error } = await feed(running, id, msg);
  assert.ok(error, `${id} took what it should not`);
  assert.equal(error.code, code, error.message);
  assert.equal(error.source.id, id);
  assert.doesNotMatch(error.message, /\{\{|__\w+__|^errors\./, "a text with a hole in it");
  return error;
}

/** The statuses a node has shown so far. */
export function statusesOf(running: Running, id: string): readonly ShownStatus[] {
  return eventsOf(running)
    .filter(({ event, node }) => event === "status" && node === id)
    .map(({ status }) => status ?? {});
}

/** Waits until the newest status of a node has this text (part of it). */
export async function waitForLastStatus(running: Running, id: string, text: string): Promise<ShownStatus> {
  const last = () => statusesOf(running, id).at(-1);
  if (last()?.text?.includes(text) !== true) {
    await eventsOf(running).waitForNext(
      ({ event, node, status }) => event === "status" && node === id && status?.text?.includes(text) === true,
      { what: `status “${text}” of ${id}; the last was ${JSON.stringify(last())}` },
    );
  }
  return last() ?? {};
}

/** Every input ended once: as many `done` as messages, and none twice. */
export function assertDoneOnce(running: Running, id: string, expected: number): void {
  const ids = eventsOf(running)
    .filter(({ event, node }) => event === "complete" && node === id)
    .map(({ msg }) => String(msg?.["_msgid"]));
  assert.equal(ids.length, expected, `done of ${id}`);
  assert.equal(new Set(ids).size, expected, `a message of ${id} was done twice`);
}

/** Which message of a Catch node is meant, besides the error's code. */
export interface CaughtQuery {
  /** The node that reported it. */
  readonly source?: string;
  readonly msgid?: string;
}

/** The first message with such an error that the Catch node hands on, of the past or the future. */
export async function waitForCaught(
  running: Running,
  code: string,
  { source, msgid }: CaughtQuery = {},
): Promise<{ readonly error: CaughtError; readonly msg: Record<string, unknown> }> {
  const isIt = ({ event, node, msg = {} }: FlowEvent) => {
    const error = msg["error"] as CaughtError | undefined;
    if (event !== "send" || node !== CATCH || error?.code !== code) return false;
    return (source ?? error.source.id) === error.source.id && (msgid ?? msg["_msgid"]) === msg["_msgid"];
  };
  const what = `Catch of ${code} ${source ?? ""} ${msgid ?? ""}`;
  const { msg = {} } = await eventsOf(running).waitFor(isIt, { timeoutMs: 20_000, what });
  return { error: msg["error"] as CaughtError, msg };
}
