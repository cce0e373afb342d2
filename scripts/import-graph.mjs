/** Questions about who imports whom. A graph is a Map from a file to its imports (`{ from, target, typeOnly }`). */

import path from "node:path";

/** Types of one folder may know each other; between folders a type is a dependency like any other. */
const binds = (file, { target, typeOnly }) =>
  target && (!typeOnly || path.dirname(file) !== path.dirname(target));

/** Circles of imports, as `a -> b -> a`. Those made of types only, inside one folder, are left out. */
export function findCircles(graph) {
  const state = new Map();
  const circles = [];
  const visit = (file, trail) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      const circle = [...trail.slice(trail.indexOf(file)), file];
      circles.push(`circle: ${circle.join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    for (const entry of graph.get(file) ?? []) {
      if (binds(file, entry)) visit(entry.target, [...trail, file]);
    }
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** Imports of Node.js built-ins that a browser bundle of `entries` would hold. */
export function findEditorBuiltins(graph, entries) {
  const seen = new Set(entries);
  const found = [];
  for (const file of seen) {
    for (const { from, target, typeOnly } of graph.get(file) ?? []) {
      if (typeOnly) continue;
      if (target) seen.add(target);
      else if (from.startsWith("node:"))
        found.push(`${file} imports ${from}, and the editor's bundle reaches it`);
    }
  }
  return found;
}
