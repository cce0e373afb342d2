import assert from "node:assert/strict";
import { checkPinnedRoot, ONENET_ROOTS, tlsOptions } from "../../../lib/client/tls-options";
import { makeCertificates, type TestCertificates } from "../../support/certificates";

describe("tlsOptions", () => {
  it("trusts the system's roots, hostname and all", () => {
    assert.deepEqual(tlsOptions({ kind: "system-ca" }), { rejectUnauthorized: true });
  });

  it("takes over what a tls-config made", () => {
    const options = { ca: "ca", rejectUnauthorized: false };
    assert.equal(tlsOptions({ kind: "options", options }), options);
  });

  it("leaves the hostname check out for a pinned root only, and only unless asked for", () => {
    const relaxed = tlsOptions({ kind: "pinned-root", rootPem: "pem", checkHostname: false });
    assert.deepEqual([relaxed["ca"], relaxed["rejectUnauthorized"]], ["pem", true]);
    const check = relaxed["checkServerIdentity"];
    assert.equal(typeof check === "function" && check(), undefined);
    assert.deepEqual(tlsOptions({ kind: "pinned-root", rootPem: "pem", checkHostname: true }), {
      ca: "pem",
      rejectUnauthorized: true,
    });
  });
});

describe("checkPinnedRoot", () => {
  let certificates: TestCertificates;
  before(async () => {
    certificates = await makeCertificates();
  });

  it("takes a root that is known, and any where none is prescribed", () => {
    const { cert, fingerprintSha256 } = certificates.ca;
    checkPinnedRoot(cert, new Set([fingerprintSha256]));
    checkPinnedRoot(cert, undefined);
  });

  it("refuses an unknown one with both fingerprints", () => {
    const { cert, fingerprintSha256 } = certificates.ca;
    assert.throws(() => checkPinnedRoot(cert, ONENET_ROOTS), {
      key: "ONENET_CERTIFICATE_INVALID.fingerprint",
      params: { got: fingerprintSha256, expected: [...ONENET_ROOTS][0] },
    });
  });

  for (const text of ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () =>
      assert.throws(() => checkPinnedRoot(text, undefined), { key: "ONENET_CERTIFICATE_INVALID.format" }));
  }
});
