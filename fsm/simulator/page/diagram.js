/** The diagram of the plan's machine: the current state lit, the last step traced at its lines. */

import { fetchDiagram } from "./api.js";
import { byId } from "./content.js";
import { named, t } from "./language.js";

/** @import { Settings, SimulatedStep, Situation, Plan } from "./types.js" */

const SVG = "http://www.w3.org/2000/svg";
const NOTE_HEIGHT = 20;

export class DiagramView {
  /**
   * @param {HTMLElement} container
   * @param {HTMLElement} whole - the button that shows the whole diagram.
   */
  constructor(container, whole = byId("whole")) {
    this.container = container;
    this.whole = whole;
    /** @type {SVGSVGElement | null} */
    this.svg = null;
    this.plan = "";
    /** @type {SVGGraphicsElement[]} - what the last step lit, and should be in sight. */
    this.shown = [];
    // The panel may have been hidden, or may become smaller by the words above it.
    new ResizeObserver(() => bringIntoView(container, this.shown)).observe(container);
    whole.addEventListener("click", () => this.toggleWhole());
  }

  /** Shows the whole diagram, or the part where something happened in a size that can be read. */
  toggleWhole() {
    const whole = this.container.classList.toggle("fit");
    this.whole.setAttribute("aria-pressed", String(whole));
    bringIntoView(this.container, this.shown);
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
    if (this.svg) this.shown = light(this.svg, situation, step);
    bringIntoView(this.container, this.shown);
    this.container.dataset["step"] = String(step?.step ?? 0);
  }
}

/**
 * @param {string} text
 * @returns {SVGSVGElement}
 */
function parseSvg(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(root, true);
  if (!(svg instanceof SVGSVGElement)) throw new Error(t("The service sent no diagram."));
  // Screen readers hear states and reasons from the page; hundreds of labels would bury them.
  svg.setAttribute("aria-hidden", "true");
  // Graphviz gives each part its technical name, which browsers would show on hover.
  for (const title of svg.querySelectorAll("title")) title.remove();
  return svg;
}

/**
 * Lights a situation and the last step, and returns the parts that should be in sight.
 *
 * @param {SVGSVGElement} svg
 * @param {Situation} situation
 * @param {SimulatedStep | null} step
 */
function light(svg, situation, step) {
  for (const note of svg.querySelectorAll(".note")) note.remove();
  for (const lit of svg.querySelectorAll(".lit")) {
    lit.classList.remove("lit", "current", "traced", "stays", "taken", "refused", "passed-over");
  }
  const state = mark(svg, `#${CSS.escape(`state-${situation.state}`)}`, "current");
  const shown = [...state];
  if (step) {
    for (const number of step.taken) {
      const line = markLine(svg, number, "taken");
      if (line) shown.push(...trace(svg, line.card));
    }
    if (step.taken.length > 0 && step.before === step.state) {
      mark(svg, `#${CSS.escape(`state-${step.state}`)}`, "stays");
    }
    // If a step led on, the transitions that it passed over would only hide the one it took.
    if (step.refused || step.before === step.state) {
      const tried = markAttempts(svg, step);
      // Those of a step that was accepted may be far from the state, which matters more.
      if (step.refused) shown.push(...tried);
    }
    if (step.refused && step.attempts.length === 0) {
      // The state has no line for such a refusal.
      const text = t("refused: {reason}", { reason: named("reason", step.refused) });
      for (const node of state) addNote(svg, cornerOf(node), text, "refused");
    }
  }
  const notes = /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll(".callout.refused")]);
  return [...shown, ...notes];
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
    const line = markLine(svg, transition, className);
    if (!line) return [];
    addNote(svg, line.box, t("needs: {guard}", { guard }), className);
    return line.texts;
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

/**
 * Marks the line of a transition, and puts a coloured band behind its texts. A transition that
 * stays inside a state has no line.
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
 * @param {SVGGraphicsElement} node
 */
function cornerOf(node) {
  const { x, y, width } = node.getBBox();
  return new DOMRect(x, y, width - 40, 0);
}

/**
 * Adds a note to the right of a place in the drawing.
 *
 * @param {SVGSVGElement} svg
 * @param {DOMRect} box
 * @param {string} text
 * @param {string} className
 */
function addNote(svg, box, text, className) {
  const drawing = svg.querySelector("g.graph");
  if (!(drawing instanceof SVGGraphicsElement)) return;
  const label = /** @type {SVGGraphicsElement} */ (svgElement("text", {}));
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
