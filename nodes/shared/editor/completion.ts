import { type CompletedKind, type Completion, completeIdentifier } from "../form/model-completion";
import { make } from "./dom";
import type { OpenForm } from "./form";

interface Offer {
  readonly value: string;
  /** Node-RED appends it as jQuery does. */
  readonly label: JQuery;
}

function offerOf(form: OpenForm, kind: CompletedKind, { value, name, details }: Completion): Offer {
  const words = kind === "event" ? details.map((type) => form.translate(`eventType.${type}`)) : details;
  const label = make("div", "onenet-completion", make("span", "onenet-completion-value", value));
  if (name !== value) label.append(make("span", "", name));
  label.append(make("span", "onenet-completion-details", words.join(" · ")));
  return { value, label: $(label) };
}

/** Identifiers of the chosen connection's model, with name, range and unit, for Node-RED's lists of completions. */
export function completer(form: OpenForm, kind: CompletedKind): (typed: string) => Offer[] {
  return (typed) => {
    const model = form.find()?.model;
    if (model === undefined) return [];
    return completeIdentifier(model, kind, typed).map((completion) => offerOf(form, kind, completion));
  };
}

/** Offers completions in a text field; with the field empty, the down arrow shows all. */
export function completeField(form: OpenForm, field: JQuery, kind: CompletedKind): void {
  field.autoComplete({ search: completer(form, kind), minLength: 0 });
}
