/** What is lit in a diagram: the state, the line of the last step, and why one was not taken. */

/** @import { LitStep, NoteTexts } from "./types.js" */

const SVG = "http://www.w3.org/2000/svg";
const NOTE_HEIGHT = 20;

/**
 * Lights a situation and the last step, and returns the parts that should be in sight.
 *
 * @param {SVGSVGElement} svg
 * @param {string} current - the state of the situation.
 * @param {LitStep | null} step
 * @param {NoteTexts} texts
 * @returns {SVGGraphicsElement[]}
 */
export function light(svg, current, step, texts) {
  for (const note of svg.querySelectorAll(".note")) note.remove();
  for (const lit of svg.querySelectorAll(".lit")) {
    lit.classList.remove("lit", "current", "traced", "stays", "taken", "refused", "passed-over");
  }
  const state = mark(svg, part(`state-${current}`), "current");
  const shown = [...state];
  if (step) {
    for (const number of step.taken) {
      const line = markLine(svg, number, "taken");
      if (line) shown.push(...trace(svg, line.card));
    }
    if (step.taken.length > 0 && step.before === step.state) {
      mark(svg, part(`state-${step.state}`), "stays");
    }
    // If a step led on, the transitions that it passed over would only hide the one it took.
    if (step.refused || step.before === step.state) {
      const tried = markAttempts(svg, step, texts);
      // Those of a step that was accepted may be far from the state, which matters more.
      if (step.refused) shown.push(...tried);
    }
    if (step.refused && step.attempts.length === 0) {
      // The state has no line for such a refusal.
      for (const node of state) addNote(svg, cornerOf(node), texts.refused(step.refused), "refused");
    }
  }
  const notes = /** @type {SVGGraphicsElement[]} */ ([...svg.querySelectorAll(".callout.refused")]);
  return [...shown, ...notes];
}

/**
 * Returns the selector of a part of a diagram. On a page with several diagrams the parts have no
 * ids, which would not be unique.
 *
 * @param {string} name
 */
function part(name) {
  return `#${CSS.escape(name)}, [data-part="${CSS.escape(name)}"]`;
}

/**
 * Marks the lines of transitions that were not taken, with the guard that said no.
 *
 * @param {SVGSVGElement} svg
 * @param {LitStep} step
 * @param {NoteTexts} texts
 */
function markAttempts(svg, step, texts) {
  const className = step.refused ? "refused" : "passed-over";
  const lines = step.attempts.flatMap(({ transition, guard }) => {
    const line = markLine(svg, transition, className);
    return line ? [{ ...line, guard }] : [];
  });
  for (const [position, { box, card, guard }] of lines.entries()) {
    const ofCard = lines.filter((line) => line.card === card);
    // Beside its line a note may lie on a neighbour; one for all of a card has room above it.
    if (ofCard.some((line) => line.guard !== guard)) addNote(svg, box, texts.needs(guard), className);
    else if (lines.findIndex((line) => line.card === card) === position) {
      addNote(svg, aboveOf(card), texts.needs(guard), className, rightOf(card));
    }
  }
  return lines.flatMap((line) => line.texts);
}

/**
 * Returns the place at the upper border of a card, where no text is.
 *
 * @param {Element} card
 */
function aboveOf(card) {
  const { x, y, width } = /** @type {SVGGraphicsElement} */ (card).getBBox();
  return new DOMRect(x, y - NOTE_HEIGHT / 2 + 3, Math.max(0, width / 2 - 10), 0);
}

/** @param {Element} card */
function rightOf(card) {
  const { x, width } = /** @type {SVGGraphicsElement} */ (card).getBBox();
  return x + width;
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
  const name = card.id || (card.getAttribute("data-part") ?? "");
  const edge = name.replace(/^card-/, "edge-");
  return [`${edge}-upper`, `${edge}-lower`, name].flatMap((each) => mark(svg, part(each), "traced"));
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
 * @param {number} limit - beyond which it must not reach at the right.
 */
function addNote(svg, box, text, className, limit = Infinity) {
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
  const right = Math.min(limit, svg.viewBox.baseVal.width - shift - 4);
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
 * @param {ScrollBehavior} behavior
 */
export function bringIntoView(container, shown, behavior) {
  if (shown.length === 0) return;
  const frame = container.getBoundingClientRect();
  const boxes = shown.map((each) => each.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top)) - frame.top + container.scrollTop;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) - frame.top + container.scrollTop;
  const left = Math.min(...boxes.map((box) => box.left)) - frame.left + container.scrollLeft;
  const right = Math.max(...boxes.map((box) => box.right)) - frame.left + container.scrollLeft;
  container.scrollTo({
    top: scrollFor(top, bottom, container.clientHeight),
    // The title begins at the left: it is cut only for a part that lies beyond the frame.
    left: right + 4 <= container.clientWidth ? 0 : scrollFor(left, right, container.clientWidth),
    behavior,
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
