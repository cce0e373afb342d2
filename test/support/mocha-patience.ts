/** Required by mocha before all tests (.mocharc.json): its limits are as patient as ours. */
import { Runnable } from "mocha";
import { patient } from "./patience";

const { timeout } = Runnable.prototype;

Reflect.set(Runnable.prototype, "timeout", function (this: Runnable, ...limits: number[]): unknown {
  return Reflect.apply(timeout, this, limits.map(patient));
});
