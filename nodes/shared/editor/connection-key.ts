import { isBase64Key } from "../../../lib/protocol/access-key";
import { STORED_PASSWORD, textOf } from "../form/reason";
import { looksLikeToken, previewToken, type TokenPreview } from "../form/token-preview";
import { dateTime, facts, make, note, place, relativeTime, smallButton } from "./dom";
import type { FormParts, OpenForm } from "./form";

function tokenFacts({ translate }: OpenForm, { token }: TokenPreview): HTMLElement {
  return facts([
    [translate("token.resource"), token.res],
    [translate("token.expires"), dateTime(token.expiresAtMs)],
    [translate("token.method"), token.method],
    [translate("token.version"), token.version],
  ]);
}

function tokenNotes(form: OpenForm, preview: TokenPreview): HTMLElement[] {
  const { translate } = form;
  const away = relativeTime(preview.remainingMs);
  const tone = preview.state === "good" ? "success" : preview.state === "soon" ? "warning" : "error";
  const warning = {
    good: undefined,
    soon: translate("token.soon", { in: away }),
    expired: translate("token.expired", { ago: away }),
  };
  const text = warning[preview.state];
  const heading = make("strong", "", translate("token.heading"));
  const notes = [
    note(tone, heading, tokenFacts(form, preview), ...(text === undefined ? [] : [make("div", "", text)])),
  ];
  if (!preview.isForDevice) notes.push(note("warning", translate("token.other")));
  return notes;
}

/** A token where a key is asked for, or the other way round: one click puts the form right. */
function mixUp(form: OpenForm, given: string, isToken: boolean): HTMLElement[] {
  const { translate } = form;
  const offerFix = (text: string, action: string, kind: string) => [
    note(
      "info",
      translate(text),
      " ",
      smallButton(translate(action), "fa-magic", () => form.fill("keyKind", kind)),
    ),
  ];
  if (!isToken && looksLikeToken(given)) return offerFix("token.looksLikeToken", "action.useToken", "token");
  if (isToken && isBase64Key(given)) return offerFix("token.looksLikeKey", "action.useKey", "device-key");
  return [];
}

/** The key field says what it wants, and what a pasted token says. */
export function wireKey(form: OpenForm): FormParts {
  const { element, translate } = form;
  const slot = element.find("#onenet-connection-key-note").get(0);
  return {
    update(shown) {
      const given = textOf(form.read("key"));
      const isToken = shown["token"] === true;
      element.find("#onenet-connection-key-label").text(translate(isToken ? "label.token" : "label.key"));
      form.field("key").attr("placeholder", translate(isToken ? "placeholder.token" : "placeholder.key"));
      element
        .find("#onenet-connection-key-hint")
        .text(translate(given === STORED_PASSWORD ? "hint.keySaved" : "hint.key"));
      element.find('[data-reveals$="-key"]').prop("disabled", given === STORED_PASSWORD);
      const preview = isToken ? previewToken(given, form.read, Date.now()) : undefined;
      const state = `${isToken}|${given}|${preview?.state}|${preview?.isForDevice}`;
      place(slot, state, () => (preview ? tokenNotes(form, preview) : mixUp(form, given, isToken)));
    },
  };
}
