import { icon, make } from "./dom";
import type { Translate } from "./texts";

const KEY_BYTES = 32;

/** A key as the console makes them: 32 random bytes as base64, 44 characters. */
export function generateKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return btoa(String.fromCharCode(...bytes));
}

/** A button that shows only an icon; its name is there for screen readers and as a tooltip. */
export function iconButton(
  iconName: string,
  name: string,
  onClick: (button: HTMLButtonElement) => void,
): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "red-ui-button red-ui-button-small";
  button.title = name;
  button.setAttribute("aria-label", name);
  button.append(icon(iconName));
  button.addEventListener("click", () => onClick(button));
  return button;
}

export function textInput(value: string, name: string, placeholder = ""): HTMLInputElement {
  const input = document.createElement("input");
  input.type = "text";
  input.value = value;
  input.placeholder = placeholder;
  input.spellcheck = false;
  input.autocomplete = "off";
  input.setAttribute("aria-label", name);
  return input;
}

export function copyButton(translate: Translate, text: () => string): HTMLButtonElement {
  return iconButton("fa-copy", translate("button.copy"), (button) => {
    RED.clipboard.copyText(text(), $(button), "clipboard.copyMessageValue");
  });
}

/** A key's field with a button that makes one and a button that copies it. */
export function keyInput(
  translate: Translate,
  value: string,
  name: string,
  placeholder: string,
): { element: HTMLElement; input: HTMLInputElement } {
  const input = textInput(value, name, placeholder);
  input.classList.add("onenet-key");
  const generate = iconButton("fa-refresh", translate("button.generate"), () => {
    input.value = generateKey();
    $(input).trigger("change");
  });
  return {
    element: make(
      "div",
      "onenet-pair",
      input,
      generate,
      copyButton(translate, () => input.value),
    ),
    input,
  };
}
