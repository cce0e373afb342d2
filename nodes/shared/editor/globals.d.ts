declare module "*.css" {
  const text: string;
  export default text;
}

/** The little of Node-RED's editor that the forms use (4.1 and 5.0). The package's own types cover less than this. */

interface RedNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly _def?: {
    readonly defaults?: Readonly<Record<string, RedField>>;
    readonly credentials?: Readonly<Record<string, RedField>>;
  };
  credentials?: Record<string, unknown>;
  valid?: boolean | null;
  [field: string]: unknown;
}

interface RedField {
  readonly value?: unknown;
  /** The type of a configuration node, for a field that chooses one. */
  readonly type?: string;
  readonly label?: string;
  readonly validate?: (this: RedNode, value: unknown, options: { label?: string }) => true | string;
}

interface RedTabs {
  addTab(tab: { id: string; label: string }, index?: number): void;
  activateTab(id: string): void;
  renameTab(id: string, label: string): void;
  removeTab(id: string): void;
  resize(): void;
}

declare const RED: {
  _(key: string, params?: Readonly<Record<string, unknown>>): string;
  readonly nodes: {
    node(id: string): RedNode | null | undefined;
    eachConfig(visit: (node: RedNode) => void): void;
    filterNodes(filter: { type: string }): RedNode[];
  };
  readonly tabs: {
    create(options: { element: JQuery; onchange: (tab: { id: string } | null) => void }): RedTabs;
  };
  readonly i18n: { lang(): string };
  readonly utils: { validateTypedProperty(value: string, type: string): true | string | false };
  readonly clipboard: { copyText(value: string, element: JQuery, messageKey: string): boolean };
  readonly popover: { tooltip(target: JQuery, content: string | (() => string)): unknown };
  notify(text: string, options?: { type?: string; timeout?: number }): unknown;
};

interface JQuery {
  typedInput(options: Record<string, unknown>): JQuery;
  typedInput(method: string, value?: unknown): unknown;
  editableList(options: Record<string, unknown>): JQuery;
  editableList(method: string, value?: unknown): JQuery;
  autoComplete(options: {
    search:
      | ((typed: string, done: (found: { value: string; label: string | JQuery }[]) => void) => void)
      | ((typed: string) => { value: string; label: JQuery }[]);
    minLength?: number;
  }): JQuery;
}
