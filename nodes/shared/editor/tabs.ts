import type { Facts, OpenForm } from "./form";
import { holds } from "./rows";

/**
 * Turns the `[data-tab]` sections into Node-RED tabs, and makes these work with the keyboard:
 * arrows, Home and End move, as in any tab list.
 */
export class FormTabs {
  readonly #form: OpenForm;
  readonly #sections: HTMLElement[];
  readonly #tabs: RedTabs;
  readonly #list: JQuery;
  #hidden = new Set<string>();

  constructor(form: OpenForm, listId: string) {
    this.#form = form;
    this.#sections = form.element.find(".onenet-tabs > [data-tab]").toArray();
    this.#list = form.element.find(`#${listId}`);
    this.#tabs = RED.tabs.create({ element: this.#list, onchange: (tab) => tab && this.#show(tab.id) });
    for (const section of this.#sections) {
      section.id = `onenet-tab-panel-${section.dataset["tab"]}`;
      section.setAttribute("role", "tabpanel");
      this.#add(section);
    }
    this.#list.attr("role", "tablist").on("keydown", "a", (event) => this.#onKey(event));
    this.#show(this.#idOf(0));
    setTimeout(() => this.#tabs.resize(), 0);
  }

  #add(section: HTMLElement): void {
    const { tab: id = "", tabLabel = "" } = section.dataset;
    const before = this.#sections.slice(0, this.#sections.indexOf(section));
    const index = before.filter((other) => !this.#hidden.has(other.dataset["tab"] ?? "")).length;
    this.#tabs.addTab({ id, label: this.#form.translate(tabLabel) }, index);
    this.#linkOf(id).attr({
      role: "tab",
      "aria-selected": "false",
      "aria-controls": section.id,
      tabindex: -1,
    });
  }

  #idOf(index: number): string {
    return this.#sections[index]?.dataset["tab"] ?? "";
  }

  #linkOf(id: string): JQuery {
    return this.#list.find(`a[href="#${id}"]`);
  }

  #show(id: string): void {
    for (const section of this.#sections) {
      const isShown = section.dataset["tab"] === id;
      section.hidden = !isShown;
      this.#linkOf(section.dataset["tab"] ?? "").attr({
        "aria-selected": String(isShown),
        tabindex: isShown ? 0 : -1,
      });
    }
  }

  #onKey(event: JQuery.TriggeredEvent): void {
    const ids = this.#sections.map((_, i) => this.#idOf(i)).filter((id) => !this.#hidden.has(id));
    const current = ids.indexOf(String($(event.currentTarget).attr("href")).slice(1));
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: current + 1,
      ArrowLeft: current - 1,
      Home: 0,
      End: ids.length - 1,
    };
    const next = steps[event.key ?? ""];
    if (next === undefined) return;
    event.preventDefault();
    const id = ids[(next + ids.length) % ids.length] ?? "";
    this.#tabs.activateTab(id);
    this.#linkOf(id).trigger("focus");
  }

  /** Shows the tabs that these facts call for, under their right names, with a mark where something is to correct. */
  update(facts: Facts, wrongFields: readonly HTMLElement[]): void {
    for (const section of this.#sections) {
      const { tab = "", tabWhen = "", tabLabel = "", tabLabelPlain = tabLabel } = section.dataset;
      this.#toggle(section, holds(tabWhen, facts));
      this.#rename(tab, this.#form.translate(facts["onenet"] ? tabLabel : tabLabelPlain));
      this.#linkOf(tab)
        .parent()
        .toggleClass(
          "onenet-tab-wrong",
          wrongFields.some((field) => section.contains(field)),
        );
    }
  }

  #toggle(section: HTMLElement, isShown: boolean): void {
    const id = section.dataset["tab"] ?? "";
    if (isShown === !this.#hidden.has(id)) return;
    if (isShown) {
      this.#hidden.delete(id);
      this.#add(section);
    } else {
      this.#hidden.add(id);
      this.#tabs.removeTab(id);
    }
  }

  #rename(id: string, label: string): void {
    if (!this.#hidden.has(id) && this.#linkOf(id).text() !== label) this.#tabs.renameTab(id, label);
  }

  resize(): void {
    this.#tabs.resize();
  }
}
