/** Form controls with their labels. */

import { element } from "./dom.js";
import { named } from "./language.js";

/**
 * Returns the options of a select for the names of a vocabulary.
 *
 * @param {string} vocabulary
 * @param {string[]} names
 * @returns {[string, string][]}
 */
export function optionsOf(vocabulary, names) {
  return names.map((name) => [name, named(vocabulary, name)]);
}

/**
 * Creates a select.
 *
 * @param {[string, string][]} options - pairs of a value and its text.
 * @param {import("./dom.js").Attributes} [attributes]
 */
export function select(options, attributes = {}) {
  return element(
    "select",
    attributes,
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
}

/**
 * Sets the value of a select. A value that it lacks is added, so that the form shows what a file
 * or a link contains while the service says what is wrong with it.
 *
 * @param {HTMLSelectElement} control
 * @param {string} value
 */
export function setSelected(control, value) {
  if (![...control.options].some((option) => option.value === value)) {
    control.append(element("option", { value }, value));
  }
  control.value = value;
}

/**
 * Creates a field: a text and a control, in one label.
 *
 * @param {string} text
 * @param {HTMLElement} control
 * @param {string} [unit]
 */
export function field(text, control, unit) {
  const input = unit ? element("span", { class: "with-unit" }, control, unit) : control;
  return element("label", { class: "field" }, element("span", {}, text), input);
}

/**
 * Creates a checkbox and its label.
 *
 * @param {string} text
 */
export function checkbox(text) {
  const control = element("input", { type: "checkbox" });
  return { control, label: element("label", { class: "check" }, control, element("span", {}, text)) };
}

/**
 * Creates a button.
 *
 * @param {string} text
 * @param {() => void} click
 * @param {import("./dom.js").Attributes} [attributes]
 */
export function button(text, click, attributes = {}) {
  return element("button", { type: "button", ...attributes, listen: { click } }, text);
}
