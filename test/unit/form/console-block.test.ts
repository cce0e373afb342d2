import assert from "node:assert/strict";
import { type ConsoleBlock, readConsoleBlock } from "../../../nodes/shared/form/console-block";

const KEY = "EnW4T71eIE55xOIQMN6pFMKuqel5T5HTzsGJRPiDhlM=";
const TOKEN =
  "version=2018-10-31&res=products%2FAb12Cd34Ef%2Fdevices%2Fdev-1&et=1893456000&method=md5&sign=qF%2FEKKyJ3rhEoadNc57WZw%3D%3D";

const CASES: readonly (readonly [title: string, text: string, found: ConsoleBlock])[] = [
  [
    "lines of the Chinese console",
    `产品ID：Ab12Cd34Ef\n设备名称：dev-1\n设备密钥：${KEY}`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", deviceKey: KEY },
  ],
  [
    "a table's cells, one below the other",
    `产品ID\nAb12Cd34Ef\n设备名称\ndev-1\n设备密钥\n${KEY}\n`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", deviceKey: KEY },
  ],
  [
    "a table's cells, side by side",
    `Product ID\tAb12Cd34Ef\r\nDevice name\tdev-1\r\nDevice key\t${KEY}`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", deviceKey: KEY },
  ],
  [
    "a C header",
    `#define PRODUCT_ID   "Ab12Cd34Ef"\n#define DEVICE_NAME "dev-1"\n#define ACCESS_KEY  "${KEY}"`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", productKey: KEY },
  ],
  [
    "an Arduino sketch",
    'const char* productId = "Ab12Cd34Ef";\nconst char deviceName[] = "dev-1";',
    { productId: "Ab12Cd34Ef", deviceName: "dev-1" },
  ],
  [
    "JSON",
    `{"product_id":"Ab12Cd34Ef","device_name":"dev-1","sec_key":"${KEY}"}`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", deviceKey: KEY },
  ],
  [
    "an MQTT client's settings, the token as password",
    `clientId: dev-1\nusername: Ab12Cd34Ef\npassword: ${TOKEN}`,
    { productId: "Ab12Cd34Ef", deviceName: "dev-1", token: TOKEN },
  ],
  ["a token alone", TOKEN, { productId: "Ab12Cd34Ef", deviceName: "dev-1", token: TOKEN }],
  [
    "a product's token",
    TOKEN.replace("%2Fdevices%2Fdev-1", ""),
    { productId: "Ab12Cd34Ef", token: TOKEN.replace("%2Fdevices%2Fdev-1", "") },
  ],
  [
    "a token for something else",
    TOKEN.replace("products", "userid"),
    { token: TOKEN.replace("products", "userid") },
  ],
  ["the first of two values", "产品ID：first\n产品ID：second", { productId: "first" }],
  ["a password that is no token is left alone", "密码：secret", {}],
  ["any other text", "hello world\n\nfoo: bar", {}],
  ["nothing", "", {}],
];

describe("form: what is pasted from the console", () => {
  for (const [title, text, found] of CASES) {
    it(title, () => assert.deepEqual(readConsoleBlock(text), found));
  }
});
