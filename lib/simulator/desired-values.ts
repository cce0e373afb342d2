import type { JsonValue } from "../protocol/json";

/** What a property shall become. */
export type DesiredValue = {
  readonly value: JsonValue;
  /** 1 at first, one more with each set; after it was cleared it begins again at 1. */
  readonly version: number;
};

/** A device's desired values (期望值). @see device-mqtt.md §6.2 */
export class DesiredValues {
  readonly #values = new Map<string, DesiredValue>();

  get(identifier: string): DesiredValue | undefined {
    return this.#values.get(identifier);
  }

  /** Those that are set, of these identifiers or of all. */
  list(identifiers?: readonly string[]): Record<string, DesiredValue> {
    const wanted = identifiers ?? [...this.#values.keys()];
    const found = wanted.flatMap((identifier) => {
      const desired = this.#values.get(identifier);
      return desired ? [[identifier, { ...desired }] as const] : [];
    });
    return Object.fromEntries(found);
  }

  set(identifier: string, value: JsonValue): void {
    const version = (this.#values.get(identifier)?.version ?? 0) + 1;
    this.#values.set(identifier, { value, version });
  }

  /** Clears it; with a version only if that is the present one. */
  clear(identifier: string, version?: number): void {
    if (version !== undefined && this.#values.get(identifier)?.version !== version) return;
    this.#values.delete(identifier);
  }
}
