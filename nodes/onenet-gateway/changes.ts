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
  #unregister: (() => void) | undefined;

  constructor(device: Device) {
    this.#device = device;
  }

  /** @throws {OneNetError} ONENET_COMMAND_AMBIGUOUS when somebody else answers by itself, too */
  listen(listener: ChangeListener): () => void {
    const end = () => {
      this.#listeners.delete(listener);
      this.#registerAnew();
    };
    this.#listeners.add(listener);
    try {
      this.#registerAnew();
    } catch (thrown) {
      end();
      throw thrown;
    }
    return end;
  }

  #registerAnew(): void {
    this.#unregister?.();
    this.#unregister =
      this.#listeners.size === 0 ? undefined : this.#device.commands.register(this.#handler());
  }

  #handler(): CommandHandler {
    const all = [...this.#listeners];
    const manual = all.filter(({ answersItself }) => !answersItself);
    return {
      kinds: new Set(["topo-change"]),
      identifiers: undefined,
      answersItself: manual.length === 0,
      deadlineMs: COMMAND_DEADLINE_DEFAULT_MS,
      unhandled: "fail",
      failure: { kind: "standard" },
      deliver(command) {
        for (const listener of all) listener.changed(command);
      },
      unanswered(error, command) {
        for (const listener of manual) listener.unanswered(error, command);
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
