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

/** @param {string} text */
export function announce(text) {
  byId("live").textContent = shorten(text, 1_000);
}
