import { X509Certificate } from "node:crypto";
import { generate } from "selfsigned";

export interface Certificate {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, as `AA:BB:…`. */
  readonly fingerprintSha256: string;
}

export interface TestCertificates {
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
}

export interface CertificateOptions {
  /** Names and addresses the server's certificate is for. Default localhost and 127.0.0.1. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

async function issue(
  commonName: string,
  options: CertificateOptions,
  ca?: Certificate,
): Promise<Certificate> {
  const altNames = (options.names ?? ["localhost", "127.0.0.1"]).map((name) =>
    /^[\d.]+$/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const pems = await generate([{ name: "commonName", value: commonName }], {
    algorithm: "sha256",
    keyType: "ec",
    notBeforeDate: options.notBefore ?? new Date(Date.now() - 3_600_000),
    notAfterDate: options.notAfter ?? new Date(Date.now() + 86_400_000),
    extensions: ca
      ? [{ name: "subjectAltName", altNames }]
      : [
          { name: "basicConstraints", cA: true, critical: true },
          { name: "keyUsage", keyCertSign: true, cRLSign: true },
        ],
    ...(ca ? { ca: { key: ca.key, cert: ca.cert } } : {}),
  });
  return { cert: pems.cert, key: pems.private, fingerprintSha256: fingerprint(pems.cert) };
}

function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/** A certificate authority of its own with a server's and a client's certificate. Valid for a day unless told otherwise. */
export async function makeCertificates(options: CertificateOptions = {}): Promise<TestCertificates> {
  const ca = await issue("OneNET test root", {});
  const [server, client] = await Promise.all([
    issue(options.names?.[0] ?? "localhost", options, ca),
    issue("test client", {}, ca),
  ]);
  return { ca, server, client };
}
