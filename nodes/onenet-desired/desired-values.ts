import type { Device } from "../../lib/client/device";
import { OneNetError } from "../../lib/errors";
import { desiredDeleteParams, readDesired } from "../../lib/protocol/desired";
import { DEVICE_FAILURE_CODE } from "../../lib/protocol/limits";
import type { Config } from "./config";
import { DesiredClaims, type DesiredValues } from "./desired-claims";
import type { DesiredVersions } from "./message";

/** What of a device is needed here. */
export type DesiredDevice = Pick<Device, "request" | "applyAsSet">;

/** What a get brought, and what was done with it. */
export interface GotDesired {
  readonly values: DesiredValues;
  readonly applied: readonly string[];
  readonly deleted: readonly string[];
}

interface Refusal {
  readonly identifiers: readonly string[];
  readonly code: number;
  readonly message: string;
}

const claimsOf = new WeakMap<DesiredDevice, DesiredClaims>();

/**
 * Gets desired values, and applies and deletes them where the settings say so; not what another get, which runs at the
 * same time, applies.
 *
 * @param isOver when it becomes true no more are applied: another one does it
 * @throws {OneNetError} ONENET_REJECTED, ONENET_ACK_TIMEOUT, ONENET_EXPIRED, …; ONENET_DESIRED_REFUSED when some were
 *   not applied (those that were are deleted all the same)
 */
export async function getDesired(
  device: DesiredDevice,
  identifiers: readonly string[],
  config: Config,
  isOver: () => boolean = () => false,
): Promise<GotDesired> {
  const claims = claimsOf.get(device) ?? new DesiredClaims();
  claimsOf.set(device, claims);
  return await claims.during(() => getAndApply(device, claims, identifiers, config, isOver));
}

async function getAndApply(
  device: DesiredDevice,
  claims: DesiredClaims,
  identifiers: readonly string[],
  config: Config,
  isOver: () => boolean,
): Promise<GotDesired> {
  const options = { timeoutMs: config.timeoutMs };
  const values = readDesired(await device.request("desired-get", [...identifiers], options));
  const { applied, refusals } = await applyDesired(device, claims, values, config.apply, isOver);
  const isDeleting = config.deletesApplied && applied.length > 0;
  if (isDeleting) {
    await deleteDesired(device, new Map(applied.map((name) => [name, values[name]?.version])), config);
    claims.release(values, applied);
  }
  const [first] = refusals;
  if (first !== undefined) {
    const names = refusals.flatMap((refusal) => refusal.identifiers).join(", ");
    const { code, message } = first;
    throw new OneNetError("ONENET_DESIRED_REFUSED", { identifiers: names, code, message });
  }
  return { values, applied, deleted: isDeleting ? applied : [] };
}

/** @throws {OneNetError} ONENET_REJECTED, ONENET_ACK_TIMEOUT, ONENET_EXPIRED, … */
export async function deleteDesired(
  device: DesiredDevice,
  versions: DesiredVersions,
  { timeoutMs }: Config,
): Promise<void> {
  if (versions.size === 0) return;
  await device.request("desired-delete", desiredDeleteParams(Object.fromEntries(versions)), { timeoutMs });
}

async function applyDesired(
  device: DesiredDevice,
  claims: DesiredClaims,
  values: DesiredValues,
  apply: Config["apply"],
  isOver: () => boolean,
): Promise<{ readonly applied: readonly string[]; readonly refusals: readonly Refusal[] }> {
  const names = Object.keys(values);
  const sets = apply === "each" ? names.map((name) => [name]) : [names];
  const applied: string[] = [];
  const refusals: Refusal[] = [];
  if (apply === "no" || names.length === 0) return { applied, refusals };
  for (const set of sets) {
    if (isOver()) break;
    const claim = { isOver, isTried: false };
    const claimed = claims.claim(values, set, claim);
    const identifiers = [...claimed.keys()];
    if (identifiers.length === 0) continue;
    const wanted = Object.fromEntries([...claimed].map(([name, { value }]) => [name, value]));
    const { answer, taken } = await device.applyAsSet(wanted);
    claim.isTried = true;
    if (answer.success) applied.push(...taken);
    else {
      const { code = DEVICE_FAILURE_CODE, message = "failure" } = answer;
      refusals.push({ identifiers, code, message });
    }
  }
  return { applied, refusals };
}
