import { PLATFORMS, type Transport } from "../../../lib/protocol/platform";
import { connectionFacts, hostChoiceOf, platformOf, transportOf } from "../form/connection-facts";
import { connectionRules } from "../form/connection-rules";
import { defaultPortOf } from "../form/connection-summary";
import { type ReadField, textOf } from "../form/reason";
import { wireCertificate } from "./connection-certificate";
import { wireConsole } from "./connection-console";
import { wireDelivery } from "./connection-delivery";
import { wireHardware } from "./connection-hardware";
import { wireKey } from "./connection-key";
import { wireModel } from "./connection-model";
import { wireHostNote, wireSummary } from "./connection-place";
import { wireSimulatedDevices } from "./connection-simulated";
import { offer } from "./dom";
import type { Facts, OpenForm } from "./form";
import { makeNodeForm } from "./node-form";
import { wireReveals } from "./rows";
import { FormTabs } from "./tabs";

/** Offers what the platform has; what was saved for another platform gives way to its first choice. */
function offerChoices(form: OpenForm): void {
  const { read, translate } = form;
  const profile = PLATFORMS[platformOf(read)];
  const own =
    (transport: Transport): ReadField =>
    (field) =>
      field === "transport" ? transport : read(field);
  const transports = profile.transports.map((value) => {
    const port = defaultPortOf(own(value));
    const group = profile.isOneNet ? "transportDevice" : "transport";
    return { value, text: translate(`option.${group}.${value}`, { port }) };
  });
  offer(form.field("transport"), transports, transportOf(read));
  const choices = profile.hostChoices.map((value) => ({
    value,
    text: translate(`option.hostChoice.${value}`),
  }));
  offer(form.field("hostChoice"), choices, hostChoiceOf(read));
  const kinds = profile.productKinds.map((value) => ({
    value,
    text: translate(`option.productKind.${value}`),
  }));
  const kind =
    profile.productKinds.find((name) => name === textOf(read("productKind"))) ?? kinds[0]?.value ?? "";
  if (kinds.length > 0) offer(form.field("productKind"), kinds, kind);
}

function describeTransport(form: OpenForm, facts: Facts): void {
  const group = facts["onenet"] ? "transportDevice" : "transport";
  const isCloudTls = facts["cloud"] && facts["tls"];
  const text = form.translate(
    `describe.${isCloudTls || !facts["tls"] ? group : "transport"}.${transportOf(form.read)}`,
  );
  const short = facts["simulator"] && !facts["tls"] ? form.translate("describe.transportLocal") : text;
  form.element.find("#onenet-connection-transport-note").text(short);
  form.element.find("#onenet-connection-plain-note").text(facts["simulator"] ? short : text);
}

function describeNumbers(form: OpenForm, facts: Facts): void {
  form.field("port").attr("placeholder", String(defaultPortOf(form.read)));
  const { min, max } = PLATFORMS[platformOf(form.read)].keepAliveSeconds;
  const key = facts["onenet"] ? "hint.keepAlive" : "hint.keepAlivePlain";
  form.element.find("#onenet-connection-keepalive-note").text(form.translate(key, { min, max }));
  form
    .field("host")
    .attr("placeholder", facts["simulator"] ? "127.0.0.1" : form.translate("placeholder.host"));
}

/** The fields that are refused now, shown as such or not. */
function wrongFields(form: OpenForm): HTMLElement[] {
  const names = Object.keys(connectionRules).filter((name) => form.reasonOf(name) !== undefined);
  return names.flatMap((name) => form.field(name).toArray());
}

function useTls(form: OpenForm): void {
  const { transports } = PLATFORMS[platformOf(form.read)];
  const wanted = transportOf(form.read) === "ws" ? "wss" : "mqtts";
  form.fill("transport", transports.find((transport) => transport === wanted) ?? "mqtts");
}

export const connectionForm = makeNodeForm({
  type: "onenet-connection",
  prefix: "node-config-input",
  rules: connectionRules,
  facts: connectionFacts,
  nodeLabel(node) {
    const read: ReadField = (field) => node[field];
    const device = [textOf(read("deviceName")), textOf(read("productId"))]
      .filter((part) => part !== "")
      .join(" · ");
    return PLATFORMS[platformOf(read)].isOneNet ? device : textOf(read("host"));
  },
  open(form) {
    const tabs = new FormTabs(form, "onenet-connection-tabs");
    const parts = [
      wireSummary,
      wireHostNote,
      wireKey,
      wireCertificate,
      wireModel,
      wireConsole,
      wireDelivery,
      wireHardware,
      wireSimulatedDevices,
    ].map((wire) => wire(form));
    wireReveals(form.element, form.translate);
    form.element.find("#onenet-connection-use-tls").on("click", () => useTls(form));
    offerChoices(form);
    return {
      update(facts) {
        offerChoices(form);
        describeTransport(form, facts);
        describeNumbers(form, facts);
        for (const part of parts) part.update?.(facts);
        tabs.update(facts, wrongFields(form));
      },
      save() {
        form.field("hostChoice").val(hostChoiceOf(form.read));
        form.field("transport").val(transportOf(form.read));
      },
      resize: () => tabs.resize(),
    };
  },
});
