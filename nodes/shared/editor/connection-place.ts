import { checkHost, suggestHost } from "../../../lib/protocol/platform";
import { suffixOf } from "../form/client-id";
import { readDestination } from "../form/connection-summary";
import { holdsEnv, reasonOf, textOf } from "../form/reason";
import { icon, make, place, smallButton } from "./dom";
import type { FormParts, OpenForm } from "./form";
import { reasonText } from "./texts";

function deviceOf(form: OpenForm): string {
  const name = textOf(form.read("deviceName"));
  const suffix = suffixOf(form.read);
  return suffix === "" ? name : `${name}?${suffix}`;
}

function linkOf(form: OpenForm, url: string, isTls: boolean, isOneNet: boolean): HTMLElement[] {
  const { translate } = form;
  const lock = make(
    "span",
    isTls ? "onenet-lock onenet-lock-closed" : "onenet-lock",
    icon(isTls ? "fa-lock" : "fa-unlock-alt"),
    ` ${translate(isTls ? "summary.tls" : "summary.plain")}`,
  );
  const address = make(
    "span",
    "onenet-summary-line",
    `${translate("summary.connects")} `,
    make("code", "", url),
  );
  const device = deviceOf(form);
  if (isOneNet && device !== "") address.append(` ${translate("summary.as")} `, make("code", "", device));
  return [address, lock];
}

/** The strip that says where the settings lead, always in sight and always true. */
export function wireSummary(form: OpenForm): FormParts {
  const slot = form.element.find("#onenet-connection-summary").get(0);
  const { translate } = form;
  return {
    update(facts) {
      const destination = readDestination(form.read);
      const state = JSON.stringify([destination, facts["onenet"], facts["tls"], deviceOf(form)]);
      place(slot, state, () => {
        if (destination.kind === "endpoint") {
          return linkOf(form, destination.url, facts["tls"] === true, facts["onenet"] === true);
        }
        if (destination.kind === "runtime") return [make("span", "", translate("summary.unresolved"))];
        if (destination.kind === "incomplete") {
          return [
            make("span", "", translate("summary.incomplete", { field: form.labelOf(destination.field) })),
          ];
        }
        const field = String(destination.reason.params?.["field"] ?? "host");
        return [make("span", "onenet-wrong", reasonText(translate, destination.reason, form.labelOf(field)))];
      });
    },
  };
}

/** A known misspelling is refused by the field's rule; here is the button that puts it right. */
export function wireHostNote(form: OpenForm): FormParts {
  const slot = form.element.find("#onenet-connection-host-note").get(0);
  const { translate } = form;
  return {
    update(facts) {
      const host = textOf(form.read("host"));
      const isJudged = facts["ownHost"] && host !== "" && !holdsEnv(host);
      const port = Number(textOf(form.read("port"))) || undefined;
      const isRefused = isJudged && reasonOf(() => checkHost(host, port)) !== undefined;
      const right = isRefused ? (suggestHost(host) ?? bareHost(host)) : undefined;
      place(slot, right ?? "", () => {
        if (right === undefined) return [];
        const text = translate("button.apply", { value: right });
        return [
          make(
            "div",
            "onenet-fix",
            smallButton(text, "fa-magic", () => form.fill("host", right)),
          ),
        ];
      });
    },
  };
}

/** `mqtt://broker:1883/x` holds the host that was meant. */
function bareHost(text: string): string | undefined {
  const host = /^(?:[a-z]+:\/\/)?([^/:@\s]+)(?::\d+)?(?:\/.*)?$/i.exec(text)?.[1];
  return host === undefined || host === text || reasonOf(() => checkHost(host)) !== undefined
    ? undefined
    : host;
}
