/**
 * Reads what people copy from OneNET's console, a firmware's header or an MQTT client's settings:
 * lines such as `产品ID：Ab12Cd34Ef`, `#define DEVICE_NAME "dev-1"`, `"access_key": "…"`, or a whole token.
 */

export interface ConsoleBlock {
  readonly productId?: string;
  readonly deviceName?: string;
  readonly deviceKey?: string;
  readonly productKey?: string;
  readonly token?: string;
}

type Field = keyof ConsoleBlock;

/** Labels, without blanks, `_` and `-`, in lower case. The first field that matches a line takes it. */
const LABELS: readonly (readonly [Field, RegExp])[] = [
  [
    "deviceKey",
    /^(设备密钥|設備密鑰|裝置金鑰|devicekey|devicesecret|devkey|seckey|secretkey|devicesecretkey)$/,
  ],
  [
    "productKey",
    /^(产品密钥|產品密鑰|产品key|productkey|accesskey|productaccesskey|productsecret|masterkey)$/,
  ],
  ["productId", /^(产品id|產品id|产品编号|productid|pid|username|用户名|mqttusername)$/],
  ["deviceName", /^(设备名称|設備名稱|裝置名稱|设备名|devicename|devname|clientid|mqttclientid)$/],
  ["token", /^(token|password|密码|密碼|mqttpassword)$/],
];

const TOKEN = /version=[^\s"'&]+&res=[^\s"'&]+&et=\d+&method=\w+&sign=[^\s"'&]+/;
const LINE =
  /^\s*(?:#define\s+|const\s+|let\s+|var\s+|static\s+|String\s+|char\s*\*?\s*)*["']?(.+?)["']?(?:\[\])?\s*(?:[:：=]\s*|\t+|\s+(?=["'<]|\S+$))["'<]?([^"'<>;,]+?)["'>]?\s*[;,]?\s*$/;

function fieldOf(label: string): Field | undefined {
  const bare = label.toLowerCase().replace(/[\s_\-（）()]/g, "");
  return LABELS.find(([, pattern]) => pattern.test(bare))?.[0];
}

function readToken(text: string): ConsoleBlock {
  const token = TOKEN.exec(text)?.[0];
  if (token === undefined) return {};
  const res = decodeURIComponent(/&res=([^&]+)/.exec(token)?.[1] ?? "");
  const [, productId, deviceName] = /^products\/([^/]+)(?:\/devices\/([^/]+))?$/.exec(res) ?? [];
  return { token, ...(productId ? { productId } : {}), ...(deviceName ? { deviceName } : {}) };
}

/** One label alone on its line, its value on the next: how a table's cells are copied. */
function joinCells(lines: readonly string[]): string[] {
  return lines.map((line, i) =>
    fieldOf(line.replace(/[:：]\s*$/, "")) ? `${line.replace(/[:：]\s*$/, "")}: ${lines[i + 1] ?? ""}` : line,
  );
}

/** Pairs on one line, as JSON has them, become lines of their own. */
function splitLines(text: string): string[] {
  const lines = text
    .replace(/[{}]/g, "\n")
    .replace(/,\s*(?=["'])/g, "\n")
    .split(/\r?\n/);
  return joinCells(lines.map((line) => line.trim()).filter((line) => line !== ""));
}

/** Everything found in the text; of a value that comes twice, the first. */
export function readConsoleBlock(text: string): ConsoleBlock {
  const found: { -readonly [K in Field]?: string } = {};
  for (const line of splitLines(text.replace(TOKEN, ""))) {
    const [, label = "", value = ""] = LINE.exec(line) ?? [];
    const field = fieldOf(label);
    if (field !== undefined && field !== "token" && value !== "") found[field] ??= value.trim();
  }
  return { ...readToken(text), ...found };
}
