import { connectionFacts } from "../form/connection-facts";
import { type ModelReading, readModel } from "../form/model-reading";
import type { ReadField, Reason } from "../form/reason";
import { textOf } from "../form/reason";

/** What the runtime answers about the model of a connection that reads it from a file. */
interface Served {
  readonly text: string;
  readonly problem?: { readonly message: string };
}

const EMPTY: ModelReading = { kind: "empty" };

/** Models that the runtime has read from files, by connection; asked for once, until the next deploy. */
class ServedModels {
  readonly #readings = new Map<string, ModelReading | "asked">();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** What is known now; `onChange` is called when more is. */
  find(connectionId: string, onChange: (() => void) | undefined): ModelReading {
    const known = this.#readings.get(connectionId);
    if (known !== undefined && known !== "asked") return known;
    if (onChange !== undefined) {
      this.#waiting.set(connectionId, [...(this.#waiting.get(connectionId) ?? []), onChange]);
    }
    if (known === undefined) this.#ask(connectionId);
    return EMPTY;
  }

  forget(connectionId: string): void {
    this.#readings.delete(connectionId);
  }

  #ask(connectionId: string): void {
    this.#readings.set(connectionId, "asked");
    $.getJSON(`onenet/connections/${encodeURIComponent(connectionId)}/model`).then(
      (served: Served) => this.#came(connectionId, readingOf(served)),
      () => this.#came(connectionId, { kind: "invalid", reason: { key: "model.notDeployed" } }),
    );
  }

  #came(connectionId: string, reading: ModelReading): void {
    this.#readings.set(connectionId, reading);
    const waiting = this.#waiting.get(connectionId) ?? [];
    this.#waiting.delete(connectionId);
    for (const onChange of new Set(waiting)) onChange();
  }
}

function readingOf({ text, problem }: Served): ModelReading {
  if (problem === undefined) return readModel(text);
  const reason: Reason = { key: "model.problem", params: { message: problem.message } };
  return { kind: "invalid", reason };
}

export const servedModels = new ServedModels();

/** The thing model of a sub-device's product, as far as it stands in its fields. */
export function subdeviceModelOf(read: ReadField): ModelReading {
  return textOf(read("modelSource")) === "pasted" ? readModel(textOf(read("model"))) : EMPTY;
}

/**
 * The thing model of a connection: of its fields, or as the runtime has read it from a file.
 *
 * @param read the connection's fields
 * @param onChange called when a model comes that is not here yet
 */
export function modelOf(connectionId: string, read: ReadField, onChange?: () => void): ModelReading {
  const { thingModel, modelPasted, modelFile } = connectionFacts(read);
  if (!thingModel) return EMPTY;
  if (modelPasted) return readModel(textOf(read("model")));
  return modelFile ? servedModels.find(connectionId, onChange) : EMPTY;
}
