import { asOneNetError, OneNetError } from "../errors";
import { RESULT, resultCode } from "./sqlite-database";
import type { Failure } from "./sqlite-protocol";

const NO_ROOM = ["ENOSPC", "EDQUOT"];
const NOT_WRITABLE = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ENOENT"];

/** What went wrong with the file, in the words of lib/errors.ts. */
export function explainFailure(thrown: unknown, file: string): Failure {
  if (thrown instanceof OneNetError) return { key: thrown.key, params: thrown.params };
  const reason = thrown instanceof Error ? thrown.message : asOneNetError(thrown).message;
  return { key: keyOf(thrown), params: { file, reason } };
}

function keyOf(thrown: unknown): Failure["key"] {
  const code = resultCode(thrown);
  const systemCode = String((thrown as { code?: unknown } | undefined)?.code);
  if (code === RESULT.full || NO_ROOM.includes(systemCode)) return "ONENET_STORE_FULL";
  if (code === RESULT.busy || code === RESULT.locked) return "ONENET_STORE_LOCKED";
  if (code === RESULT.readOnly || code === RESULT.cantOpen) return "ONENET_STORE_UNWRITABLE";
  if (NOT_WRITABLE.includes(systemCode)) return "ONENET_STORE_UNWRITABLE";
  return "ONENET_STORE_FAILED";
}
