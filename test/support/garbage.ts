import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nextTurn } from "./manual-clock";

/** Collects what nobody holds; a WeakRef keeps its target until the turn is over. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  await nextTurn();
  runInNewContext("gc")();
}
