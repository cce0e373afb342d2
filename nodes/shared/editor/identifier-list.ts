import { completeIdentifiers, type ModelPoint, type Proposal } from "../form/model-points";
import { make } from "./dom";
import type { OpenForm } from "./form";

function offerOf({ value, point }: Proposal) {
  const { identifier, name, type } = point;
  const label = make("div", "onenet-completion", make("span", "onenet-completion-value", identifier));
  if (name !== identifier) label.append(make("span", "", name));
  label.append(make("span", "onenet-completion-details", type));
  return { value, label: $(label) };
}

/** A field that lists identifiers: completed from the model of the chosen connection, or filled with all of it. */
export function wireIdentifierList(
  form: OpenForm,
  buttonId: string,
  pointsOf: () => readonly ModelPoint[],
): void {
  form.field("identifiers").autoComplete({
    minLength: 0,
    search: (typed, done) => done(completeIdentifiers(typed, pointsOf()).map(offerOf)),
  });
  form.element.find(`#${buttonId}`).on("click", () => {
    form.fill(
      "identifiers",
      pointsOf()
        .map(({ identifier }) => identifier)
        .join(", "),
    );
  });
}
