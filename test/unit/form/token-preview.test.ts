import assert from "node:assert/strict";
import { STORED_PASSWORD } from "../../../nodes/shared/form/reason";
import { looksLikeToken, previewToken } from "../../../nodes/shared/form/token-preview";
import { fieldsOf } from "./fields";

const DAY_MS = 86_400_000;
const EXPIRES_MS = 1_893_456_000_000;
const TOKEN =
  "version=2018-10-31&res=products%2FAb12Cd34Ef%2Fdevices%2Fdev-1&et=1893456000&method=md5&sign=qF%2FEKKyJ3rhEoadNc57WZw%3D%3D";
const DEVICE = fieldsOf({ productId: "Ab12Cd34Ef", deviceName: "dev-1" });

describe("form: what a token says", () => {
  it("is good, expires soon, or has expired", () => {
    const stateAt = (nowMs: number) => previewToken(TOKEN, DEVICE, nowMs)?.state;
    assert.equal(stateAt(EXPIRES_MS - 30 * DAY_MS), "good");
    assert.equal(stateAt(EXPIRES_MS - DAY_MS), "soon");
    assert.equal(stateAt(EXPIRES_MS), "expired");
    assert.equal(previewToken(TOKEN, DEVICE, EXPIRES_MS + DAY_MS)?.remainingMs, -DAY_MS);
  });

  it("is read with its claims", () => {
    const token = previewToken(TOKEN, DEVICE, 0)?.token;
    assert.deepEqual(
      [token?.res, token?.method, token?.version],
      ["products/Ab12Cd34Ef/devices/dev-1", "md5", "2018-10-31"],
    );
  });

  it("is for this device, its product, or another", () => {
    const isFor = (values: Readonly<Record<string, string>>, token = TOKEN) =>
      previewToken(token, fieldsOf(values), 0)?.isForDevice;
    assert.equal(isFor({ productId: "Ab12Cd34Ef", deviceName: "dev-1" }), true);
    assert.equal(isFor({ productId: "Ab12Cd34Ef", deviceName: "dev-2" }), false);
    assert.equal(
      isFor({ productId: "Ab12Cd34Ef", deviceName: "dev-2" }, TOKEN.replace("%2Fdevices%2Fdev-1", "")),
      true,
    );
    assert.equal(isFor({ productId: "", deviceName: "dev-2" }), true);
    assert.equal(isFor({ productId: `\${PID}`, deviceName: "dev-2" }), true);
  });

  it("is nothing while there is no token", () => {
    for (const text of ["", STORED_PASSWORD, `\${TOKEN}`, "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM="]) {
      assert.equal(previewToken(text, DEVICE, 0), undefined);
    }
  });

  it("is told from a key", () => {
    assert.equal(looksLikeToken(TOKEN), true);
    assert.equal(looksLikeToken("EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM="), false);
  });
});
