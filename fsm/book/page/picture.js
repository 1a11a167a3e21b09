/** The picture of a plan: the present state lit, the last step at its lines. */

/** @import { PictureData, ShownStep } from "./types.js" */
/** @import { Words } from "./words.js" */

const SVG = "http://www.w3.org/2000/svg";
const NOTE_HEIGHT = 20;

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
    if (this.svg) light(this.svg, this.container, state, step, words);
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

/**
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} container
 * @param {string} state
 * @param {ShownStep | null} step
 * @param {Words} words
 */
function light(svg, container, state, step, words) {
  for (const note of svg.querySelectorAll(".note")) note.remove();
  for (const lit of svg.querySelectorAll(".lit")) {
    lit.classList.remove("lit", "current", "traced", "stays", "taken", "refused", "passed-over");
  }
  const box = mark(svg, part(`state-${state}`), "current");
  const shown = [...box];
  if (step) {
    for (const number of step.taken) {
      const line = markLine(svg, number, "taken");
      if (line) shown.push(...trace(svg, line.card));
    }
    if (step.refused === null && step.before === step.state) mark(svg, part(`state-${state}`), "stays");
    if (step.refused !== null || step.before === step.state) {
      const tried = markAttempts(svg, step, words);
      if (step.refused !== null) shown.push(...tried);
    }
    if (step.refused !== null && step.attempts.length === 0) {
      const text = words.text("refused", { reason: words.reason(step.refused) });
      for (const each of box) addNote(svg, cornerOf(each), text, "refused");
    }
  }
  bringIntoView(container, [...shown, ...graphics(svg, ".callout.refused")]);
}

/** @param {string} name */
function part(name) {
  return `[data-part="${CSS.escape(name)}"]`;
}

/**
 * @param {SVGSVGElement} svg
 * @param {string} selector
 */
function graphics(svg, selector) {
  return /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll(selector)]);
}

/**
 * Marks the lines of transitions that were not taken, with the guard that said no.
 *
 * @param {SVGSVGElement} svg
 * @param {ShownStep} step
 * @param {Words} words
 */
function markAttempts(svg, step, words) {
  const className = step.refused === null ? "passed-over" : "refused";
  return step.attempts.flatMap(({ transition, guard }) => {
    const line = markLine(svg, transition, className);
    if (!line) return [];
    addNote(svg, line.box, words.text("needs", { guard: words.label(guard) }), className);
    return line.texts;
  });
}

/**
 * @param {SVGSVGElement} svg
 * @param {string} selector
 * @param {string} className
 */
function mark(svg, selector, className) {
  const marked = graphics(svg, selector);
  for (const each of marked) each.classList.add("lit", className);
  return marked;
}

/**
 * Traces the edge on which a card lies.
 *
 * @param {SVGSVGElement} svg
 * @param {Element} card
 */
function trace(svg, card) {
  const name = card.getAttribute("data-part") ?? "";
  const edge = name.replace(/^card-/, "edge-");
  return [`${edge}-upper`, `${edge}-lower`, name].flatMap((each) => mark(svg, part(each), "traced"));
}

/**
 * Marks the line of a transition, and puts a coloured band behind its texts. A transition that stays
 * inside a state may have no line.
 *
 * @param {SVGSVGElement} svg
 * @param {number} transition
 * @param {string} className
 */
function markLine(svg, transition, className) {
  const texts = mark(svg, `.transition-${transition}`, className);
  const card = texts[0]?.closest("g.node");
  if (!card) return null;
  const boxes = texts.map((text) => text.getBBox());
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
  const band = svgElement("rect", {
    class: `note band ${className}`, x: x - 4, y: y - 2, width: width + 8, height: height + 4, rx: 4,
  });
  texts[0]?.before(band);
  return { texts, card, box: new DOMRect(x, y, width, height) };
}

/**
 * Returns the right end of the upper border of a state, where its texts leave room for a note.
 *
 * @param {SVGGraphicsElement} box
 */
function cornerOf(box) {
  const { x, y, width } = box.getBBox();
  return new DOMRect(x, y, width - 40, 0);
}

/**
 * Adds a note to the right of a place in the picture.
 *
 * @param {SVGSVGElement} svg
 * @param {DOMRect} box
 * @param {string} text
 * @param {string} className
 */
function addNote(svg, box, text, className) {
  const drawing = svg.querySelector("g.graph");
  if (!(drawing instanceof SVGGraphicsElement)) return;
  const label = svgElement("text", {});
  label.textContent = `✕ ${text}`;
  const frame = svgElement("rect", { rx: NOTE_HEIGHT / 2, height: NOTE_HEIGHT });
  const note = svgElement("g", { class: `note callout ${className}` });
  note.append(frame, label);
  drawing.append(note);
  const width = label.getBBox().width + 20;
  // The drawing is shifted by its margin; a note must not be cut off at the right.
  const shift = drawing.transform.baseVal.consolidate()?.matrix.e ?? 0;
  const right = svg.viewBox.baseVal.width - shift - 4;
  const x = Math.min(box.x + box.width + 10, right - width);
  const y = box.y + box.height / 2 - NOTE_HEIGHT / 2;
  setAttributes(frame, { x, y, width });
  setAttributes(label, { x: x + 10, y: y + NOTE_HEIGHT - 5.5 });
}

/**
 * Scrolls the picture, and not the page, so that what happened is in its middle.
 *
 * @param {HTMLElement} container
 * @param {SVGGraphicsElement[]} shown
 */
function bringIntoView(container, shown) {
  if (shown.length === 0) return;
  const frame = container.getBoundingClientRect();
  const boxes = shown.map((each) => each.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top)) - frame.top + container.scrollTop;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) - frame.top + container.scrollTop;
  const left = Math.min(...boxes.map((box) => box.left)) - frame.left + container.scrollLeft;
  const right = Math.max(...boxes.map((box) => box.right)) - frame.left + container.scrollLeft;
  container.scrollTo({
    top: scrollFor(top, bottom, container.clientHeight),
    left: scrollFor(left, right, container.clientWidth),
    behavior: "instant",
  });
}

/**
 * Returns the scroll position for a part: its middle in the middle, or its end if it is too long.
 *
 * @param {number} start
 * @param {number} end
 * @param {number} size
 */
function scrollFor(start, end, size) {
  const room = size - (end - start);
  return room >= 0 ? start - room / 2 : end - size + 12;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function svgElement(tag, attributes) {
  const created = /** @type {SVGGraphicsElement} */ (document.createElementNS(SVG, tag));
  setAttributes(created, attributes);
  return created;
}

/**
 * @param {Element} target
 * @param {Record<string, string | number>} attributes
 */
function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, String(value));
}
