/** The situation in a line, large enough to be read across a table, and why it is so. */

import { nameElement, present, replaceContent, shorten } from "./content.js";
import { element } from "./dom.js";
import { clockText, commandText, COMPARED, plain, stepWords } from "./words.js";

/** @import { SimulatedStep, Step, View } from "./types.js" */

/**
 * Shows the situation.
 *
 * @param {HTMLElement} container
 * @param {View} view
 */
export function showNow(container, { simulation: { situation }, past, vocabulary }) {
  const { state, kind, client, ended, at } = situation;
  const last = past.at(-1) ?? null;
  replaceContent(
    container,
    element(
      "p",
      { class: "now" },
      ...present(
        statePill(state, "large"),
        kind ? element("span", { class: "tag" }, kind) : null,
        client === null ? null : element("span", { class: "tag" }, "on ", nameElement(client)),
        ended ? element("span", { class: "tag strong" }, "meeting is over") : null,
      ),
      element(
        "span",
        { class: "clock" },
        element("span", { class: "unseen" }, "Time since the opening: "),
        clockText(at - (at % 1000)),
      ),
    ),
    element(
      "div",
      { class: last?.refused ? "because refused" : "because" },
      ...(last
        ? present(
            stepElement(last.event),
            last.refused ? element("strong", {}, ` – refused: ${plain(last.refused)}`) : null,
            element("span", { class: "muted" }, explanation(last)),
          )
        : ["The meeting is open and nobody is present. ", element("strong", {}, "Add a participant to begin.")]),
    ),
    element(
      "ul",
      { class: "decided" },
      ...(last?.rules ?? []).map((id) =>
        element("li", {}, element("strong", {}, id), ` ${vocabulary.rules[id] ?? ""}`),
      ),
    ),
  );
}

/**
 * Returns the state as a pill in the colour of the diagrams.
 *
 * @param {string} state
 * @param {string} [size]
 */
export function statePill(state, size = "") {
  return element("span", { class: `pill state-${state} ${size}` }, state);
}

/**
 * Returns a step in words, its participant isolated.
 *
 * @param {Step} step
 */
export function stepElement(step) {
  const { name, words } = stepWords(step);
  return element("span", { class: "event" }, ...(name === null ? [words] : [nameElement(String(name)), ` ${words}`]));
}

/**
 * Returns why a step was answered so. A wait has no explanation of its own, so that the recorder
 * commands of its timers stand for it.
 *
 * @param {SimulatedStep} step
 */
function explanation({ why, recorder }) {
  const text = why ?? recorder.map(commandText).join(", ");
  return text === "" ? "" : ` – ${shorten(text, 400)}`;
}

/**
 * Returns what a screen reader is told after a step.
 *
 * @param {View} view
 */
export function spokenSituation({ simulation: { situation }, compared, past }) {
  const last = past.at(-1);
  const timers = situation.timers.map(({ means }) => means);
  return [
    last ? `Step ${last.step}.` : "The meeting opens.",
    last?.refused ? `Refused: ${plain(last.refused)}. ${last.why ?? ""}.` : "",
    `State ${situation.state}${situation.ended ? ", the meeting is over" : ""}.`,
    ...timers.map((text) => `${text}.`),
    compared ? `${COMPARED.other} ${compared.situation.state}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
