import { ONENET_ROOT_FINGERPRINT_SHA256 } from "../../../lib/protocol/platform";
import { type CertificateReading, pemOfFile, readCertificate, sameFingerprint } from "../form/certificate";
import { holdsEnv, textOf } from "../form/reason";
import { facts, make, note, place } from "./dom";
import type { FormParts, OpenForm } from "./form";

function certificateNotes(
  { translate }: OpenForm,
  reading: CertificateReading,
  isCloud: boolean,
): HTMLElement[] {
  if (reading.kind !== "certificate") return [];
  const got = [translate("certificate.fingerprint"), reading.fingerprint] as const;
  if (!isCloud) return [note("info", facts([got]), make("div", "", translate("certificate.own")))];
  const expected = ONENET_ROOT_FINGERPRINT_SHA256;
  return sameFingerprint(reading.fingerprint, expected)
    ? [note("success", make("div", "", translate("certificate.matches")), facts([got]))]
    : [note("error", facts([got, [translate("certificate.expected"), expected]]))];
}

async function takeFile(form: OpenForm, input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  input.value = "";
  if (file) form.fill("rootCertificate", pemOfFile(new Uint8Array(await file.arrayBuffer())));
}

/** The root certificate: pasted, chosen or dropped, with its fingerprint beside the one it should have. */
export function wireCertificate(form: OpenForm): FormParts {
  const { element } = form;
  const slot = element.find("#onenet-connection-root-note").get(0);
  const input = element.find<HTMLInputElement>("#onenet-connection-root-file");
  element.find("#onenet-connection-root-choose").on("click", () => input.trigger("click"));
  input.on("change", (event) => {
    event.stopPropagation();
    void takeFile(form, event.currentTarget);
  });
  return {
    update(shown) {
      const pem = textOf(form.read("rootCertificate"));
      const isCloud = shown["cloud"] === true;
      const reading: CertificateReading = holdsEnv(pem) ? { kind: "empty" } : readCertificate(pem);
      place(slot, `${isCloud}|${JSON.stringify(reading)}`, () => certificateNotes(form, reading, isCloud));
    },
  };
}
