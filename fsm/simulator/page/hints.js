/**
 * Hints: the sentence of a rule, or the reason why a command is refused. They appear on hover, on
 * focus and on click, and go with Escape.
 */

import { element } from "./dom.js";
import { t } from "./language.js";

const MARGIN = 8;
/** @type {HTMLElement | null} */
let bubble = null;
/** @type {Element | null} */
let target = null;
/**
 * The control that was pressed last, if it had no hint, and where. Once it has acted it may have one,
 * such as *pause* in a paused recording: that is no answer to the press.
 *
 * @type {{ key: string | null, x: number, y: number } | null}
 */
let pressed = null;

/** Lets every element with `data-hint` show it. */
export function installHints() {
  const shown = element("div", { class: "hint-bubble", hidden: true, "aria-hidden": "true" });
  bubble = shown;
  document.body.append(shown);
  const show = (/** @type {Event} */ event) => {
    const at = event.target instanceof Element ? event.target : null;
    target = at?.closest("[data-hint]") ?? null;
    // The user has moved the pointer.
    if (event.type === "mouseover" && !isAtPress(/** @type {MouseEvent} */ (event))) pressed = null;
    if (event.type === "click") pressed = target || !at ? null : pressOf(at, event);
    if (target && !followsPress(target, event)) showHint(target);
    else hideHint();
  };
  for (const type of ["mouseover", "focusin", "click"]) document.addEventListener(type, show);
  document.addEventListener("focusout", hideHint);
  // A control that receives the focus is scrolled into view, and its hint goes with it.
  document.addEventListener("scroll", () => target?.isConnected && showHint(target), true);
  document.addEventListener("keydown", (event) => {
    pressed = null;
    if (event.key === "Escape") hideHint();
  });
}

/**
 * @param {Element} at
 * @param {Event} event
 */
function pressOf(at, event) {
  const { clientX, clientY } = /** @type {MouseEvent} */ (event);
  return { key: at.closest("[data-key]")?.getAttribute("data-key") ?? null, x: clientX, y: clientY };
}

/** @param {MouseEvent} event */
function isAtPress({ clientX, clientY }) {
  return clientX === pressed?.x && clientY === pressed.y;
}

/**
 * Returns true if an event comes from the page, which moved the focus or a control after a press,
 * and not from the user.
 *
 * @param {Element} control
 * @param {Event} event
 */
function followsPress(control, event) {
  if (!pressed) return false;
  if (event instanceof MouseEvent) return isAtPress(event);
  return pressed.key !== null && control.getAttribute("data-key") === pressed.key;
}

/** @param {Element} control */
function showHint(control) {
  if (!bubble) return;
  bubble.textContent = control.getAttribute("data-hint");
  bubble.hidden = false;
  const at = control.getBoundingClientRect();
  const size = bubble.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - size.width - MARGIN);
  const above = at.top - size.height - 6;
  // Positions are set from here, since the policy of the page allows no style attributes.
  bubble.style.left = `${Math.max(MARGIN, left)}px`;
  bubble.style.top = `${above > MARGIN ? above : at.bottom + 6}px`;
}

function hideHint() {
  target = null;
  if (bubble) bubble.hidden = true;
}

/**
 * Returns the id of a rule as a button that shows its sentence.
 *
 * @param {string} id
 * @param {Record<string, string>} rules
 */
export function ruleChip(id, rules) {
  const hint = t("{label}: {text}", { label: id, text: rules[id] ?? "" });
  return element(
    "button",
    { type: "button", class: "rule", "data-hint": hint, "aria-label": hint },
    id,
  );
}

/**
 * Returns a sentence in which the ids of rules show theirs. A bracket stays in the line of its id.
 *
 * @param {string} sentence
 * @param {Record<string, string>} rules
 * @returns {(Node | string)[]}
 */
export function withRules(sentence, rules) {
  return sentence
    .split(/([(（]?\b[RD]\d{1,2}\b[)）]?)/)
    .map((part) => {
      const [, before, id, after] = /^(\D?)([RD]\d+)(\D?)$/.exec(part) ?? [];
      if (id === undefined || !Object.hasOwn(rules, id)) return part;
      return element("span", { class: "together" }, before ?? "", ruleChip(id, rules), after ?? "");
    });
}
