import type { ProductKind } from "../../../lib/protocol/platform";

/** Kinds of requests that name no property and no service, in the order of their outputs. */
export const UNNAMED_KINDS = ["topo-change", "ota", "custom"] as const;
export type UnnamedKind = (typeof UNNAMED_KINDS)[number];

/** What one output sends: everything, what is asked of one identifier, or one kind. */
export type CommandOutput =
  | { readonly of: "all" }
  | { readonly of: "identifier"; readonly identifier: string }
  | { readonly of: "kind"; readonly kind: UnnamedKind };

/** What decides about the outputs of a command subscribe node. */
export interface OutputChoice {
  readonly productKind: ProductKind;
  /** One output for each identifier. */
  readonly each: boolean;
  readonly identifiers: readonly string[];
  readonly unnamedKinds: readonly UnnamedKind[];
}

/** The outputs of a command subscribe node, in their order; the form draws them and the runtime sends by them. */
export function commandOutputs(choice: OutputChoice): readonly CommandOutput[] {
  if (!choice.each || choice.productKind === "data-stream") return [{ of: "all" }];
  const outputs: CommandOutput[] = [...new Set(choice.identifiers)].map((identifier) => ({
    of: "identifier",
    identifier,
  }));
  for (const kind of UNNAMED_KINDS)
    if (choice.unnamedKinds.includes(kind)) outputs.push({ of: "kind", kind });
  return outputs.length === 0 ? [{ of: "all" }] : outputs;
}

/**
 * What Node-RED's editor wants to know of changed outputs, so that wires follow them: the new place of each old
 * one, -1 for one that is gone, and an entry for each new one. The first wire of a node that becomes one, or was
 * one, stays at the first output.
 *
 * @returns how many there are, where no old one has moved
 */
export function outputMap(before: readonly CommandOutput[], after: readonly CommandOutput[]): string {
  const names = after.map(nameOf);
  const places = before.map((output) => names.indexOf(nameOf(output)));
  const isOther = before[0]?.of === "all" || after[0]?.of === "all";
  if (isOther && !places.includes(0)) places[0] = 0;
  if (places.every((place, index) => place === index)) return String(after.length);
  const map: Record<string, number> = Object.fromEntries(places.map((place, index) => [index, place]));
  for (const index of after.keys()) if (!places.includes(index)) map[`new-${index}`] = index;
  return JSON.stringify(map);
}

function nameOf(output: CommandOutput): string {
  if (output.of === "identifier") return `identifier:${output.identifier}`;
  return output.of === "kind" ? `kind:${output.kind}` : "all";
}
