import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import type { SimulatorOptions } from "../../../lib/simulator/options";
import { acquireSimulator } from "../../../lib/simulator/shared";
import { findFreePort } from "../../support/free-port";
import { RawMqtt } from "../../support/raw-mqtt";
import { connectOptions, STREAM, THING, USER } from "../../support/simulated";

async function isOpen(port: number): Promise<boolean> {
  return RawMqtt.open(port).then(
    (client) => {
      client.close();
      return true;
    },
    () => false,
  );
}

describe("simulator shared by address", () => {
  let settings: SimulatorOptions & { readonly port: number };
  beforeEach(async () => {
    settings = { port: await findFreePort(), httpPort: null };
  });

  it("is one for all, with everybody's products, until the last leaves", async () => {
    const [first, second] = await Promise.all([
      acquireSimulator({ ...settings, products: [THING] }),
      acquireSimulator({ ...settings, products: [STREAM] }),
    ]);
    assert.equal(first.simulator, second.simulator);
    const client = await RawMqtt.open(settings.port);
    assert.equal(await client.login(connectOptions(STREAM, "lamp")), 0);
    await first.release();
    await first.release();
    await client.settle();
    const refused = await RawMqtt.open(settings.port);
    assert.equal(await refused.login(connectOptions(THING, "lamp")), 4);
    await second.release();
    await client.closed;
    assert.equal(await isOpen(settings.port), false);
  });

  it("starts again at once after the last has left", async () => {
    const first = await acquireSimulator(settings);
    const released = first.release();
    const second = await acquireSimulator(settings);
    await released;
    assert.notEqual(first.simulator, second.simulator);
    assert.equal(await isOpen(settings.port), true);
    await second.release();
  });

  it("is a new one each time for port 0", async () => {
    const [first, second] = await Promise.all([
      acquireSimulator({ port: 0, httpPort: null }),
      acquireSimulator({ port: 0, httpPort: null }),
    ]);
    assert.notEqual(first.simulator.port, second.simulator.port);
    await Promise.all([first.release(), second.release()]);
  });

  const others: readonly (readonly [string, SimulatorOptions])[] = [
    ["connackForBadLogin", { rules: { connackForBadLogin: 5 } }],
    ["limits", { rules: { limits: "strict" } }],
    ["httpPort", { httpPort: 0 }],
    ["tlsPort", { tlsPort: 0 }],
    ["tlsNames", { tlsNames: ["other"] }],
    ["user", { user: USER }],
  ];
  for (const [difference, change] of others) {
    it(`refuses another ${difference}, and goes on`, async () => {
      const lease = await acquireSimulator(settings);
      await assert.rejects(acquireSimulator({ ...settings, ...change }), {
        key: "ONENET_SIMULATOR_CONFLICT.settings",
        params: { host: "127.0.0.1", port: settings.port, difference },
      });
      assert.equal(await isOpen(settings.port), true);
      await lease.release();
      assert.equal(await isOpen(settings.port), false);
    });
  }

  it("takes default settings that are spelt out", async () => {
    const first = await acquireSimulator(settings);
    const second = await acquireSimulator({
      ...settings,
      host: "127.0.0.1",
      tlsPort: null,
      rules: { limits: "off" },
    });
    assert.equal(first.simulator, second.simulator);
    await Promise.all([first.release(), second.release()]);
  });

  it("stops for products that cannot be, if nobody else is there", async () => {
    const wrong = { ...THING, productKey: "no key" };
    await assert.rejects(acquireSimulator({ ...settings, products: [wrong] }), { key: "ONENET_KEY_INVALID" });
    assert.equal(await isOpen(settings.port), false);
    const lease = await acquireSimulator({ ...settings, products: [THING] });
    await assert.rejects(acquireSimulator({ ...settings, products: [wrong] }), { key: "ONENET_KEY_INVALID" });
    assert.equal(await isOpen(settings.port), true);
    await lease.release();
  });

  describe("at an address in use", () => {
    let occupant: Server;
    beforeEach(async () => {
      occupant = createServer();
      await new Promise<void>((resolve) => occupant.listen(settings.port, "127.0.0.1", resolve));
    });
    afterEach(() => occupant.close());

    it("says so to everybody, and starts once it is free", async () => {
      const attempts = await Promise.allSettled([acquireSimulator(settings), acquireSimulator(settings)]);
      for (const attempt of attempts) {
        assert.equal(attempt.status, "rejected");
        assert.equal(attempt.reason.key, "ONENET_SIMULATOR_ADDRESS");
        assert.deepEqual(attempt.reason.params, {
          host: "127.0.0.1",
          port: settings.port,
          reason: "EADDRINUSE",
        });
      }
      await new Promise((resolve) => occupant.close(resolve));
      const lease = await acquireSimulator(settings);
      await lease.release();
    });
  });
});
