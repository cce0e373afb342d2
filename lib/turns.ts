/** Calls back after so many turns of the event loop, at least one. */
export function afterTurns(turns: number, callback: () => void): void {
  setImmediate(() => (turns <= 1 ? callback() : afterTurns(turns - 1, callback)));
}
