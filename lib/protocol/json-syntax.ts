/** Where a text stops being JSON: engines say it each in other words, and often without a place. */

export interface SyntaxFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** What JSON allows there: `, }`. */
  readonly expected: string;
  /** What is there: `"}"`, `EOF` at the end. */
  readonly got: string;
}

/** One token after white space. In a text each control character, a line break too, must be escaped. */
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON forbids
  /[ \t\n\r]*("[^"\\\0-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\0-\x1f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:])/y;

type State = "value" | "first-item" | "key" | "first-key" | "colon" | "after";
type Open = ("{" | "[")[];

const VALUE = '{ [ " 0-9 true false null';
const EXPECTED: Readonly<Record<Exclude<State, "after">, string>> = {
  value: VALUE,
  "first-item": `${VALUE} ]`,
  key: '"',
  "first-key": '" }',
  colon: ":",
};
const CLOSER = { "{": "}", "[": "]" } as const;

/** @param text no JSON: JSON.parse has thrown */
export function findSyntaxFault(text: string): SyntaxFault {
  const open: Open = [];
  let state: State = "value";
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    const next: State | undefined = token === undefined ? undefined : follow(state, token, open);
    if (next === undefined) return describePlace(text, at, expectedIn(state, open));
    at = TOKEN.lastIndex;
    state = next;
  }
}

/** The state after a token; undefined where it cannot stand. */
function follow(state: State, token: string, open: Open): State | undefined {
  const inside = open.at(-1);
  switch (state) {
    case "colon":
      return token === ":" ? "value" : undefined;
    case "key":
    case "first-key":
      if (token.startsWith('"')) return "colon";
      return token === "}" && state === "first-key" ? close(open) : undefined;
    case "after":
      if (inside === undefined) return undefined;
      if (token === ",") return inside === "{" ? "key" : "value";
      return token === CLOSER[inside] ? close(open) : undefined;
    default:
      if (token === "{" || token === "[") {
        open.push(token);
        return token === "{" ? "first-key" : "first-item";
      }
      if (token === "]" && state === "first-item") return close(open);
      return /^["\w-]/.test(token) ? "after" : undefined;
  }
}

function close(open: Open): State {
  open.pop();
  return "after";
}

function expectedIn(state: State, open: Open): string {
  if (state !== "after") return EXPECTED[state];
  const inside = open.at(-1);
  return inside === undefined ? "EOF" : `, ${CLOSER[inside]}`;
}

function describePlace(text: string, from: number, expected: string): SyntaxFault {
  const rest = text.slice(from).trimStart();
  const before = text.slice(0, text.length - rest.length);
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  const word = /^[\w.+-]{1,20}|^./su.exec(rest)?.[0];
  return { line, column, expected, got: word === undefined ? "EOF" : JSON.stringify(word) };
}
