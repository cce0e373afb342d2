import type { Facts } from "./form";
import type { Translate } from "./texts";

/** `"onenet !token"`: shown while all these facts hold. */
export function holds(condition: string, facts: Facts): boolean {
  return condition
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => (word.startsWith("!") ? facts[word.slice(1)] !== true : facts[word] === true));
}

export function showRows(form: JQuery, facts: Facts): void {
  form.find("[data-when]").each((_, row) => {
    row.hidden = !holds(row.dataset["when"] ?? "", facts);
  });
}

/** The line under a select that says what the chosen option means. */
export function showDescriptions(form: JQuery, prefix: string, translate: Translate): void {
  form.find("[data-describes]").each((_, line) => {
    const field = line.dataset["describes"] ?? "";
    const value = String(form.find(`#${prefix}-${field}`).val() ?? "");
    line.textContent = value === "" ? "" : translate(`describe.${field}.${value}`);
  });
}

/** The steps of delivery as a row of chips, lit up to the one that is chosen in the select. */
export function showSteps(form: JQuery, prefix: string, translate: Translate): void {
  form.find("[data-steps]").each((_, list) => {
    const select = form.find<HTMLSelectElement>(`#${prefix}-${list.dataset["steps"]}`).get(0);
    if (select === undefined) return;
    const chips = Array.from(select.options, (option, i) => {
      const chip = document.createElement("li");
      chip.textContent = translate(`step.${option.value}`);
      chip.className =
        i < select.selectedIndex ? "onenet-step-before" : i === select.selectedIndex ? "onenet-step-now" : "";
      return chip;
    });
    list.replaceChildren(...chips);
  });
}

function reasonLineOf(field: JQuery): HTMLElement | undefined {
  const cell = field.closest(".onenet-field").get(0);
  if (cell === undefined) return undefined;
  const id = `${field.attr("id")}-reason`;
  const existing = cell.querySelector<HTMLElement>(`[id="${id}"]`);
  if (existing) return existing;
  const line = document.createElement("div");
  line.id = id;
  line.className = "onenet-reason";
  line.setAttribute("aria-live", "polite");
  // right under the control, above what explains it
  cell.insertBefore(
    line,
    cell.querySelector(
      ":scope > :is(.onenet-hint, .onenet-steps, .onenet-note, .onenet-buttons, [role=status])",
    ),
  );
  return line;
}

/** Says under the field what is wrong with it; an empty text takes that away. */
export function showReason(field: JQuery, text: string): void {
  const line = reasonLineOf(field);
  if (line === undefined || (line.textContent === text && line.hidden === (text === ""))) return;
  line.textContent = text;
  line.hidden = text === "";
  field.attr("aria-invalid", text === "" ? "false" : "true");
  if (text === "") field.removeAttr("aria-describedby");
  else field.attr("aria-describedby", line.id);
}

/** Marks the field, or takes the mark away: Node-RED itself judges a field only when it is left. */
export function markWrong(field: JQuery, isWrong: boolean): void {
  field.add(field.next(".red-ui-typedInput-container")).toggleClass("input-error", isWrong);
}

/** The eye beside a password field: shows what is being typed, never what is stored. */
export function wireReveals(form: JQuery, translate: Translate): void {
  form.find("[data-reveals]").each((_, button) => {
    const field = form.find(`#${button.dataset["reveals"]}`);
    const show = (isShown: boolean) => {
      field.attr("type", isShown ? "text" : "password");
      button.setAttribute("aria-pressed", String(isShown));
      button.setAttribute("aria-label", translate(isShown ? "button.hide" : "button.show"));
      button.title = translate(isShown ? "button.hide" : "button.show");
      $(button)
        .find("i")
        .attr("class", isShown ? "fa fa-eye-slash" : "fa fa-eye");
    };
    show(false);
    $(button).on("click", () => show(field.attr("type") === "password"));
  });
}
