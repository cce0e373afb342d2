import assert from "node:assert/strict";
import type { FlowNode } from "../support/admin-api";
import {
  type CaughtError,
  feed,
  feedBadly,
  give,
  statusesOf,
  waitForCaught,
  waitForLastStatus,
} from "../support/feed";
import {
  brokerConnection,
  datapointPublish,
  deviceConnection,
  flowOf,
  makeProduct,
  mqttOut,
  node,
} from "../support/flows";
import { findFreePort } from "../support/free-port";
import { type NodeRed, startNodeRed } from "../support/node-red";

/** What a language says; `{…}` stands for what the test fills in. */
interface Words {
  readonly wildcard: string;
  readonly missing: string;
  readonly refused: string;
  readonly some: string;
  readonly unreachable: string;
  readonly waiting: string;
  readonly listening: string;
  readonly loggedIn: string;
}

const ENGLISH: Words = {
  wildcard: "A message cannot be published to “a/+”: + and # stand in subscriptions only.",
  missing: "“Client ID” is empty. Fill it in in the node's form.",
  refused:
    "127.0.0.1:1 refused the connection: nothing listens there. Check host, port and that the server runs.",
  some: "1 of 2 datapoints failed (bad); the first: Datapoint “bad”: expected a finite number, got NaN. See msg.error.cause.failed for each.",
  unreachable: "server cannot be reached",
  waiting: "queued 2, oldest {age} s",
  listening: "listening at 127.0.0.1:{simulator}",
  loggedIn: "{device} is logged in",
};

const SIMPLIFIED: Words = {
  wildcard: "不能向“a/+”发布消息：+ 和 # 只能用于订阅。",
  missing: "“客户端 ID”为空。请在节点的表单中填写。",
  refused: "127.0.0.1:1 拒绝连接：该端口没有程序在监听。请检查主机、端口以及服务器是否在运行。",
  some: "2 个数据点中有 1 个失败（bad）；第一个：数据点“bad”：应为有限的数字，现在是 NaN。 详见 msg.error.cause.failed。",
  unreachable: "无法连接服务器",
  waiting: "排队 2 条，最久 {age} 秒",
  listening: "正在监听 127.0.0.1:{simulator}",
  loggedIn: "{device} 已登录",
};

const TRADITIONAL: Words = {
  wildcard: "不能向「a/+」發布訊息：+ 和 # 只能用於訂閱。",
  missing: "「用戶端 ID」是空的。請在節點的表單中填寫。",
  refused: "127.0.0.1:1 拒絕連線：該連接埠沒有程式在監聽。請檢查主機、連接埠以及伺服器是否在執行。",
  some: "2 個數據點中有 1 個失敗（bad）；第一個：數據點「bad」：應為有限的數字，目前是 NaN。 詳見 msg.error.cause.failed。",
  unreachable: "無法連線到伺服器",
  waiting: "排隊 2 則，最久 {age} 秒",
  listening: "正在監聽 127.0.0.1:{simulator}",
  loggedIn: "{device} 已登入",
};

/** Languages as `settings.js` names them; the last two are not ours, one of them not even Node-RED's. */
const LANGUAGES: Readonly<Record<string, Words>> = {
  "zh-CN": SIMPLIFIED,
  "zh-TW": TRADITIONAL,
  de: ENGLISH,
  xx: ENGLISH,
};

/** Nothing listens there, and no other test is ever given it. */
const CLOSED_PORT = 1;
const PRODUCT = makeProduct("thing-model", "lamp");
const DEVICE = `${PRODUCT.productId}/lamp`;

function simulatorNode(port: number): FlowNode {
  const { productId, kind, productKey, devices } = PRODUCT;
  const keys = Object.fromEntries(
    devices.map(({ deviceName, deviceKey }) => [`${productId}/${deviceName}`, deviceKey]),
  );
  return node("onenet-simulator", "simulator", {
    ...{ host: "127.0.0.1", port: String(port), httpPort: "0", limits: "off", wires: [[], []] },
    products: [{ productId, kind, devices: devices.map(({ deviceName }) => ({ deviceName })) }],
    credentials: { keys: JSON.stringify({ [productId]: productKey, ...keys }) },
  });
}

for (const [lang, words] of Object.entries(LANGUAGES)) {
  describe(`a runtime in the language ${lang}`, () => {
    let nodeRed: NodeRed;
    let simulatorPort: number;

    const fill = (text: string) =>
      text.replace("{simulator}", String(simulatorPort)).replace("{device}", DEVICE);

    before(async () => {
      simulatorPort = await findFreePort();
      const flows = flowOf(
        simulatorNode(simulatorPort),
        deviceConnection("device", { port: simulatorPort }, PRODUCT, "lamp"),
        datapointPublish("datapoint", "device"),
        brokerConnection("away", { port: CLOSED_PORT }),
        mqttOut("waits", "away"),
        brokerConnection("nameless", { port: CLOSED_PORT }, { cleanSession: false }),
        mqttOut("broken", "nameless", { topic: "t" }),
        mqttOut("loose", "", { topic: "t" }),
      );
      nodeRed = await startNodeRed({ settings: { lang }, flows });
    });

    after(() => nodeRed?.stop());

    function assertSays({ message, cause }: CaughtError, text: string, key: string): void {
      assert.equal(message, fill(text));
      assert.equal(cause?.key, key);
    }

    it("is what a Catch node hears; the code is the same everywhere", async () => {
      const topic = await feedBadly(nodeRed, "waits", { topic: "a/+", payload: 1 }, "ONENET_TOPIC_INVALID");
      assert.equal(topic.cause?.params["topic"], "a/+");
      assertSays(topic, words.wildcard, "ONENET_TOPIC_INVALID.wildcard");
      const missing = await feedBadly(nodeRed, "broken", { payload: 1 }, "ONENET_CONFIG_INVALID");
      assertSays(missing, words.missing, "ONENET_CONFIG_INVALID.missing");
      const { error } = await waitForCaught(nodeRed, "ONENET_UNREACHABLE", { source: "away" });
      assertSays(error, words.refused, "ONENET_UNREACHABLE.refused");
    });

    it("is that of a text within a text", async () => {
      const { error } = await feed(nodeRed, "datapoint", { payload: { good: 1, bad: Number.NaN } });
      assert.ok(error);
      assertSays(error, words.some, "ONENET_DATAPOINT_INVALID.some");
      const [failed] = (error.cause?.failed ?? []) as { code: string; message: string }[];
      assert.equal(failed?.code, "ONENET_DATAPOINT_INVALID");
      assert.ok(words.some.includes(failed.message), failed.message);
    });

    it("is that of a status with a number in it", async () => {
      for (const payload of [1, 2]) await give(nodeRed, "waits", { topic: "t", payload });
      const wanted = `${words.unreachable} · ${words.waiting}`;
      const [start = "", end = ""] = wanted.split("{age}");
      const { text = "" } = await waitForLastStatus(nodeRed, "waits", start);
      assert.match(text.slice(start.length), /^\d/);
      assert.equal(text.slice(start.length).replace(/^\d+/, ""), end);
      await nodeRed.waitForStatus("simulator", fill(words.listening));
    });

    it("is that of the log", async () => {
      await nodeRed.waitForLog(new RegExp(`^${fill(words.loggedIn)}$`));
    });

    it("leaves a status without parameters to the editor, which may have another one", () => {
      assert.equal(statusesOf(nodeRed, "loose").at(-1)?.text, "status.no-connection");
    });
  });
}
