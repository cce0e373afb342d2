import assert from "node:assert/strict";
import type { Connection } from "../../lib/client/connection";
import { RequestTurns } from "../../lib/client/request-turns";
import { systemClock } from "../../lib/clock";
import { Admission } from "../../lib/delivery/admission";
import { OneNetError } from "../../lib/errors";
import { Subdevice, type SubdeviceConfig } from "../../nodes/shared/subdevice";
import { subdevices } from "../../nodes/shared/subdevices";
import { watchTopology } from "../../nodes/shared/topology";

const PRODUCT = "P2";
const sub = (deviceName: string) => ({ productId: PRODUCT, deviceName });

interface Asked {
  readonly kind: string;
  readonly params: unknown;
}

/** A gateway's connection whose platform is the test's: what it lists, and what it says to each request. */
class Gateway {
  readonly asked: Asked[] = [];
  readonly reported: unknown[] = [];
  readonly gone: string[] = [];
  readonly connection: Connection;
  readonly admission = new Admission();
  state = { phase: "online" };
  list: unknown = [];
  refuse: ReadonlySet<string> = new Set();

  constructor(messagesPerSecond?: number) {
    const request = async (kind: string, params: unknown) => {
      this.asked.push({ kind, params });
      if (this.refuse.has(kind)) throw new OneNetError("ONENET_REJECTED", { platformCode: 307 });
      return kind === "topo-get" ? this.list : undefined;
    };
    const stateOf = () => this.state;
    const fake = {
      key: "the gateway",
      label: "P1/gw",
      profile: {
        kind: "device",
        messagesPerSecond,
        credential: { signMethod: "sha1", tokenLifetimeMs: 1000 },
      },
      device: {
        productKind: "thing-model",
        request,
        turns: new RequestTurns(systemClock, messagesPerSecond),
        admission: this.admission,
      },
      get state() {
        return stateOf();
      },
    };
    this.connection = fake as unknown as Connection;
    watchTopology(this.connection, (thrown) => this.reported.push(thrown));
  }

  login(): void {
    this.state = { phase: "online" };
  }

  /** Something of a sub-device wants to go. */
  async post(name: string): Promise<void> {
    await this.admission.admitted(sub(name));
    this.gone.push(name);
  }

  get kinds(): readonly string[] {
    return this.asked.map(({ kind }) => kind);
  }
}

describe("what a gateway does before a sub-device's first value", () => {
  let forget: () => void;

  before(() => {
    const config: SubdeviceConfig = {
      productId: PRODUCT,
      deviceName: "",
      key: { kind: "product-key", secret: Buffer.alloc(32, 7).toString("base64") },
      login: "none",
      addsToTopology: true,
      model: undefined,
      rules: undefined,
    };
    forget = subdevices.add(new Subdevice(() => "the gateway", config));
  });
  after(() => forget());

  it("adds it once, and lets what waits go in order", async () => {
    const gateway = new Gateway();
    await Promise.all([gateway.post("a"), gateway.post("a"), gateway.post("b"), gateway.post("a")]);
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-add", "topo-add"]);
    assert.deepEqual(gateway.gone.toSorted(), ["a", "a", "a", "b"]);
    await gateway.post("b");
    assert.equal(gateway.asked.length, 3);
    assert.deepEqual(gateway.reported, []);
  });

  it("leaves out those that the platform lists", async () => {
    const gateway = new Gateway();
    gateway.list = [{ productID: PRODUCT, deviceName: "a" }];
    await Promise.all([gateway.post("a"), gateway.post("b")]);
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-add"]);
    assert.equal(Reflect.get(Object(gateway.asked[1]?.params), "deviceName"), "b");
  });

  it("asks anew after each login, for what was listed may have gone", async () => {
    const gateway = new Gateway();
    await gateway.post("a");
    gateway.login();
    gateway.list = [{ productID: PRODUCT, deviceName: "b" }];
    await Promise.all([gateway.post("a"), gateway.post("b")]);
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-add", "topo-get", "topo-add"]);
  });

  it("tries one that was refused again after a login", async () => {
    const gateway = new Gateway();
    gateway.refuse = new Set(["topo-add"]);
    await gateway.post("a");
    gateway.refuse = new Set();
    gateway.login();
    await gateway.post("a");
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-add", "topo-get", "topo-add"]);
  });

  it("asks nothing while there is no link", async () => {
    const gateway = new Gateway();
    gateway.state = { phase: "waiting" };
    await gateway.post("a");
    assert.deepEqual(gateway.kinds, []);
    gateway.login();
    await gateway.post("a");
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-add"]);
  });

  it("tells what went wrong, lets go, and does not ask again at once", async () => {
    for (const kind of ["topo-get", "topo-add"]) {
      const gateway = new Gateway();
      gateway.refuse = new Set([kind]);
      await gateway.post("a");
      await gateway.post("a");
      assert.equal(gateway.reported.length, 1, kind);
      assert.equal(gateway.kinds.filter((each) => each === kind).length, 1, kind);
      assert.deepEqual(gateway.gone, ["a", "a"]);
    }
  });

  it("keeps nobody waiting when the list does not come", async () => {
    const gateway = new Gateway();
    gateway.refuse = new Set(["topo-get"]);
    await Promise.all(["a", "b", "c"].map((name) => gateway.post(name)));
    assert.deepEqual(gateway.kinds, ["topo-get"]);
    assert.equal(gateway.reported.length, 1);
    gateway.refuse = new Set();
    gateway.login();
    await gateway.post("b");
    assert.deepEqual(gateway.kinds, ["topo-get", "topo-get", "topo-add"]);
  });

  it("leaves the others' messages their turns where the pace is limited", async () => {
    const gateway = new Gateway(20);
    const startedMs = performance.now();
    await Promise.all(["a", "b", "c"].map((name) => gateway.post(name)));
    assert.ok(performance.now() - startedMs >= 195, "a turn between each two");
  });
});
