import { devicesPerPackOf, paceOf, shortestPeriodSeconds } from "../form/gateway-period";
import { deviceCountOf, gatewayRules, subdeviceRules } from "../form/gateway-rules";
import { type ReadField, textOf } from "../form/reason";
import { type ModelPart, wireModel } from "./connection-model";
import { note, place } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { subdeviceModelOf } from "./model-source";
import { makeNodeForm } from "./node-form";
import { wireReveals } from "./rows";
import { findSubdevice, withSubdevice } from "./subdevice-choice";
import { FormTabs } from "./tabs";

/** How often each of so many sub-devices can report at best, at the pace of the form's connection. */
function showPeriod(form: OpenForm, devices: number): void {
  const slot = form.element.find(".onenet-period").get(0);
  const connection = form.find() && RED.nodes.node(textOf(form.read("connection")));
  const read: ReadField = (field) => connection?.[field];
  const [perSecond, perPack] = [paceOf(read), devicesPerPackOf(read)];
  const state = !connection || devices === 0 ? "" : `${devices} ${perSecond} ${perPack}`;
  place(slot, state, () => {
    if (state === "") return [];
    const numbers = new Intl.NumberFormat(RED.i18n.lang(), { maximumFractionDigits: 1 });
    const params = { devices: numbers.format(devices), pack: numbers.format(perPack) };
    if (perSecond === undefined) return [note("info", form.translate("period.unlimited", params))];
    const rate = numbers.format(perSecond);
    const seconds = numbers.format(shortestPeriodSeconds(devices, perSecond, perPack));
    return [note("info", form.translate("period.line", { ...params, rate, seconds }))];
  });
}

/** A file is read by the runtime; what it says is seen when a value does not fit. */
const MODEL_PART: ModelPart = {
  id: "onenet-subdevice-model",
  modelOf: (_nodeId, read) => subdeviceModelOf(read),
};

function openSubdevice(form: OpenForm): FormParts {
  const tabs = new FormTabs(form, "onenet-subdevice-tabs");
  const model = wireModel(form, MODEL_PART);
  wireReveals(form.element, form.translate);
  return {
    update(facts) {
      model.update?.(facts);
      showPeriod(form, deviceCountOf(form.read));
      const wrong = Object.keys(subdeviceRules).filter((name) => form.reasonOf(name) !== undefined);
      tabs.update(
        facts,
        wrong.flatMap((name) => form.field(name).toArray()),
      );
    },
    resize: () => tabs.resize(),
  };
}

export const subdeviceForm = makeNodeForm({
  type: "onenet-subdevice",
  prefix: "node-config-input",
  rules: subdeviceRules,
  facts(read) {
    const source = textOf(read("modelSource"));
    return {
      any: textOf(read("deviceName")) === "",
      modelPasted: source === "pasted",
      modelFile: source === "file",
      modelThere: source === "pasted" || source === "file",
      modelCoerce: textOf(read("modelCheck")) === "coerce",
    };
  },
  nodeLabel(node) {
    const [product, device] = [textOf(node["productId"]), textOf(node["deviceName"])];
    return product === "" ? device : `${device || "*"} · ${product}`;
  },
  open: openSubdevice,
});

/** The devices of all sub-device nodes under a connection. */
function devicesUnder(connectionId: string): number {
  let devices = 0;
  RED.nodes.eachConfig((node) => {
    const isUnder = node.type === "onenet-subdevice" && textOf(node["connection"]) === connectionId;
    if (isUnder) devices += deviceCountOf((field) => node[field]);
  });
  return devices;
}

export const gatewayForm = makeNodeForm({
  type: "onenet-gateway",
  prefix: "node-input",
  rules: withSubdevice(gatewayRules),
  facts: (read) => ({
    named: textOf(read("action")) !== "get",
    fromMessage: textOf(read("action")) === "",
  }),
  nodeLabel: (node) => findSubdevice(node["subdevice"])?.name ?? "",
  open: (form) => ({ update: () => showPeriod(form, devicesUnder(textOf(form.read("connection")))) }),
});
