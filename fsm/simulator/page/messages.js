/** Messages: errors in a region that screen readers announce, and the news of a step. */

import { button } from "./controls.js";
import { byId, shorten } from "./content.js";
import { element } from "./dom.js";
import { t } from "./language.js";

/** @param {unknown} error */
export function showError(error) {
  const text = error instanceof Error ? error.message : String(error);
  const region = byId("message");
  region.replaceChildren(
    element("span", { dir: "auto" }, shorten(text, 600)),
    button(t("Dismiss"), hideError),
  );
  region.hidden = false;
}

export function hideError() {
  byId("message").hidden = true;
}

/**
 * Shows a note, until it is dismissed or the page shows something else.
 *
 * @param {...(Node | string)} content
 */
export function showNote(...content) {
  const region = byId("note");
  region.replaceChildren(element("p", {}, ...content), button(t("Dismiss"), hideNote));
  region.hidden = false;
}

export function hideNote() {
  byId("note").hidden = true;
}

/** @param {string} text */
export function announce(text) {
  byId("live").textContent = shorten(text, 1_000);
}
