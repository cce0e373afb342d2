import type { CommandHandler, IncomingCommand } from "../../lib/client/command";
import type { Device } from "../../lib/client/device";
import type { OneNetError } from "../../lib/errors";
import { COMMAND_DEADLINE_DEFAULT_MS } from "../../lib/protocol/limits";

/** A node that wants to hear of a changed topology. */
export interface ChangeListener {
  /** False: it wants to be the one who answers, through a command response node. */
  readonly answersItself: boolean;
  changed(command: IncomingCommand): void;
  unanswered(error: OneNetError, command: IncomingCommand): void;
}

/** One device's listeners, who share one handler: a change is answered once, however many nodes hear of it. */
class TopologyChanges {
  readonly #device: Device;
  readonly #listeners = new Set<ChangeListener>();
  readonly #handler: CommandHandler;
  #unregister: (() => void) | undefined;

  constructor(device: Device) {
    this.#device = device;
    this.#handler = this.#newHandler();
  }

  /** @throws {OneNetError} ONENET_COMMAND_AMBIGUOUS when somebody else answers by itself, too */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    try {
      // Once for all: who leaves must not take it from the others, whoever answers besides.
      this.#unregister ??= this.#device.commands.register(this.#handler);
    } catch (thrown) {
      this.#listeners.delete(listener);
      throw thrown;
    }
    return () => this.#end(listener);
  }

  #end(listener: ChangeListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#unregister?.();
    this.#unregister = undefined;
  }

  get #manual(): readonly ChangeListener[] {
    return [...this.#listeners].filter(({ answersItself }) => !answersItself);
  }

  #newHandler(): CommandHandler {
    const listeners = this.#listeners;
    const manual = () => this.#manual;
    return {
      kinds: new Set(["topo-change"]),
      identifiers: undefined,
      /** As long as nobody wants to answer. */
      get answersItself() {
        return manual().length === 0;
      },
      deadlineMs: COMMAND_DEADLINE_DEFAULT_MS,
      unhandled: "fail",
      failure: { kind: "standard" },
      deliver(command) {
        for (const listener of [...listeners]) listener.changed(command);
      },
      unanswered(error, command) {
        const waiting = manual();
        for (const listener of waiting.length > 0 ? waiting : listeners) listener.unanswered(error, command);
      },
    };
  }
}

const changesOf = new WeakMap<Device, TopologyChanges>();

/**
 * Hears of each changed topology (`topo/change`) that the platform pushes.
 *
 * @returns ends it
 */
export function listenToChanges(device: Device, listener: ChangeListener): () => void {
  const changes = changesOf.get(device) ?? new TopologyChanges(device);
  changesOf.set(device, changes);
  return changes.listen(listener);
}
