/**
 * Elements of the page, made without HTML text.
 *
 * @module
 */

/**
 * The attributes that the page uses; a name that is missing here is a typing error, or is added.
 * Of true and false, true sets the attribute and false leaves it out; `aria-` attributes, whose
 * values are "true" and "false", take them as text.
 *
 * @typedef {{
 *   accept?: string,
 *   alt?: string,
 *   autocomplete?: string,
 *   checked?: boolean,
 *   class?: string,
 *   colspan?: number,
 *   dir?: string,
 *   disabled?: boolean,
 *   download?: string,
 *   for?: string,
 *   form?: string,
 *   height?: number,
 *   hidden?: boolean,
 *   href?: string,
 *   id?: string,
 *   inputmode?: string,
 *   label?: string,
 *   lang?: string,
 *   list?: string,
 *   max?: number | string,
 *   maxlength?: number,
 *   method?: string,
 *   min?: number | string,
 *   multiple?: boolean,
 *   name?: string,
 *   open?: boolean,
 *   pattern?: string,
 *   placeholder?: string,
 *   readonly?: boolean,
 *   rel?: string,
 *   required?: boolean,
 *   role?: string,
 *   rows?: number,
 *   rowspan?: number,
 *   scope?: string,
 *   selected?: boolean,
 *   spellcheck?: "true" | "false",
 *   src?: string,
 *   step?: number | string,
 *   tabindex?: number,
 *   title?: string,
 *   type?: string,
 *   value?: number | string,
 *   width?: number,
 *   [aria: `aria-${string}`]: number | string,
 *   [data: `data-${string}`]: number | string,
 * }} Attributes
 */

/**
 * Listeners by the type of their event.
 *
 * @typedef {{
 *   [Type in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Type]) => void
 * }} Listeners
 */

/**
 * Creates an element.
 *
 *     element("button", { type: "button", listen: { click: pause } }, "Pause")
 *
 * Text is only ever set as text. An element has no inline style and no listener made of text: a
 * strict content security policy forbids both.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag the name of the element.
 * @param {Attributes & { listen?: Listeners }} [attributes] its attributes, and its listeners.
 * @param {...(Node | string)} children nodes, and texts.
 * @returns {HTMLElementTagNameMap[Tag]}
 * @throws {TypeError} for the attribute `style`, and for those whose names begin with "on".
 */
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  const { listen = {}, ...others } = attributes;
  for (const [name, value] of Object.entries(others)) {
    setAttribute(created, name, value);
  }
  for (const [type, listener] of Object.entries(listen)) {
    created.addEventListener(type, /** @type {EventListener} */ (listener));
  }
  created.append(...children);
  return created;
}

/**
 * Sets an attribute, unless its value is false.
 *
 * @param {Element} target
 * @param {string} name
 * @param {boolean | number | string} value
 */
function setAttribute(target, name, value) {
  // HTML does not distinguish upper case from lower case in the names of attributes.
  const lower = name.toLowerCase();
  if (lower.startsWith("on")) {
    throw new TypeError(`${name}: add a listener with listen: {${lower.slice(2)}: function}`);
  }
  if (lower === "style") {
    throw new TypeError(`${name}: use a class of style.css`);
  }
  if (value !== false) {
    target.setAttribute(name, value === true ? "" : String(value));
  }
}
