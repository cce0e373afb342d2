import { X509Certificate } from "node:crypto";

/** What the TLS port shows, and the root a client has to trust for it. PEM texts. */
export interface SimulatorCertificate {
  readonly rootPem: string;
  /** `AB:CD:…`, SHA-256 of the root. */
  readonly rootFingerprintSha256: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const ONE_DAY_MS = 86_400_000;
const LIFETIME_DAYS = 3650;

/**
 * Makes a root (CA, RSA-2048, SHA-256, without names, as the platform's is) and a server certificate signed by it.
 * Nothing is written to disk and nothing outlives the process.
 *
 * @param names DNS names and addresses the server certificate is for
 * @see device-mqtt.md §2.2
 */
export async function makeCertificate(names: readonly string[]): Promise<SimulatorCertificate> {
  const { generate } = await import("selfsigned");
  const validity = {
    notBeforeDate: new Date(Date.now() - ONE_DAY_MS),
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * ONE_DAY_MS),
  };
  const common = { keySize: 2048, algorithm: "sha256", ...validity };
  const root = await generate([{ name: "commonName", value: "OneNET simulator root" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "OneNET simulator" }], {
    ...common,
    ca: { key: root.private, cert: root.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names.map(altName) },
    ],
  });
  return {
    rootPem: root.cert,
    rootFingerprintSha256: new X509Certificate(root.cert).fingerprint256,
    certificatePem: leaf.cert,
    privateKeyPem: leaf.private,
  };
}

function altName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
  const isAddress = /^[\d.]+$/.test(name) || name.includes(":");
  return isAddress ? { type: 7, ip: name } : { type: 2, value: name };
}
