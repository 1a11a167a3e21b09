/** The picture of a plan: the present state lit, the last step at its lines. */

import { bringIntoView, light } from "../../simulator/page/lighting.js";

/** @import { PictureData, ShownStep } from "./types.js" */
/** @import { Words } from "./words.js" */

export class PictureView {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    this.shown = "";
    /** @type {SVGSVGElement | null} */
    this.svg = null;
  }

  /**
   * Shows a state, and the step that led to it.
   *
   * @param {PictureData} picture
   * @param {string} state
   * @param {ShownStep | null} step
   * @param {Words} words
   */
  show(picture, state, step, words) {
    const source = picture.svg[words.lang] ?? "";
    if (source !== this.shown) {
      this.shown = source;
      this.svg = parseSvg(source);
      this.container.replaceChildren(this.svg);
    }
    if (!this.svg) return;
    const shown = light(this.svg, state, step, {
      refused: (reason) => words.text("refused", { reason: words.reason(reason) }),
      needs: (guard) => words.text("needs", { guard: words.label(guard) }),
    });
    bringIntoView(this.container, shown, "instant");
  }
}

/**
 * @param {string} text
 * @returns {SVGSVGElement}
 */
function parseSvg(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(root, true);
  if (!(svg instanceof SVGSVGElement)) throw new Error("The book has a picture that is none.");
  // What is lit is said in words beside it.
  svg.setAttribute("aria-hidden", "true");
  // Two pictures on one page must not share ids; the names of states stay as data.
  for (const each of svg.querySelectorAll("[id]")) {
    if (each.id) each.setAttribute("data-part", each.id);
    each.removeAttribute("id");
  }
  return svg;
}
