import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import { feedBadly, feedWell, waitForCaught, waitForLastStatus } from "../support/feed";
import {
  commandResponse,
  commandSubscribe,
  datapointPublish,
  deviceConnection,
  type Fields,
  flowOf,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { keyOf, startTestSimulator, type TestSimulator } from "../support/simulated";

const PRODUCT = makeProduct("thing-model", "lamp-7", "fan");
const KEY = keyOf(PRODUCT, "lamp-7");
/** An environment variable in a field, as a user writes it. */
const env = (name: string) => `\${${name}}`;

describe("environment variables in fields", () => {
  let sim: TestSimulator;
  let nodeRed: NodeRed;

  before(async function () {
    this.timeout(60_000);
    sim = await startTestSimulator({ products: [PRODUCT] });
    nodeRed = await startNodeRed({
      env: {
        T_PRODUCT: PRODUCT.productId,
        T_NUMBER: "7",
        T_PORT: String(sim.simulator.port),
        T_KEY: KEY,
        T_KEY_START: KEY.slice(0, 20),
        T_KEY_END: KEY.slice(20),
        T_SECONDS: "30",
        T_WHEN: "sent",
        T_TRUE: "true",
        T_EMPTY: "",
        T_TOPIC: "thing/property/post",
      },
    });
  });

  after(async () => {
    await nodeRed?.stop();
    await sim?.stop();
  });

  const connection = (fields: Fields): FlowNode =>
    deviceConnection("c", sim.simulator, PRODUCT, "lamp-7", fields);

  it("stand for texts, numbers, choices and credentials, whole and in part", async () => {
    const [start, end] = [env("T_KEY_START"), env("T_KEY_END")];
    await nodeRed.deploy(
      flowOf(
        connection({
          productId: env("T_PRODUCT"),
          deviceName: `lamp-${env("T_NUMBER")}`,
          port: env("T_PORT"),
          keepAliveSeconds: `${env("T_NUMBER")}0`,
          clientIdSuffix: `sn=${env("T_NUMBER")}`,
          credentials: { key: `${start}${end}` },
        }),
        datapointPublish("pub", "c", {
          stream: `s_${env("T_NUMBER")}`,
          expirySeconds: env("T_SECONDS"),
          completeWhen: env("T_WHEN"),
        }),
        mqttOut("out", "c", { topic: `$sys/${env("T_PRODUCT")}/lamp-${env("T_NUMBER")}/${env("T_TOPIC")}` }),
      ),
    );
    const { onenet } = await feedWell(nodeRed, "pub", { payload: 1 });
    assert.equal((onenet as { state: string }).state, "sent");
    await feedWell(nodeRed, "out", { payload: "{}" });
    const [login] = sim.events.filter(({ event }) => event === "login");
    assert.ok(login?.event === "login");
    assert.equal(login.keepAliveSeconds, 70);
    assert.match(login.clientIdSuffix ?? "", /sn=7$/);
    const [post] = sim.events.filter(({ event }) => event === "publish");
    assert.deepEqual(post?.event === "publish" && Object.keys(post.values ?? {}), ["s_7"]);
    await nodeRed.deploy(
      flowOf(connection({ credentials: { key: env("T_KEY") } }), datapointPublish("pub", "c")),
    );
    await feedWell(nodeRed, "pub", { topic: "s", payload: 2 });
  });

  it("come from the flow's own environment too", async () => {
    const [tab, ...nodes] = flowOf(
      connection({}),
      datapointPublish("pub", "c", { stream: env("T_OF_TAB") }),
      mqttOut("out", "c", { topic: `${env("T_OF_TAB")}x`, sendAnyway: false }),
    );
    const own = { name: "T_OF_TAB", value: "of_tab", type: "str" };
    await nodeRed.deploy([{ ...tab, env: [own] } as FlowNode, ...nodes]);
    const came = sim.next("publish");
    await feedWell(nodeRed, "pub", { payload: 1 });
    assert.deepEqual(Object.keys((await came).values ?? {}), ["of_tab"]);
    const { cause } = await feedBadly(nodeRed, "out", { payload: 1 }, "ONENET_TOPIC_FORBIDDEN");
    assert.equal(cause?.params["topic"], "of_tabx");
  });

  const UNSET: readonly { readonly where: string; readonly fields: Fields; readonly name?: string }[] = [
    { where: "a text", fields: { productId: env("T_UNSET") } },
    { where: "a part of a text", fields: { deviceName: `a-${env("T_UNSET")}-b` } },
    { where: "a number", fields: { port: env("T_UNSET") } },
    { where: "a choice", fields: { productKind: env("T_UNSET") } },
    { where: "a credential", fields: { credentials: { key: env("T_UNSET") } } },
    {
      where: "a part of a credential",
      fields: { credentials: { key: `${KEY.slice(0, 8)}${env("T_UNSET")}` } },
    },
    { where: "the old form", fields: { deviceName: "$(T_UNSET)" } },
  ];

  it("that are not set are named, and nothing is tried", async () => {
    const logins = () => sim.events.filter(({ event }) => event === "login" || event === "refused").length;
    await nodeRed.deploy(flowOf());
    const before = logins();
    await nodeRed.deploy(
      flowOf(
        ...UNSET.map(({ fields }, i) => ({ ...connection(fields), id: `u${i}` })),
        ...UNSET.map((_, i) => datapointPublish(`pub${i}`, `u${i}`, { stream: "s" })),
      ),
    );
    for (const [i, { where }] of UNSET.entries()) {
      const { error } = await waitForCaught(nodeRed, "ONENET_ENV_UNSET", { source: `u${i}` });
      await feedBadly(nodeRed, `pub${i}`, { payload: 1 }, "ONENET_ENV_UNSET");
      assert.match(error.message, /T_UNSET/, where);
      assert.equal(error.cause?.params["name"], "T_UNSET");
      assert.doesNotMatch(error.message, /productId|deviceName|productKind/, "fields as the form calls them");
      await waitForLastStatus(nodeRed, `pub${i}`, "env-unset");
    }
    assert.equal(logins(), before);
  });

  it("that are not set are named by the other nodes too", async () => {
    await nodeRed.deploy(
      flowOf(
        connection({}),
        datapointPublish("pub", "c", { stream: `x${env("T_UNSET")}` }),
        mqttOut("out", "c", { qos: env("T_UNSET") }),
        commandSubscribe("sub", "c", { deadlineSeconds: env("T_UNSET") }),
        commandResponse("answer", { failureMessage: `no ${env("T_UNSET")}` }),
        node("onenet-simulator", "sim", { port: env("T_UNSET") }),
      ),
    );
    for (const source of ["pub", "out", "sub", "answer", "sim"]) {
      await waitForCaught(nodeRed, "ONENET_ENV_UNSET", { source });
      await waitForLastStatus(nodeRed, source, "env-unset");
    }
    for (const id of ["pub", "out", "answer", "sim"])
      await feedBadly(nodeRed, id, { payload: 1 }, "ONENET_ENV_UNSET");
  });

  it("that are empty are as good as nothing", async () => {
    await nodeRed.deploy(
      flowOf(
        connection({ deviceName: env("T_EMPTY") }),
        datapointPublish("pub", "c", { stream: env("T_EMPTY") }),
      ),
    );
    await feedBadly(nodeRed, "pub", { payload: 1 }, "ONENET_CONFIG_INVALID");
  });

  it("name the products, devices and keys of a simulator", async () => {
    const port = String(await findFreePort());
    const products = [
      {
        productId: env("T_PRODUCT"),
        kind: "thing-model",
        devices: [{ deviceName: `lamp-${env("T_NUMBER")}` }, { deviceName: "fan" }],
      },
    ];
    const keys = `{"${env("T_PRODUCT")}/lamp-7":"${env("T_KEY")}","${PRODUCT.productId}/fan":"${keyOf(PRODUCT, "fan")}"}`;
    await nodeRed.deploy(
      flowOf(
        node("onenet-simulator", "sim", {
          port,
          httpPort: "0",
          products,
          credentials: { keys },
          wires: [[], []],
        }),
        connection({ port }),
        datapointPublish("pub", "c", { stream: "s" }),
      ),
    );
    await feedWell(nodeRed, "pub", { payload: 1 });
  });
});
