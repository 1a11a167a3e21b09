/** The content of elements: replaced without losing the focus, and shortened. */

import { element } from "./dom.js";

/**
 * Leaves out the parts that are null, for elements whose parts are not always there.
 *
 * @param {...(Node | string | null)} parts
 * @returns {(Node | string)[]}
 */
export function present(...parts) {
  return parts.filter((part) => part !== null);
}

/**
 * Returns an element of the page that is known to be there.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`the page has no element '${id}'`);
  return found;
}

/**
 * Replaces the content of a container and keeps the keyboard focus at the same control.
 *
 * @param {HTMLElement} container
 * @param {...Node} children
 */
export function replaceContent(container, ...children) {
  keepFocus(container, () => container.replaceChildren(...children));
}

/**
 * Makes elements the content of a container, and leaves alone those that are there already.
 *
 * @param {HTMLElement} container
 * @param {Element[]} children
 */
export function updateContent(container, children) {
  const wanted = new Set(children);
  keepFocus(container, () => {
    children.forEach((child, position) => {
      const there = container.children[position];
      if (there === child) return;
      if (there && !wanted.has(there)) there.replaceWith(child);
      else container.insertBefore(child, there ?? null);
    });
    while (container.children.length > children.length) container.lastElementChild?.remove();
  });
}

/**
 * Changes the content of a container and keeps the keyboard focus at the same control.
 *
 * Controls are recognised by `data-key`. If the control is gone, such as that of a participant who
 * has left, the focus moves to the container, so that a keyboard user does not start at the top.
 *
 * @param {HTMLElement} container
 * @param {() => void} change
 */
function keepFocus(container, change) {
  const focused = document.activeElement;
  const key = container.contains(focused) ? focused?.getAttribute("data-key") : undefined;
  const scrolled = container.scrollTop;
  change();
  container.scrollTop = scrolled;
  if (key === undefined || container.contains(document.activeElement)) return;
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
  const shown = shorten(name, 80);
  const rest = shown === name ? {} : { title: shorten(name, 300) };
  return element("bdi", { class: "name", ...rest }, shown);
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

/**
 * Scrolls a container until a part of it is in sight. The page itself stays where it is: on a
 * phone, it would jump away from the button that was pressed.
 *
 * @param {HTMLElement} container
 * @param {string} selector - of the part.
 */
export function scrollTo(container, selector) {
  const part = container.querySelector(selector)?.getBoundingClientRect();
  if (!part) return;
  const frame = container.getBoundingClientRect();
  container.scrollBy({
    top: overhang(part.top, part.bottom, frame.top, frame.bottom),
    left: overhang(part.left, part.right, frame.left, frame.right),
  });
}

/**
 * Returns the distance by which a part lies outside a frame: negative before it, positive after it.
 *
 * @param {number} start
 * @param {number} end
 * @param {number} frameStart
 * @param {number} frameEnd
 */
function overhang(start, end, frameStart, frameEnd) {
  if (start < frameStart) return start - frameStart;
  return Math.max(0, Math.min(end - frameEnd, start - frameStart));
}
