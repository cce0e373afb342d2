import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** Secrets made for one test run, so that finding one means a leak. */
export interface PlantedSecrets {
  /** Base64 keys, as the OneNET console gives them. */
  readonly deviceKey: string;
  readonly productKey: string;
  /** A broker's password. */
  readonly password: string;
  /** All of them, with the names under which a leak is reported. */
  readonly all: ReadonlyMap<string, string>;
}

/** New random keys and a password. `more` names further secrets (a ready-made token, a client key's body). */
export function plantSecrets(more: Readonly<Record<string, string>> = {}): PlantedSecrets {
  const deviceKey = randomBytes(32).toString("base64");
  const productKey = randomBytes(32).toString("base64");
  const password = `pw-${randomBytes(12).toString("hex")}`;
  const all = new Map(Object.entries({ deviceKey, productKey, password, ...more }));
  return { deviceKey, productKey, password, all };
}

/** The forms in which a secret could come out: as it is, JSON- or URL-escaped, its base64 decoded to hex or base64 again. */
function formsOf(secret: string): readonly string[] {
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret, "utf8").toString("base64").replace(/=+$/, ""),
    Buffer.from(secret, "utf8").toString("hex"),
  ];
  if (/^[A-Za-z0-9+/]{40,}={0,2}$/.test(secret)) {
    const bytes = Buffer.from(secret, "base64");
    forms.push(bytes.toString("hex"), bytes.toString("base64url"), [...bytes].join(","));
  }
  return [...new Set(forms)];
}

/** The names of the secrets that stand in `text`, in any of their usual forms. */
export function findSecrets(secrets: PlantedSecrets, text: string): readonly string[] {
  const found = [...secrets.all].filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)));
  return found.map(([name]) => name);
}

/** @param where named in the failure; the failure never shows the text itself */
export function assertNoSecrets(secrets: PlantedSecrets, text: string, where: string): void {
  assert.deepEqual(findSecrets(secrets, text), [], `secrets in ${where}`);
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isSymbolicLink()) continue;
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (entry.isFile()) yield file;
  }
}

/** Reads every file below `folder` (links are not followed), except those whose path `exempt` matches. */
export function assertNoSecretsBelow(secrets: PlantedSecrets, folder: string, exempt?: RegExp): void {
  if (!existsSync(folder)) return;
  for (const file of filesBelow(folder)) {
    if (exempt?.test(file) || statSync(file).size > 50_000_000) continue;
    assertNoSecrets(secrets, readFileSync(file, "latin1"), file);
  }
}
