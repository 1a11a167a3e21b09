/** Controls with their labels. */

import { element } from "../../simulator/page/dom.js";

/**
 * @param {string} key
 * @param {string[]} values
 * @param {(value: string) => string} text
 */
export function choice(key, values, text) {
  return element("select", { "data-key": key }, ...values.map((value) => element("option", { value }, text(value))));
}

/**
 * @param {string} key
 * @param {string} label
 * @param {string[]} values
 * @param {string} value
 * @param {(value: string) => string} text
 * @param {(value: string) => void} change
 */
export function select(key, label, values, value, text, change) {
  const field = choice(key, values, text);
  field.value = value;
  field.addEventListener("change", () => change(field.value));
  return labelled(label, field);
}

/**
 * @param {string} label
 * @param {HTMLElement} field
 */
export function labelled(label, field) {
  return element("label", { class: "field" }, element("span", {}, label), field);
}

/**
 * @param {string} key
 * @param {string} label
 * @param {boolean} on
 * @param {(on: boolean) => void} change
 */
export function check(key, label, on, change) {
  const box = element("input", { type: "checkbox", "data-key": key, checked: on });
  box.addEventListener("change", () => change(box.checked));
  return element("label", { class: "check" }, box, element("span", {}, label));
}
