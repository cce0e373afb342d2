import assert from "node:assert/strict";
import path from "node:path";
import { deviceResource, productResource, signToken } from "../../lib/protocol/token";
import { startProcess } from "../support/process";
import { RawMqtt } from "../support/raw-mqtt";
import { assertNoSecrets, plantSecrets } from "../support/secrets";

const PRODUCT_ID = "Secr3tPr0d";
/** The signature of a token. */
const SIGNATURE = /sign=[A-Za-z0-9+/%]{16,}/;
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;

describe("planted keys, in the simulator's program", () => {
  it("stay inside, with every debug output on", async () => {
    const secrets = plantSecrets();
    const { deviceKey, productKey } = secrets;
    const program = startProcess(
      process.execPath,
      [
        path.resolve(__dirname, "../../bin/onenet-simulator.js"),
        ...["--port", "0", "--http-port", "0", "--product", PRODUCT_ID, "--kind", "thing-model"],
        ...["--product-key", productKey, "--device", `lamp=${deviceKey}`],
      ],
      { env: { ...process.env, DEBUG: "*" } },
    );
    try {
      const listening = await program.lines.waitFor((line) => line.startsWith('{"event":"listening"'));
      const { port, httpPort } = JSON.parse(listening) as { port: number; httpPort: number };
      const claims = { version: "2018-10-31", expiresAtSeconds: IN_AN_HOUR, method: "sha256" } as const;
      const password = signToken({ ...claims, res: deviceResource(PRODUCT_ID, "lamp") }, deviceKey);
      const login = { clientId: "lamp", username: PRODUCT_ID, password };
      const client = await RawMqtt.open(port);
      assert.equal(await client.login(login), 0);
      const refused = await RawMqtt.open(port);
      const stale = signToken({ ...claims, res: login.username, expiresAtSeconds: 1_700_000_000 }, deviceKey);
      assert.equal(await refused.login({ ...login, password: stale }), 4);
      const authorization = signToken({ ...claims, res: productResource(PRODUCT_ID) }, productKey);
      const answered: string[] = [];
      for (const route of ["device/list", "device/detail"]) {
        const url = `http://127.0.0.1:${httpPort}/${route}?product_id=${PRODUCT_ID}&device_name=lamp`;
        for (const headers of [{ authorization }, { authorization: password }, {}]) {
          const answer = await fetch(url, { headers: new Headers({ Connection: "close", ...headers }) });
          answered.push(await answer.text());
        }
      }
      assert.match(answered[0] ?? "", /"code":0/);
      client.close();
      await program.lines.waitForCount(2, (line) => line.startsWith('{"event":"closed"'));
      await program.stop();
      for (const text of [program.output(), ...answered]) {
        assertNoSecrets(secrets, text, "what the program says");
        assert.doesNotMatch(text, SIGNATURE);
      }
    } finally {
      await program.stop("SIGKILL");
    }
  });
});
