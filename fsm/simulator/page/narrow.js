/** What only a narrow window has: the menu of the header, and the buttons that lead to the parts. */

import { byId } from "./content.js";

/** Connects the menu and the buttons. */
export function installNarrow() {
  const menu = byId("menu");
  const content = byId("menu-content");
  const show = (/** @type {boolean} */ open) => menu.setAttribute("aria-expanded", String(open));
  const isOpen = () => menu.getAttribute("aria-expanded") === "true";
  menu.addEventListener("click", () => show(!isOpen()));
  content.addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) show(false);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    if (content.contains(document.activeElement)) menu.focus();
    show(false);
  });
  for (const button of document.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => jumpTo(byId(button.getAttribute("data-jump") ?? "")));
  }
}

/**
 * Scrolls to a part and gives it the focus, so that the keyboard goes on from there. The address
 * has no room for the name of the part: it holds the scenario.
 *
 * @param {HTMLElement} part
 */
function jumpTo(part) {
  if (part.tabIndex < 0) part.setAttribute("tabindex", "-1");
  part.focus({ preventScroll: true });
  part.scrollIntoView();
}
