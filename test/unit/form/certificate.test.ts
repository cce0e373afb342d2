import assert from "node:assert/strict";
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import {
  fingerprintOf,
  pemOfFile,
  readCertificate,
  sameFingerprint,
} from "../../../nodes/shared/form/certificate";
import { sha256 } from "../../../nodes/shared/form/sha256";
import { makeCertificates } from "../../support/certificates";

describe("form: certificate", () => {
  it("computes SHA-256 as node:crypto does, around every block boundary", () => {
    for (let length = 0; length < 200; length += 1) {
      const bytes = randomBytes(length);
      assert.equal(
        Buffer.from(sha256(bytes)).toString("hex"),
        createHash("sha256").update(bytes).digest("hex"),
      );
    }
  });

  it("gives the fingerprint that X509Certificate gives", async () => {
    const { rootPem } = await readRoot();
    const reading = readCertificate(rootPem);
    assert.deepEqual(reading, {
      kind: "certificate",
      fingerprint: new X509Certificate(rootPem).fingerprint256,
    });
  });

  it("tells apart no text, no certificate, and several", async () => {
    const { rootPem } = await readRoot();
    assert.deepEqual(readCertificate(" \n"), { kind: "empty" });
    assert.deepEqual(readCertificate("hello"), { kind: "unreadable" });
    assert.deepEqual(readCertificate("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----"), {
      kind: "unreadable",
    });
    assert.deepEqual(readCertificate(`${rootPem}\n${rootPem}`), { kind: "several", count: 2 });
  });

  it("keeps a PEM file and makes PEM of a DER one", async () => {
    const { rootPem } = await readRoot();
    const der = new X509Certificate(rootPem).raw;
    assert.equal(pemOfFile(Buffer.from(rootPem)), rootPem.trim());
    assert.deepEqual(readCertificate(pemOfFile(der)), readCertificate(rootPem));
    assert.equal(fingerprintOf(der), new X509Certificate(rootPem).fingerprint256);
  });

  it("compares fingerprints whatever their case and separators", () => {
    assert.equal(sameFingerprint("7D:E9:bc", "7de9BC"), true);
    assert.equal(sameFingerprint("7D:E9:BC", "7D:E9:BD"), false);
  });
});

async function readRoot(): Promise<{ rootPem: string }> {
  const certificates = await makeCertificates();
  return { rootPem: certificates.ca.cert };
}
