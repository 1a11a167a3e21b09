/** A meeting at a moment: its state, the last answer, and the steps until then. */

import { element } from "../../simulator/page/dom.js";
import { PictureView } from "./picture.js";

/** @import { ShownMoment, ShownStep } from "./types.js" */
/** @import { Words } from "./words.js" */

/** The parts of the page in which a meeting is shown, beside the controls. */
export class Stage {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} controls
   */
  constructor(root, controls) {
    this.now = element("div", { class: "now-box" });
    this.frame = element("div", { class: "picture", tabindex: 0, role: "group" });
    this.history = element("div", { class: "history" });
    this.picture = new PictureView(this.frame);
    const main = element("div", { class: "stage-main" }, this.now, this.frame, this.history);
    root.replaceChildren(element("div", { class: "stage" }, controls, main));
  }
}

/**
 * Returns the heading of a participant.
 *
 * @param {string} id
 * @param {string} text
 * @param {...Node} tags
 */
export function whoElement(id, text, ...tags) {
  return element(
    "p",
    { class: "who" },
    element("strong", { dir: "auto" }, id),
    element("span", { class: "muted" }, text),
    ...tags,
  );
}

/**
 * Replaces what is in an element. The control that has the focus gets it again by its key; if it is
 * gone, the first control of its section gets it, or the current step.
 *
 * @param {HTMLElement} container
 * @param {...(Node | string)} children
 */
export function replaceContent(container, ...children) {
  const focused = document.activeElement;
  const inside = focused instanceof HTMLElement && container.contains(focused) ? focused : null;
  const key = inside?.dataset["key"];
  const section = inside?.closest("section")?.getAttribute("aria-label");
  const open = [...container.querySelectorAll("details[open][data-key]")].map((each) => each.getAttribute("data-key"));
  container.replaceChildren(...children);
  for (const each of open) container.querySelector(keySelector(each ?? ""))?.setAttribute("open", "");
  if (!inside) return;
  const places = [
    ...(key === undefined ? [] : [keySelector(key)]),
    ...(section ? [`section[aria-label="${CSS.escape(section)}"] button`] : []),
    "[aria-current=step]",
  ];
  for (const place of places) {
    const control = container.querySelector(place);
    if (control instanceof HTMLElement) control.focus({ preventScroll: true });
    if (control !== null && document.activeElement === control) return;
  }
}

/** @param {string} key */
function keySelector(key) {
  return `[data-key="${CSS.escape(key)}"]`;
}

/**
 * Says something to those who do not see the page.
 *
 * @param {string} text
 */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/**
 * @param {string} state
 * @param {Words} words
 */
export function statePill(state, words) {
  return element("span", { class: `pill state-${state}` }, words.label(state));
}

/**
 * @param {string} rule
 * @param {Words} words
 */
export function ruleLink(rule, words) {
  return element("a", { class: "rule", href: `#rule-${words.lang}-${rule}`, title: words.title(rule) }, rule);
}

/**
 * Returns the meeting at a moment, and the answer to the last step.
 *
 * @param {ShownMoment} moment
 * @param {ShownStep | null} step
 * @param {Words} words
 */
export function nowElements(moment, step, words) {
  const facts = [];
  if (moment.kind) facts.push(words.label(moment.kind));
  if (moment.client) facts.push(words.text("client is", { client: moment.client }));
  if (moment.ended) facts.push(words.text("over"));
  if (moment.people.length === 0) facts.push(words.text("nobody"));
  for (const { timer, remaining } of moment.timers) {
    const name = words.timer(timer);
    facts.push(
      remaining === null
        ? words.text("timer runs", { timer: name })
        : words.text("timer left", { timer: name, length: words.duration(remaining / 1000) }),
    );
  }
  return [
    element(
      "p",
      { class: "now" },
      element("span", { class: `pill large state-${moment.state}` }, words.label(moment.state)),
      ...facts.map((fact) => element("span", { class: "tag" }, fact)),
    ),
    element("p", { class: "answer" }, ...(step ? answerElements(step, words) : [words.text("opens")])),
  ];
}

/**
 * Returns the answer to a step: what it did, or why it was refused.
 *
 * @param {ShownStep} step
 * @param {Words} words
 */
function answerElements(step, words) {
  const effects = [
    ...step.recorder.map((command) => words.command(command)),
    ...step.timers.map((change) => words.change(change)),
  ];
  return [
    element("strong", step.refused === null ? {} : { class: "refusal" }, decisionText(step, words)),
    ...effects.map((text) => element("span", { class: "effect" }, text)),
    ...reasons(step, words).map((text) => element("span", { class: "muted" }, text)),
    ...(step.rules.length > 0 ? step.rules : step.no_more).map((rule) => ruleLink(rule, words)),
    ...step.unexpected.map((text) => element("strong", { class: "refusal" }, words.text("unexpected", { text }))),
  ].flatMap((each, position) => (position === 0 ? [each] : [" ", each]));
}

/**
 * @param {ShownStep} step
 * @param {Words} words
 */
function decisionText({ refused, before, state }, words) {
  if (refused !== null) return words.text("refused", { reason: words.reason(refused) });
  return before === state ? words.text("stays") : `${words.label(before)} → ${words.label(state)}`;
}

/**
 * Returns the reasons behind a refusal, or behind a step that did not leave its state.
 *
 * @param {ShownStep} step
 * @param {Words} words
 */
function reasons({ refused, before, state, needs, why }, words) {
  if (refused === null && before !== state) return [];
  if (refused === null && needs.length === 0) return [];
  const sentence = why[words.lang] ?? null;
  if (sentence !== null) return [sentence];
  if (needs.length === 0) return refused === "wrong_state" ? [words.text("no row")] : [];
  const guards = words.list(needs.map((guard) => `“${words.label(guard)}”`));
  return [words.text(refused === null ? "would need" : "needs", { guard: guards, guards })];
}

/**
 * Returns the answer as one text, for those who do not see the page.
 *
 * @param {ShownMoment} moment
 * @param {ShownStep} step
 * @param {Words} words
 */
export function spokenAnswer(moment, step, words) {
  const state = words.text("state is", { state: words.label(moment.state) });
  const parts = [
    words.event(step.event),
    decisionText(step, words),
    ...reasons(step, words),
    ...step.recorder.map((command) => words.command(command)),
    ...step.timers.map((change) => words.change(change)),
    state,
  ];
  return parts.map((part) => words.text("sentence", { text: part })).join("").trim();
}

/**
 * Returns the list of steps.
 *
 * @param {ShownStep[]} steps
 * @param {number} current - the number of the current step; 0 for the opening.
 * @param {Words} words
 * @param {(number: number) => void} goTo
 * @param {boolean} classes - whether platforms stand for their class.
 */
export function timeline(steps, current, words, goTo, classes) {
  const items = steps.map((step, position) => {
    const number = position + 1;
    const effects = [
      ...step.recorder.map((command) => words.command(command)),
      ...step.timers.map((change) => words.change(change)),
    ];
    const refusal = step.refused === null ? [] : [words.text("refused", { reason: words.reason(step.refused) })];
    return element(
      "li",
      { class: itemClass(number, current) },
      stepButton(number, current, words.event(step.event, classes), goTo),
      statePill(step.state, words),
      element(
        "p",
        { class: "details" },
        ...refusal.map((text) => element("strong", { class: "refusal" }, text)),
        ...effects.map((text) => element("span", { class: "effect" }, text)),
        ...(step.rules.length > 0 ? step.rules : step.no_more).map((rule) => ruleLink(rule, words)),
      ),
    );
  });
  const opening = element(
    "li",
    { class: itemClass(0, current) },
    stepButton(0, current, words.text("opens"), goTo),
    statePill("idle", words),
  );
  return element(
    "ol",
    { class: "timeline", "aria-label": words.text("steps"), listen: { keydown: moveFocus } },
    opening,
    ...items,
  );
}

/**
 * @param {number} number
 * @param {number} current
 */
function itemClass(number, current) {
  return `step${number === current ? " current" : ""}${number > current ? " later" : ""}`;
}

/**
 * @param {number} number
 * @param {number} current
 * @param {string} text
 * @param {(number: number) => void} goTo
 */
function stepButton(number, current, text, goTo) {
  return element(
    "button",
    {
      type: "button", class: "go", "data-key": `step ${number}`,
      ...(number === current && { "aria-current": "step" }),
      listen: { click: () => goTo(number) },
    },
    element("span", { class: "number" }, String(number)),
    element("span", { dir: "auto" }, text),
  );
}

/**
 * Moves between steps with the arrow keys, and shows the one that gets the focus.
 *
 * @param {KeyboardEvent} event
 */
function moveFocus(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const steps = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("button.go")]);
  const at = steps.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const target = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: steps.length - 1 }[event.key];
  const step = at < 0 || target === undefined ? undefined : steps[target];
  if (!step) return;
  event.preventDefault();
  step.focus();
  step.click();
}

/**
 * Keeps the current step in sight within its list, and the page where it is.
 *
 * @param {HTMLElement} list
 */
export function scrollToCurrent(list) {
  const item = list.querySelector(".step.current");
  if (!(item instanceof HTMLElement)) return;
  const top = item.offsetTop - list.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  const bottom = top + item.offsetHeight;
  if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}
