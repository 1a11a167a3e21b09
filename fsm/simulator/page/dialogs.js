/** Dialogs: a token, a text to copy, a choice among scenarios. */

import { button } from "./controls.js";
import { element } from "./dom.js";
import { t } from "./language.js";

/**
 * Opens a dialog and resolves with what it was closed with; null if it was dismissed.
 *
 * @template T
 * @param {string} title
 * @param {(close: (value: T | null) => void) => Node[]} content
 * @returns {Promise<T | null>}
 */
export function openDialog(title, content) {
  return new Promise((resolve) => {
    /** @type {T | null} */
    let result = null;
    const heading = element("h2", {}, title);
    const dialog = element("dialog", { "aria-label": title }, heading);
    const close = (/** @type {T | null} */ value) => {
      result = value;
      dialog.close();
    };
    dialog.append(...content(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks for a token.
 *
 * @returns {Promise<string | null>}
 */
export function askForToken() {
  return openDialog(t("This service asks for a token"), (close) => {
    const token = element("input", { type: "password", autocomplete: "off", required: true });
    return [
      element("p", {}, t("A token shows that you may use this service: to read meetings, or to act in them as well.")),
      element("p", {}, t("You get one from the operator of the service, who makes it with “fsm token new”.")),
      element("p", {}, t("It is kept until this tab is closed, and sent to this service only.")),
      element(
        "form",
        {
          listen: {
            submit: (event) => {
              event.preventDefault();
              close(token.value.trim());
            },
          },
        },
        element("label", { class: "field" }, element("span", {}, t("Token")), token),
        element(
          "div",
          { class: "buttons end" },
          button(t("Cancel"), () => close(null)),
          element("button", { type: "submit", class: "primary" }, t("Continue")),
        ),
      ),
    ];
  });
}

/**
 * Shows a text that can be copied.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} [note] - about the text.
 */
export async function showText(title, text, note = "") {
  await openDialog(title, (close) => {
    const area = element("textarea", { readonly: true, rows: 7, dir: "auto", "aria-label": title });
    area.value = text;
    // Otherwise the cursor stands at the end, and a long text is scrolled there.
    area.setSelectionRange(0, 0);
    const copy = button(t("Copy"), async () => {
      copy.textContent = (await copyText(text)) ? t("Copied") : t("Press Ctrl+C");
      area.select();
    }, { class: "primary" });
    return [element("p", { hidden: note === "" }, note), area, element("div", { class: "buttons end" }, button(t("Close"), () => close(null)), copy)];
  });
}

/**
 * Lets the user choose one of several texts.
 *
 * @param {string} title
 * @param {string[]} texts
 * @returns {Promise<number | null>} the position of the chosen text.
 */
export function choose(title, texts) {
  return openDialog(title, (close) => [
    element(
      "ul",
      { class: "choices" },
      ...texts.map((text, position) =>
        element("li", {}, button(text, () => close(position), { dir: "auto" })),
      ),
    ),
    element("div", { class: "buttons end" }, button(t("Cancel"), () => close(null))),
  ]);
}

/**
 * Copies a text. Browsers allow it only to pages of the same machine or over HTTPS.
 *
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied.
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
