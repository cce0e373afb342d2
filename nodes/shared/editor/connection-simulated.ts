import { textOf } from "../form/reason";
import { type ProductRow, readProductRows } from "../form/simulator-products";
import { offer } from "./dom";
import type { FormParts, OpenForm } from "./form";

interface SimulatedDevice {
  readonly node: RedNode;
  readonly productId: string;
  readonly deviceName: string;
  readonly text: string;
}

function simulatedDevices(): SimulatedDevice[] {
  return RED.nodes.filterNodes({ type: "onenet-simulator" }).flatMap((node) =>
    readProductRows(node["products"], "").flatMap(({ productId, devices }) =>
      devices.map(({ deviceName }) => ({
        node,
        productId,
        deviceName,
        text: `${deviceName} · ${productId} (${textOf(node["host"])}:${textOf(node["port"])})`,
      })),
    ),
  );
}

/** The keys of a simulator node: from its form if it was opened, else from the runtime (they are text, not a password). */
async function readKeysOf(node: RedNode): Promise<unknown> {
  if (node.credentials?.["keys"] !== undefined) return node.credentials["keys"];
  const stored = await Promise.resolve(
    $.getJSON(`credentials/onenet-simulator/${encodeURIComponent(node.id)}`),
  ).catch(() => ({}));
  return stored.keys ?? "";
}

function loginOf(row: ProductRow | undefined, deviceName: string): { key: string; kind: string } {
  const own = row?.devices.find((device) => device.deviceName === deviceName)?.key ?? "";
  return own === "" ? { key: row?.key ?? "", kind: "product-key" } : { key: own, kind: "device-key" };
}

async function fillFrom(form: OpenForm, { node, productId, deviceName }: SimulatedDevice): Promise<string> {
  const row = readProductRows(node["products"], await readKeysOf(node)).find(
    (product) => product.productId === productId,
  );
  const { key, kind } = loginOf(row, deviceName);
  form.fill("host", textOf(node["host"]));
  form.fill("port", textOf(node["port"]));
  form.fill("productKind", row?.kind ?? "thing-model");
  form.fill("productId", productId);
  form.fill("deviceName", deviceName);
  if (key !== "") {
    form.fill("keyKind", kind);
    form.fill("key", key);
  }
  if (row !== undefined && row.model !== "") {
    form.fill("modelSource", "pasted");
    form.fill("model", row.model);
  }
  const name = node.name || textOf(node["host"]);
  return form.translate(key === "" ? "simulator.noKey" : "simulator.filled", { name });
}

/** The devices of the simulator nodes in these flows: choosing one fills in the whole form, key and thing model included. */
export function wireSimulatedDevices(form: OpenForm): FormParts {
  const { element, translate } = form;
  const select = element.find("#onenet-connection-simulated");
  const said = element.find("#onenet-connection-simulated-note");
  const devices = simulatedDevices();
  const none = { value: "", text: translate("option.simulatedDevice.choose") };
  offer(select, [none, ...devices.map(({ text }, i) => ({ value: String(i), text }))], "");
  select.prop("disabled", devices.length === 0);
  if (devices.length === 0) said.text(translate("simulator.none"));
  select.on("change", (event) => {
    event.stopPropagation();
    const device = devices[Number(select.val() || "-1")];
    if (device) void fillFrom(form, device).then((text) => said.text(text));
  });
  return {};
}
