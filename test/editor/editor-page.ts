import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { FlowNode } from "../support/admin-api";
import { CHROMIUM } from "../support/needs";
import { type NodeRed, startNodeRed } from "../support/node-red";
import { PALETTE_TYPES } from "../support/node-red-version";

export type Language = "en-US" | "zh-CN" | "zh-TW";
export const LANGUAGES: readonly Language[] = ["en-US", "zh-CN", "zh-TW"];

/** Node-RED with flows in it, and a browser that shows its editor. */
export interface EditorHost {
  readonly nodeRed: NodeRed;
  open(language?: Language): Promise<EditorPage>;
  close(): Promise<void>;
}

export async function startEditor(flows: readonly FlowNode[]): Promise<EditorHost> {
  const nodeRed = await startNodeRed({ flows });
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
  let browser: Browser;
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  } catch (error) {
    await nodeRed.stop();
    throw error;
  }
  const contexts: BrowserContext[] = [];
  return {
    nodeRed,
    async open(language = "en-US") {
      const context = await browser.newContext({ locale: language, viewport: { width: 1300, height: 1000 } });
      contexts.push(context);
      return EditorPage.load(await context.newPage(), nodeRed.url, flows.at(-1)?.id ?? "");
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await nodeRed.stop();
    },
  };
}

/** What the editor's own scripts hold, as far as the tests ask. They run in the page, where `RED` is. */
declare const RED: {
  nodes: {
    node(id: string): Record<string, unknown> & { validationErrors?: string[]; valid?: boolean };
    getNodeHelp(type: string): string;
    dirty(): boolean;
  };
  editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
};

/** The editor in a browser. */
export class EditorPage {
  readonly page: Page;
  /** Errors that its scripts threw. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
  }

  /** @param lastNode a node of the flows; the editor is ready when it knows it */
  static async load(page: Page, url: string, lastNode: string): Promise<EditorPage> {
    const editor = new EditorPage(page);
    await page.goto(url);
    for (const type of PALETTE_TYPES) {
      await page.waitForSelector(`.red-ui-palette-node[data-palette-type="${type}"]`, {
        state: "attached",
        timeout: 60_000,
      });
    }
    await page.waitForFunction((id) => Boolean(RED.nodes.node(id)), lastNode);
    return editor;
  }

  /** Opens the form of a node and waits until it can be used. */
  async edit(id: string): Promise<void> {
    await this.page.evaluate((node) => RED.editor.edit(RED.nodes.node(node)), id);
    await this.#ready();
  }

  /** Opens the form of a configuration node. */
  async editConfig(type: string, id: string): Promise<void> {
    await this.page.evaluate(([name, node]) => RED.editor.editConfig("", name, node), [type, id] as const);
    await this.#ready();
  }

  async editConnection(id: string): Promise<void> {
    await this.editConfig("onenet-connection", id);
    await this.page.waitForSelector("#onenet-connection-tabs li.active");
  }

  /** Node-RED slides its trays in, and validates a form when it stands. */
  async #ready(): Promise<void> {
    await this.page.locator(".onenet-form").waitFor({ state: "visible" });
    await this.page.waitForFunction(
      () => document.querySelector(".red-ui-tray")?.getAnimations().length === 0,
    );
    await this.page
      .locator("#node-dialog-ok:not([disabled]), #node-config-dialog-ok:not([disabled])")
      .waitFor();
  }

  /** Done or Update, then waits for the form to be gone. */
  async save(): Promise<void> {
    await this.page.click("#node-dialog-ok, #node-config-dialog-ok");
    await this.#gone();
  }

  async cancel(): Promise<void> {
    await this.page.click("#node-dialog-cancel, #node-config-dialog-cancel");
    await this.#gone();
  }

  async #gone(): Promise<void> {
    await this.page.locator(".onenet-form").waitFor({ state: "detached" });
  }

  /** Deploys, and waits until Node-RED has taken it. */
  async deploy(): Promise<void> {
    await this.page.click("#red-ui-header-button-deploy");
    await this.page.waitForFunction(() => !RED.nodes.dirty());
    // the notice that says so lies over the buttons of a form for seconds; Node-RED takes it away itself
    await this.page.locator(".red-ui-notification").evaluateAll((notices) => {
      for (const notice of notices) (notice as HTMLElement).style.display = "none";
    });
  }

  /** A node as the editor holds it: its fields, and what is wrong with them. */
  async node(id: string): Promise<{ fields: Record<string, unknown>; problems: readonly string[] }> {
    return this.page.evaluate((nodeId) => {
      const node = RED.nodes.node(nodeId);
      const fields = Object.fromEntries(
        Object.entries(node).filter(
          ([, value]) => (typeof value !== "function" && typeof value !== "object") || Array.isArray(value),
        ),
      );
      return { fields, problems: node.validationErrors ?? [] };
    }, id);
  }

  async help(type: string): Promise<string> {
    return this.page.evaluate((name) => RED.nodes.getNodeHelp(name), type);
  }

  async tab(name: string): Promise<void> {
    const tab = this.page.locator(`.onenet-form .red-ui-tabs a[href="#${name}"]`);
    // Node-RED takes two clicks on tabs within 400 ms for a double click, and the second for none.
    for (let clicks = 0; clicks < 3; clicks += 1) {
      await tab.click();
      if ((await tab.getAttribute("aria-selected")) === "true") return;
    }
    throw new Error(`the tab ${name} does not open`);
  }

  /** The reason under a field, or "" while there is none to be seen. */
  async reason(fieldId: string): Promise<string> {
    const line = this.page.locator(`[id="${fieldId}-reason"]`);
    return (await line.count()) > 0 && (await line.isVisible()) ? ((await line.textContent()) ?? "") : "";
  }

  isVisible(selector: string): Promise<boolean> {
    return this.page.locator(selector).isVisible();
  }

  /** Every text of the open form: what is read, what stands in empty fields, what is said to screen readers. */
  async texts(): Promise<readonly string[]> {
    return this.page.evaluate(() => {
      const form = document.querySelector(".onenet-form");
      const found: string[] = [];
      for (const element of form?.querySelectorAll("*") ?? []) {
        const own = [...element.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE);
        found.push(...own.map((child) => child.textContent ?? ""));
        for (const name of ["placeholder", "title", "aria-label"])
          found.push(element.getAttribute(name) ?? "");
      }
      return found.map((text) => text.trim()).filter((text) => text !== "");
    });
  }

  /** Keeps a picture when ONENET_SCREENSHOTS names a folder: for people to look at. */
  async picture(name: string): Promise<void> {
    const folder = process.env["ONENET_SCREENSHOTS"];
    if (folder) await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
