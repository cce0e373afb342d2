import { readFileSync } from "node:fs";
import path from "node:path";
import { runInNewContext } from "node:vm";
import type { NodeType } from "./node-red-version";
import { PACKAGE_ROOT } from "./node-red-version";

/** What a node's form saves: its fields and the names of its credentials. */
export interface SavedFields {
  readonly defaults: readonly string[];
  readonly credentials: readonly string[];
}

interface Registration {
  readonly defaults: object;
  readonly credentials?: object;
}

/** Reads the `registerType` call in a node's html, as the editor would run it. */
export function readSavedFields(type: NodeType): SavedFields {
  const html = readFileSync(path.join(PACKAGE_ROOT, "nodes", type, `${type}.html`), "utf8");
  const [, script = ""] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html) ?? [];
  const registered: Registration[] = [];
  const form = new Proxy({}, { get: () => () => undefined });
  runInNewContext(script, {
    OneNET: { form: () => form },
    RED: {
      nodes: { registerType: (_type: string, registration: Registration) => registered.push(registration) },
    },
  });
  const [{ defaults, credentials = {} } = { defaults: {} }] = registered;
  return { defaults: Object.keys(defaults), credentials: Object.keys(credentials) };
}
