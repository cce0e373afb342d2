import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../support/node-red-version";
import { runProgram } from "../support/process";
import { makeTempFolder, removeTempFolder } from "../support/temp-folder";

const CHECK = path.join(PACKAGE_ROOT, "scripts/check-layers.mjs");
const COPIED = ["lib", "nodes", "bin", "package.json"];

/** A file that breaks the law when it stands in the tree, and what the check must say of it. */
interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly text: string;
  readonly says: RegExp;
  /** A second file that the breach needs. */
  readonly and?: readonly [file: string, text: string];
}

const PLANTED: readonly Planted[] = [
  {
    rule: "lib/protocol imports node:crypto only",
    file: "lib/protocol/planted.ts",
    text: 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n',
    says: /planted\.ts imports node:fs: protocol imports node:crypto only/,
  },
  {
    rule: "lib/protocol imports no package",
    file: "lib/protocol/planted.ts",
    text: 'import type { IClientOptions } from "mqtt";\nexport type Options = IClientOptions;\n',
    says: /planted\.ts imports mqtt/,
  },
  {
    rule: "lib/protocol imports no other layer",
    file: "lib/protocol/planted.ts",
    text: 'export { planted } from "../client/other";\n',
    and: ["lib/client/other.ts", "export const planted = 1;\n"],
    says: /planted\.ts imports lib\/client\/other\.ts: protocol must not import client/,
  },
  {
    rule: "lib does not know the nodes",
    file: "lib/delivery/planted.ts",
    text: 'import { planted } from "../../nodes/shared/other";\nexport const again = planted;\n',
    and: ["nodes/shared/other.ts", "export const planted = 1;\n"],
    says: /delivery must not import nodes/,
  },
  {
    rule: "lib does not know Node-RED, not even its types",
    file: "lib/client/planted.ts",
    text: 'import type { Node } from "node-red";\nexport type Planted = Node;\n',
    says: /planted\.ts imports node-red: that belongs elsewhere/,
  },
  {
    rule: "client does not know the simulator, not even by import()",
    file: "lib/client/planted.ts",
    text: 'export const load = () => import("../simulator/other");\n',
    and: ["lib/simulator/other.ts", "export const planted = 1;\n"],
    says: /client must not import simulator/,
  },
  {
    rule: "mqtt has one importer",
    file: "lib/delivery/planted.ts",
    text: 'import { connect } from "mqtt";\nexport const open = connect;\n',
    says: /planted\.ts imports mqtt: that belongs elsewhere/,
  },
  {
    rule: "aedes stays under lib/simulator",
    file: "nodes/shared/planted.ts",
    text: 'export const load = async () => import("aedes");\n',
    says: /planted\.ts imports aedes/,
  },
  {
    rule: "node:sqlite has one importer",
    file: "lib/delivery/planted.ts",
    text: 'import { DatabaseSync } from "node:sqlite";\nexport const open = DatabaseSync;\n',
    and: [
      "lib/delivery/other.ts",
      'import { DatabaseSync } from "node:sqlite";\nexport const again = DatabaseSync;\n',
    ],
    says: /node:sqlite is imported by .*planted\.ts/,
  },
  {
    rule: "no circles",
    file: "lib/delivery/planted.ts",
    text: 'import { b } from "./other";\nexport const a = () => b;\n',
    and: ["lib/delivery/other.ts", 'import { a } from "./planted";\nexport const b = () => a;\n'],
    says: /circle: .*lib\/delivery\/planted\.ts/,
  },
  {
    rule: "no circles of types between folders",
    file: "lib/delivery/planted.ts",
    text: 'import type { B } from "../client/other";\nexport type A = B[];\n',
    and: ["lib/client/other.ts", 'import type { A } from "../delivery/planted";\nexport type B = A[];\n'],
    says: /circle: .*lib\/client\/other\.ts/,
  },
  {
    rule: "a node does not import another node's folder",
    file: "nodes/onenet-mqtt-out/planted.ts",
    text: 'export { planted } from "../onenet-simulator/other";\n',
    and: ["nodes/onenet-simulator/other.ts", "export const planted = 1;\n"],
    says: /a node imports its own folder/,
  },
  {
    rule: "the editor imports no runtime code",
    file: "nodes/shared/editor/planted.ts",
    text: 'export { planted } from "../../../lib/client/other";\n',
    and: ["lib/client/other.ts", "export const planted = 1;\n"],
    says: /editor must not import client/,
  },
  {
    rule: "the editor's bundle reaches no built-in of Node.js",
    file: "nodes/shared/editor/planted.ts",
    text: 'export { planted } from "../../../lib/protocol/other";\n',
    and: [
      "lib/protocol/other.ts",
      'import { createHmac } from "node:crypto";\nexport const planted = createHmac;\n',
    ],
    says: /other\.ts imports node:crypto, and the editor's bundle reaches it/,
  },
  {
    rule: "runtime dependencies are declared",
    file: "lib/client/planted.ts",
    text: 'import express from "express";\nexport const app = express;\n',
    says: /planted\.ts imports express, which is not in "dependencies"/,
  },
  {
    rule: "topics are built in lib/protocol/topic.ts only",
    file: "nodes/shared/planted.ts",
    text: "export const topic = (pid: string) => `$sys/$" + "{pid}`; // a comment may say $sys\n",
    says: /planted\.ts holds "\$sys"/,
  },
  {
    rule: "files stay short",
    file: "lib/client/planted.ts",
    text: "export const f = () => {\n  void 0;\n};\n".repeat(90),
    says: /planted\.ts has 270 lines: 250 at most/,
  },
];

const INNOCENT = `// $sys in a comment, and an import "aedes" in one
/* import { x } from "mqtt"; */
export const text = 'import "mqtt" from "x"';
export const quote = /["'/]/.test("// no comment");
export const template = \`\${[1].map((n) => \`\${n}\`).join("//")} \`;
export type Own = import("./planted").Other[];
export interface Other {
  own: Own;
}
export const table = {
${'  name: "value",\n'.repeat(300).replace(/name/g, () => "name")}};
`;

describe("the layer check", function () {
  this.timeout(60_000);
  let folder: string;

  async function check(): Promise<{ code: number | null; output: string }> {
    return runProgram(process.execPath, [CHECK, "--root", folder]);
  }

  beforeEach(() => {
    folder = makeTempFolder("layers");
    for (const name of COPIED)
      cpSync(path.join(PACKAGE_ROOT, name), path.join(folder, name), { recursive: true, dereference: true });
  });

  afterEach(() => removeTempFolder(folder));

  function plant(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }

  it("finds nothing in the tree as it is, and nothing in comments, strings and data tables", async () => {
    plant("lib/client/planted.ts", INNOCENT);
    const { code, output } = await check();
    assert.equal(code, 0, output);
  });

  for (const { rule, file, text, and, says } of PLANTED) {
    it(`fails when broken: ${rule}`, async () => {
      plant(file, text);
      if (and) plant(...and);
      const { code, output } = await check();
      assert.match(output, says);
      assert.equal(code, 1);
    });
  }
});
