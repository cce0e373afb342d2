/** The editor's password, needed as soon as HOST lets others than this machine in. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const USER = "admin";

export const isLoopback = (host) =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Node-RED's `adminAuth` for an open host. The password is made on the first open start and exists only in what
 * is printed then; the folder keeps its bcrypt hash.
 *
 * @param nodeRedFolder where bcryptjs is found
 * @returns {{ adminAuth?: object, lines: string[] }} `lines` are for the user
 */
export function readAdminAuth(folder, host, nodeRedFolder) {
  if (isLoopback(host)) return { lines: [] };
  const file = path.join(folder, "admin-password-hash");
  const isNew = !existsSync(file);
  const lines = [`The editor is open to other machines at ${host}. User: ${USER}`];
  if (isNew) {
    const password = randomBytes(12).toString("base64url");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { hashSync } = createRequire(path.join(nodeRedFolder, "package.json"))("bcryptjs");
    writeFileSync(file, hashSync(password, 10), { mode: 0o600 });
    lines.push(`Password (shown this once, write it down): ${password}`);
  } else {
    lines.push(
      `Password: the one shown at the first start with HOST. Forgotten: delete ${file} and start again.`,
    );
  }
  const password = readFileSync(file, "utf8").trim();
  return {
    adminAuth: { type: "credentials", users: [{ username: USER, password, permissions: "*" }] },
    lines,
  };
}
