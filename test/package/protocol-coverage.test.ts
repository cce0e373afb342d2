import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { TOPICS, type TopicKind, type TopicRow } from "../../lib/protocol/topic-table";
import { NODE_TYPES, PACKAGE_ROOT } from "../support/node-red-version";

const PAGE = "docs/protocol-coverage.md";
const NONE = "–";

const read = (file: string): string => readFileSync(path.join(PACKAGE_ROOT, file), "utf8");

interface NamedTest {
  readonly title: string;
  readonly file: string;
}

interface Row {
  readonly suffix: string;
  readonly direction: string;
  readonly nodes: string;
  readonly success: readonly NamedTest[];
  readonly failure: readonly NamedTest[];
}

function testsIn(cell: string): readonly NamedTest[] {
  const links = [...cell.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)];
  assert.ok(cell === NONE || links.length > 0, `no test in “${cell}”`);
  return links.map(([, title = "", file = ""]) => ({ title, file }));
}

function rowsOf(page: string): readonly Row[] {
  const lines = page.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, topic = "", direction = "", nodes = "", success = "", failure = ""] = line.split(/ *\| */);
    return {
      suffix: topic.slice(1, -1),
      direction,
      nodes,
      success: testsIn(success),
      failure: testsIn(failure),
    };
  });
}

/** The tests of a file with the topics that each says it carries; none where it does not say. */
function testsOf(file: string): ReadonlyMap<string, readonly string[]> {
  const found = read(file).matchAll(/\bit\(\s*"([^"]+)",\s*(?:bench\.carries\(\s*\[([^\]]*)\])?/g);
  return new Map(
    [...found].map(([, title = "", carried = ""]) => [
      title,
      [...carried.matchAll(/"([^"]+)"/g)].map(([, kind = ""]) => kind),
    ]),
  );
}

const rows = rowsOf(read(PAGE));
const topics = Object.entries(TOPICS) as [TopicKind, TopicRow][];
const files = readdirSync(path.join(PACKAGE_ROOT, "test/node"))
  .filter((name) => /^every-topic-.*\.test\.ts$/.test(name))
  .map((name) => `test/node/${name}`);
const isHistoric = ({ suffix }: { readonly suffix: string }) => suffix.startsWith("image/");

describe("the page of protocol coverage", () => {
  it("has each topic once, with its direction", () => {
    const listed = rows.map(({ suffix, direction }) => `${direction} ${suffix}`).sort();
    const known = topics
      .map(([, { suffix, direction }]) => `${direction === "up" ? "↑" : "↓"} ${suffix}`)
      .sort();
    assert.deepEqual(listed, known);
  });

  it("names nodes that there are, none for what is historic", () => {
    for (const row of rows) {
      const named = [...row.nodes.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      assert.equal(named.length === 0, isHistoric(row), row.suffix);
      for (const name of named) assert.ok((NODE_TYPES as readonly string[]).includes(name), name);
    }
  });

  it("names tests that there are, and that carry the topic", () => {
    for (const [kind, topic] of topics) {
      const row = rows.find(({ suffix }) => suffix === topic.suffix);
      assert.ok(row, kind);
      const isOld = isHistoric(topic);
      const isRejection = !isOld && kind.endsWith("-rejected");
      // That it stays away is a failure; of what is historic nothing ever comes.
      const away = `!${kind}`;
      assertTests(row.success, isOld ? [kind, away] : [kind], isRejection, `success of ${kind}`);
      assertTests(row.failure, [kind, away], isOld, `failure of ${kind}`);
    }
  });

  it("leaves no such test out", () => {
    const named = new Set(rows.flatMap(({ success, failure }) => [...success, ...failure]).map(keyOf));
    const there = files.flatMap((file) => [...testsOf(file).keys()].map((title) => keyOf({ title, file })));
    assert.ok(there.length > 50, `${there.length} tests`);
    assert.deepEqual(
      there.filter((key) => !named.has(key)),
      [],
    );
  });
});

/** Each is there, and one of them at least carries one of these; or there are none, where that may be. */
function assertTests(
  tests: readonly NamedTest[],
  carrying: readonly string[],
  mayBeMissing: boolean,
  what: string,
): void {
  assert.equal(tests.length === 0, mayBeMissing, what);
  const carried = tests.flatMap(({ title, file }) => {
    const kinds = testsOf(file).get(title);
    assert.ok(kinds, `${file} has no test “${title}”`);
    return kinds;
  });
  assert.ok(mayBeMissing || carrying.some((each) => carried.includes(each)), what);
}

function keyOf({ title, file }: NamedTest): string {
  return `${file}: ${title}`;
}
