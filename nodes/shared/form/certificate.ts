import { sha256 } from "./sha256";

export type CertificateReading =
  | { readonly kind: "empty" }
  | { readonly kind: "unreadable" }
  | { readonly kind: "several"; readonly count: number }
  | { readonly kind: "certificate"; readonly fingerprint: string };

const BLOCK = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g;
const DER_SEQUENCE = 0x30;

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** `7D:E9:…`: how certificates' fingerprints are printed everywhere. */
export function fingerprintOf(der: Uint8Array): string {
  return Array.from(sha256(der), (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}

/** Reads a pasted root certificate as far as a form needs it: is it one, and which. Whether it is valid is for the runtime. */
export function readCertificate(pem: string): CertificateReading {
  if (pem.trim() === "") return { kind: "empty" };
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length > 1) return { kind: "several", count: blocks.length };
  const der = decodeBase64(blocks[0]?.[1] ?? "");
  if (der === undefined || der[0] !== DER_SEQUENCE) return { kind: "unreadable" };
  return { kind: "certificate", fingerprint: fingerprintOf(der) };
}

/** A certificate file is PEM text or DER bytes; the form keeps PEM. */
export function pemOfFile(bytes: Uint8Array): string {
  if (bytes[0] !== DER_SEQUENCE) return new TextDecoder().decode(bytes).trim();
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n");
}

export function sameFingerprint(left: string, right: string): boolean {
  const bare = (text: string) => text.replace(/[^0-9a-f]/gi, "").toLowerCase();
  return bare(left) === bare(right);
}
