/** Reads TypeScript just well enough to know what a file imports and what its code (not its comments) says. */

const REGEX_CAN_FOLLOW = /(^|[=(,:[!&|?{};<>+\-*%~^]|\b(?:return|typeof|case|in|of|void|throw|await))\s*$/;

/** The index after the `}` of a template's `${`, which stands before `start`. */
function endOfHole(text, start) {
  let at = start;
  while (at < text.length && text[at] !== "}") {
    if (text[at] === "{") at = endOfHole(text, at + 1);
    else at = /["'`]/.test(text[at]) ? endOfQuoted(text, at) : at + 1;
  }
  return at + 1;
}

function endOfQuoted(text, start) {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (quote === "`" && text.startsWith("${", at)) at = endOfHole(text, at + 2);
    else at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function endOfRegex(text, start) {
  let at = start + 1;
  let inClass = false;
  while (at < text.length && text[at] !== "\n" && (inClass || text[at] !== "/")) {
    if (text[at] === "[") inClass = true;
    if (text[at] === "]") inClass = false;
    at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function endOfComment(text, start) {
  const isLine = text[start + 1] === "/";
  const end = text.indexOf(isLine ? "\n" : "*/", start + 2);
  if (end === -1) return text.length;
  return isLine ? end : end + 2;
}

/** The source without its comments; line breaks inside them stay, so that line numbers stay. */
export function withoutComments(text) {
  let code = "";
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const isComment = two === "//" || two === "/*";
    let end = at + 1;
    if (isComment) end = endOfComment(text, at);
    else if (/["'`]/.test(text[at])) end = endOfQuoted(text, at);
    else if (text[at] === "/" && REGEX_CAN_FOLLOW.test(code.slice(-40))) end = endOfRegex(text, at);
    const piece = text.slice(at, end);
    code += isComment ? piece.replace(/[^\n]/g, "") : piece;
    at = end;
  }
  return code;
}

const STATEMENT = /(?:^|[;\n])\s*(?:import|export)\s+(type\s+)?([\w*{}\s,$]*?)\s*from\s*["']([^"']+)["']/g;
const SIDE_EFFECT = /(?:^|[;\n])\s*import\s*["']([^"']+)["']/g;
const CALL = /(\btypeof\s+)?\b(?:import|require|require\.resolve)\s*\(\s*["'`]([^"'`]+)["'`]/g;
const TYPE_QUERY = /[:<|&=,(]\s*import\(\s*["']([^"']+)["']\s*\)\s*\./g;

const onlyTypes = (names) => /^\{[^}]*\}$/.test(names) && /^\{(\s*type\s[^,}]+,?)+\s*\}$/.test(names);

/**
 * Every import of a source: `{ from, typeOnly }`. Finds import and export statements, `import()` and
 * `require()`; `import type`, `import { type A }` and `typeof import()` count as type only.
 */
export function importsOf(text) {
  const code = withoutComments(text);
  const found = [];
  for (const [, type, names, from] of code.matchAll(STATEMENT)) {
    found.push({ from, typeOnly: Boolean(type) || onlyTypes(names.trim()) });
  }
  for (const [, from] of code.matchAll(SIDE_EFFECT)) found.push({ from, typeOnly: false });
  const queries = new Set([...code.matchAll(TYPE_QUERY)].map((match) => match[1]));
  for (const [, typeOf, from] of code.matchAll(CALL)) {
    found.push({ from, typeOnly: Boolean(typeOf) || queries.has(from) });
  }
  return found;
}
