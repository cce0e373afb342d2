import { type ConsoleBlock, readConsoleBlock } from "../form/console-block";
import type { FormParts, OpenForm } from "./form";

/** Fills the form and tells which fields it filled. A device key is worth more than a product key or a token. */
function fillFrom(form: OpenForm, block: ConsoleBlock): string[] {
  const secret = block.deviceKey ?? block.productKey ?? block.token;
  const keyKind = block.deviceKey ? "device-key" : block.productKey ? "product-key" : "token";
  const values: readonly (readonly [string, string | undefined])[] = [
    ["productId", block.productId],
    ["deviceName", block.deviceName],
    ["keyKind", secret && keyKind],
    ["key", secret],
  ];
  const filled: string[] = [];
  for (const [name, value] of values) {
    if (value === undefined) continue;
    form.fill(name, value);
    if (name !== "keyKind")
      filled.push(form.translate(name === "key" && keyKind === "token" ? "label.token" : `label.${name}`));
  }
  return filled;
}

/** "Fill in from the console": one paste in place of three. */
export function wireConsole(form: OpenForm): FormParts {
  const { element, translate } = form;
  const button = element.find("#onenet-connection-console-open");
  const panel = element.find("#onenet-connection-console");
  const text = element.find("#onenet-connection-console-text");
  const said = element.find("#onenet-connection-console-note");
  const open = (isOpen: boolean) => {
    panel.prop("hidden", !isOpen);
    button.attr("aria-expanded", String(isOpen));
  };
  button.on("click", () => {
    open(panel.prop("hidden") === true);
    if (!panel.prop("hidden")) text.trigger("focus");
  });
  text.on("input", (event) => {
    event.stopPropagation();
    const given = String(text.val() ?? "");
    if (given.trim() === "") return;
    const filled = fillFrom(form, readConsoleBlock(given));
    said.text(
      filled.length > 0
        ? translate("console.filled", { fields: filled.join(", ") })
        : translate("console.nothing"),
    );
    if (filled.length === 0) return;
    // what was pasted holds a key: it does not stay on the screen
    text.val("");
    open(false);
    button.trigger("focus");
  });
  return {};
}
