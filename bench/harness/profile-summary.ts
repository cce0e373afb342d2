import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../../test/support/node-red-version";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** Who allocated how much: shares of all bytes. */
function summarizeAllocations(head: HeapNode, lines: number): string[] {
  const byArea = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let total = 0;
  const visit = ({ callFrame, selfSize, children }: HeapNode): void => {
    total += selfSize;
    add(byArea, areaOf(callFrame), selfSize);
    add(byFunction, nameOf(callFrame), selfSize);
    children.forEach(visit);
  };
  visit(head);
  return [
    `${Math.round(total / 1e6)} MB allocated`,
    ...shares(byArea, total, 12),
    "",
    ...shares(byFunction, total, lines),
  ];
}

/** Where the time went in one profile: shares of the time that was not idle. */
function summarize(profile: Profile, lines: number): string[] {
  const selfUs = selfTimes(profile);
  const byArea = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let total = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = selfUs.get(id) ?? 0;
    if (callFrame.functionName === "(idle)" || callFrame.functionName === "(root)") continue;
    total += us;
    add(byArea, areaOf(callFrame), us);
    add(byFunction, nameOf(callFrame), us);
  }
  const ours = new Map(
    [...inclusiveTimes(profile, selfUs)].filter(([name]) => / dist\/(lib|nodes)\//.test(name)),
  );
  return [
    ...shares(byArea, total, 12),
    "by function, its own time:",
    ...shares(byFunction, total, lines),
    "ours, with what they call:",
    ...shares(ours, total, lines),
  ];
}

function selfTimes({ samples, timeDeltas }: Profile): Map<number, number> {
  const times = new Map<number, number>();
  samples.forEach((id, index) => {
    times.set(id, (times.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  });
  return times;
}

/** Time of each function and all that it called; recursion counts once. */
function inclusiveTimes({ nodes }: Profile, selfUs: ReadonlyMap<number, number>): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  const visit = (node: ProfileNode, above: ReadonlySet<string>): number => {
    const name = nameOf(node.callFrame);
    const within = new Set([...above, name]);
    let us = selfUs.get(node.id) ?? 0;
    for (const child of node.children ?? []) {
      const found = byId.get(child);
      if (found !== undefined) us += visit(found, within);
    }
    if (!above.has(name)) add(times, name, us);
    return us;
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, new Set());
  return times;
}

function add(sums: Map<string, number>, key: string, us: number): void {
  sums.set(key, (sums.get(key) ?? 0) + us);
}

function shares(sums: ReadonlyMap<string, number>, total: number, count: number): string[] {
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, us]) => `${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`);
}

function shortPath(url: string): string {
  const file = url.replace(/^file:\/\//, "");
  const inModules = file.lastIndexOf("/node_modules/");
  if (inModules !== -1) return file.slice(inModules + "/node_modules/".length);
  return file.startsWith(PACKAGE_ROOT) ? path.relative(PACKAGE_ROOT, file) : file;
}

function areaOf({ url, functionName }: CallFrame): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "V8 and native code";
  const file = shortPath(url);
  if (file.startsWith("node:")) return "Node.js";
  const [first = "", second = "", third = ""] = file.split("/");
  if (first === "dist") return `ours: ${second}/${third}`;
  return first.startsWith("@") ? `${first}/${second}` : first;
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name}  ${shortPath(url)}:${lineNumber + 1}`;
}

/** One report for every `.cpuprofile` and `.heapprofile` of a folder. */
export function summarizeProfiles(folder: string, lines = 30): string {
  const files = readdirSync(folder).filter((name) => /\.(cpu|heap)profile$/.test(name));
  return files
    .sort()
    .map((name) => {
      const profile: unknown = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
      const summary = name.endsWith(".heapprofile")
        ? summarizeAllocations((profile as { readonly head: HeapNode }).head, lines)
        : summarize(profile as Profile, lines);
      return [`── ${name}`, ...summary].join("\n");
    })
    .join("\n\n");
}
