import { readSuffix, splitClientId } from "../form/client-id";
import { textOf } from "../form/reason";
import type { FormParts, OpenForm } from "./form";

const CARD_EXAMPLES: Readonly<Record<string, string>> = {
  iccid: "89860000000000000000",
  imsi: "460000000000000",
  msisdn: "10640000000",
};

/** A device name that was copied as a client id brings its report along. */
function wireDeviceName(form: OpenForm): void {
  const field = form.field("deviceName");
  field.on("input", () => {
    const { deviceName, suffix } = splitClientId(textOf(field.val()));
    if (suffix === "") return;
    field.val(deviceName);
    for (const [name, value] of Object.entries(readSuffix(suffix))) form.fill(name, value);
  });
}

/** How SIM and hardware are reported: one choice, which a text of one's own belongs to. */
export function wireHardware(form: OpenForm): FormParts {
  const report = form.field("hardwareReport");
  // older flows hold a text without this choice
  if (report.val() === "none" && textOf(form.read("clientIdSuffix")) !== "") report.val("own");
  report.on("change", () => {
    if (report.val() === "none") form.field("clientIdSuffix").val("");
  });
  wireDeviceName(form);
  return {
    update() {
      const kind = textOf(form.read("hardwareCardKind"));
      form.field("hardwareCard").attr("placeholder", CARD_EXAMPLES[kind] ?? "");
    },
  };
}
