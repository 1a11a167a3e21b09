/** Elements of the page. Text is only ever set as text, so that a hostile name stays a name. */

/**
 * Creates an element.
 *
 * An attribute that is true is set without a value; one that is false, null or undefined is left
 * out. A function is the listener of the event with that name, such as `click`.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(name, value);
    else if (value === true) created.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      created.setAttribute(name, String(value));
    }
  }
  created.append(...children.filter((child) => child !== null));
  return created;
}

/**
 * Returns an element of the page that is known to be there.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element '${id}'`);
  return found;
}

/**
 * Replaces the content of a container and keeps the keyboard focus at the same control.
 *
 * Controls are recognised by `data-key`. If the control is gone, such as that of a participant who
 * has left, the focus moves to the container, so that a keyboard user does not start at the top.
 *
 * @param {HTMLElement} container
 * @param {...(Node | null)} children
 */
export function replaceContent(container, ...children) {
  const focused = document.activeElement;
  const key = container.contains(focused) ? focused?.getAttribute("data-key") : undefined;
  const scrolled = container.scrollTop;
  container.replaceChildren(...children.filter((child) => child !== null));
  container.scrollTop = scrolled;
  if (key === undefined) return;
  const same = [...container.querySelectorAll("[data-key]")].find(
    (control) => control.getAttribute("data-key") === key,
  );
  const target = same ?? container;
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/**
 * A name that users chose, isolated from the direction of the text around it.
 *
 * @param {string} name
 */
export function nameElement(name) {
  return element("bdi", { class: "name", title: name.length > 40 ? shorten(name, 300) : null }, shorten(name, 80));
}

/**
 * Cuts a text that would fill the page. It counts code points, so that no character is cut in two.
 *
 * @param {string} text
 * @param {number} length
 */
export function shorten(text, length) {
  if (text.length <= length) return text;
  const points = Array.from(text.slice(0, 2 * length + 2));
  return points.length <= length ? text : `${points.slice(0, length).join("")}…`;
}
