export type Tone = "info" | "success" | "warning" | "error";

const ICONS: Readonly<Record<Tone, string>> = {
  info: "fa-info-circle",
  success: "fa-check-circle",
  warning: "fa-exclamation-triangle",
  error: "fa-times-circle",
};

/** An element with a class and children; texts are texts, never markup. */
export function make(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export function icon(name: string): HTMLElement {
  const element = make("i", `fa ${name}`);
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** Names and values, one pair a line. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): HTMLElement {
  const list = make("dl", "onenet-facts");
  for (const [name, value] of pairs)
    list.append(make("dt", "", name), make("dd", "", make("code", "", value)));
  return list;
}

/** A coloured box; its tone is told by an icon too, not by colour alone. */
export function note(tone: Tone, ...children: (Node | string)[]): HTMLElement {
  const box = make("div", "onenet-note", icon(ICONS[tone]), make("div", "onenet-note-body", ...children));
  box.dataset["tone"] = tone;
  return box;
}

export function smallButton(text: string, iconName: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "red-ui-button red-ui-button-small";
  button.append(icon(iconName), ` ${text}`);
  button.addEventListener("click", onClick);
  return button;
}

const states = new WeakMap<HTMLElement, string>();

/** Fills a place with these elements, and only touches it when something changes (`state` tells; it may hold a key). */
export function place(
  slot: HTMLElement | undefined,
  state: string,
  build: () => readonly HTMLElement[],
): void {
  if (slot === undefined || states.get(slot) === state) return;
  states.set(slot, state);
  slot.replaceChildren(...build());
}

export interface Option {
  readonly value: string;
  readonly text: string;
}

/** Offers exactly these options and chooses one of them, without losing the focus of a select that is right already. */
export function offer(select: JQuery, options: readonly Option[], chosen: string): void {
  const element = select.get(0);
  if (!(element instanceof HTMLSelectElement)) return;
  const wanted = JSON.stringify(options);
  if (element.dataset["offered"] !== wanted) {
    element.dataset["offered"] = wanted;
    element.replaceChildren(...options.map(({ value, text }) => new Option(text, value)));
  }
  if (element.value !== chosen) element.value = chosen;
}

const UNITS = [
  ["year", 31_557_600_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `in 3 days`, `2 小时前`: in the editor's language. */
export function relativeTime(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? ["second", 1000];
  return new Intl.RelativeTimeFormat(RED.i18n.lang(), { numeric: "auto" }).format(
    Math.round(ms / length),
    unit,
  );
}

export function dateTime(ms: number): string {
  return new Intl.DateTimeFormat(RED.i18n.lang(), { dateStyle: "medium", timeStyle: "short" }).format(ms);
}
