/** A list of titles of which one is chosen. Unlike in a `select`, long titles wrap. */

import { element } from "../../simulator/page/dom.js";

/** @type {Record<string, (position: number, last: number) => number>} */
const MOVES = {
  ArrowUp: (position) => position - 1,
  ArrowDown: (position) => position + 1,
  Home: () => 0,
  End: (_, last) => last,
};

export class Listbox {
  /** @param {(number: number) => void} choose - receives the number of the chosen title. */
  constructor(choose) {
    this.root = element("div", {
      class: "listbox", role: "listbox", tabindex: 0,
      listen: { keydown: (event) => this.pressed(event) },
    });
    this.choose = choose;
    /** @type {HTMLElement[]} */
    this.options = [];
    this.chosen = -1;
  }

  /**
   * Shows titles in groups, numbered through.
   *
   * @param {string} label
   * @param {Map<string, string[]>} groups - the titles of each group.
   */
  fill(label, groups) {
    this.chosen = -1;
    this.options = [];
    const parts = [...groups].map(([name, titles]) => {
      const options = titles.map((title) => this.option(title));
      return element("div", { role: "group", "aria-label": name }, element("p", { "aria-hidden": "true" }, name), ...options);
    });
    this.root.setAttribute("aria-label", label);
    this.root.replaceChildren(...parts);
  }

  /** @param {string} title */
  option(title) {
    const number = this.options.length;
    const option = element("div", {
      id: `choice-${number}`, role: "option", "aria-selected": "false", listen: { click: () => this.choose(number) },
    }, title);
    this.options.push(option);
    return option;
  }

  /** @param {number} number */
  select(number) {
    if (number === this.chosen) return;
    this.options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = number;
    const option = this.options[number];
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    this.root.setAttribute("aria-activedescendant", option.id);
    // Only the list scrolls: `scrollIntoView` would move the page as well.
    const [top, bottom] = [option.offsetTop, option.offsetTop + option.offsetHeight];
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (bottom > this.root.scrollTop + this.root.clientHeight) this.root.scrollTop = bottom - this.root.clientHeight;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const last = this.options.length - 1;
    const target = MOVES[event.key]?.(this.chosen, last);
    if (target === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.choose(Math.min(Math.max(target, 0), last));
  }
}
