/** The diagram of the plan's machine: the current state lit, the last step traced at its lines. */

import { fetchDiagram } from "./api.js";

/** @import { Settings, SimulatedStep, Situation, Plan } from "./types.js" */

const SVG = "http://www.w3.org/2000/svg";
const NOTE_HEIGHT = 20;

export class DiagramView {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** @type {SVGSVGElement | null} */
    this.svg = null;
    this.plan = "";
  }

  /**
   * Shows a situation in the diagram of its plan, which is fetched again only for another plan.
   *
   * @param {Settings} settings
   * @param {Plan} plan
   * @param {Situation} situation
   * @param {SimulatedStep | null} step - the last step.
   */
  async show(settings, plan, situation, step) {
    const key = JSON.stringify(plan);
    if (key !== this.plan) {
      const svg = parseSvg(await fetchDiagram(settings));
      this.plan = key;
      this.svg = svg;
      this.container.replaceChildren(svg);
    }
    if (this.svg) light(this.svg, this.container, situation, step);
  }
}

/**
 * @param {string} text
 * @returns {SVGSVGElement}
 */
function parseSvg(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(root, true);
  if (!(svg instanceof SVGSVGElement)) throw new Error("The service sent no diagram.");
  // Screen readers hear states and reasons from the page; hundreds of labels would bury them.
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} container
 * @param {Situation} situation
 * @param {SimulatedStep | null} step
 */
function light(svg, container, situation, step) {
  for (const note of svg.querySelectorAll(".note")) note.remove();
  for (const lit of svg.querySelectorAll(".lit")) {
    lit.classList.remove("lit", "current", "traced", "stays", "taken", "refused", "passed-over");
  }
  const state = mark(svg, `#${CSS.escape(`state-${situation.state}`)}`, "current");
  const shown = [...state];
  if (step) {
    const took = step.taken.flatMap((number) => mark(svg, `.transition-${number}`, "taken"));
    for (const line of took) highlight(line);
    const cards = new Set(took.map(cardOf));
    for (const card of cards) if (card) shown.push(...trace(svg, card));
    if (step.taken.length > 0 && step.before === step.state) {
      mark(svg, `#${CSS.escape(`state-${step.state}`)}`, "stays");
    }
    shown.push(...markAttempts(svg, step));
    if (step.refused && step.attempts.length === 0) {
      for (const node of state) addNote(svg, node, `refused: ${step.refused.replaceAll("_", " ")}`, "refused");
    }
  }
  bringIntoView(container, shown);
}

/**
 * Marks the lines of transitions that were not taken, with the guard that said no.
 *
 * @param {SVGSVGElement} svg
 * @param {SimulatedStep} step
 */
function markAttempts(svg, step) {
  const className = step.refused ? "refused" : "passed-over";
  return step.attempts.flatMap(({ transition, guard }) => {
    const lines = mark(svg, `.transition-${transition}`, className);
    for (const line of lines) highlight(line);
    if (lines[0]) addNote(svg, lines[0], `needs: ${guard}`, className);
    return lines;
  });
}

/**
 * @param {SVGSVGElement} svg
 * @param {string} selector
 * @param {string} className
 * @returns {SVGGraphicsElement[]}
 */
function mark(svg, selector, className) {
  const marked = /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll(selector)]);
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
  const edge = card.id.replace(/^card-/, "edge-");
  return ["upper", "lower"]
    .flatMap((half) => mark(svg, `#${CSS.escape(`${edge}-${half}`)}`, "traced"))
    .concat(mark(svg, `#${CSS.escape(card.id)}`, "traced"));
}

/** @param {Element} line */
function cardOf(line) {
  return line.closest("g.node");
}

/**
 * Puts a coloured band behind the texts of a line.
 *
 * @param {SVGGraphicsElement} line
 */
function highlight(line) {
  const box = line.getBBox();
  const band = svgElement("rect", {
    class: "note band", x: box.x - 4, y: box.y - 2, width: box.width + 8, height: box.height + 4, rx: 4,
  });
  line.prepend(band);
}

/**
 * Adds a note at the right end of a line, or at the corner of a state.
 *
 * @param {SVGSVGElement} svg
 * @param {SVGGraphicsElement} target
 * @param {string} text
 * @param {string} className
 */
function addNote(svg, target, text, className) {
  const parent = svg.querySelector("g.graph");
  if (!parent) return;
  const group = svgElement("g", { class: `note callout ${className}` });
  const label = svgElement("text", { "font-size": 13 });
  label.textContent = `✕ ${text}`;
  const frame = svgElement("rect", { rx: NOTE_HEIGHT / 2, height: NOTE_HEIGHT });
  group.append(frame, label);
  parent.append(group);
  const width = /** @type {SVGGraphicsElement} */ (label).getBBox().width + 20;
  const box = (cardOf(target) ?? target) instanceof SVGGraphicsElement ? target.getBBox() : null;
  if (!box) return;
  const page = svg.viewBox.baseVal;
  // Graphviz shifts its drawing by its margin, which the left and right edges of the page repeat.
  const shift = parent instanceof SVGGraphicsElement ? parent.transform.baseVal.consolidate()?.matrix.e ?? 0 : 0;
  const right = page.x + page.width - shift - 4;
  const x = Math.min(box.x + box.width + 6, right - width);
  const y = box.y + box.height / 2 - NOTE_HEIGHT / 2;
  setAttributes(frame, { x, y, width });
  setAttributes(label, { x: x + 10, y: y + 14.5 });
}

/**
 * Scrolls the diagram so that what happened is in its middle.
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
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

/**
 * Returns the scroll position for a part: its middle in the middle, or its end if it is too long,
 * since the state in which a step ends is more often the lower one.
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
  const created = document.createElementNS(SVG, tag);
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
