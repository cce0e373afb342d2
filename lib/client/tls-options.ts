import { X509Certificate } from "node:crypto";
import { OneNetError } from "../errors";
import { ONENET_ROOT_FINGERPRINT_SHA256 } from "../protocol/platform";
import type { TlsTrust } from "./profile";

/** SHA-256 fingerprints, `AB:CD:…` in upper case, of the roots that may be pinned with a relaxed hostname check. */
export type PinnedRoots = ReadonlySet<string>;

export const ONENET_ROOTS: PinnedRoots = new Set([ONENET_ROOT_FINGERPRINT_SHA256]);

/**
 * Options for `tls.connect`. The chain is always verified. The hostname check is left out only for a pinned
 * root: the platform's certificate names none of its own hosts (its official Java SDK leaves the check out too).
 *
 * @see device-mqtt §2.2
 */
export function tlsOptions(trust: TlsTrust): Readonly<Record<string, unknown>> {
  switch (trust.kind) {
    case "system-ca":
      return { rejectUnauthorized: true };
    case "options":
      return trust.options;
    case "pinned-root":
      return {
        ca: trust.rootPem,
        rejectUnauthorized: true,
        ...(trust.checkHostname ? {} : { checkServerIdentity: () => undefined }),
      };
  }
}

/**
 * Checks that a pasted root is a certificate, and one of those known by fingerprint.
 *
 * @param known undefined where any root may be pinned: a private deployment has its own
 * @throws {OneNetError} ONENET_CERTIFICATE_INVALID.format or .fingerprint
 */
export function checkPinnedRoot(rootPem: string, known: PinnedRoots | undefined): void {
  let got: string;
  try {
    got = new X509Certificate(rootPem).fingerprint256;
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new OneNetError("ONENET_CERTIFICATE_INVALID.format", { detail });
  }
  if (known === undefined || known.has(got)) return;
  throw new OneNetError("ONENET_CERTIFICATE_INVALID.fingerprint", { got, expected: [...known].join(" / ") });
}
