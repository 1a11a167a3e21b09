/** The situation in a line, large enough to be read across a table, and why it is so. */

import { differenceText, stepNumbers } from "./compare.js";
import { nameElement, present, replaceContent, shorten } from "./content.js";
import { element } from "./dom.js";
import { named, nodesOf, t } from "./language.js";
import { clockText, commandText, COMPARED, rulesOf, stepWords } from "./words.js";

/** @import { SimulatedStep, Situation, Step, View } from "./types.js" */

/**
 * Shows the situation.
 *
 * @param {HTMLElement} container
 * @param {View} view
 */
export function showNow(container, { simulation: { situation }, past, vocabulary }) {
  const { state, kind, client, ended, at } = situation;
  const last = past.at(-1) ?? null;
  const failed = failedExpectations(past);
  replaceContent(
    container,
    element(
      "p",
      { class: "now" },
      ...present(
        statePill(state, "large"),
        kind ? element("span", { class: "tag" }, named("kind", kind)) : null,
        client === null ? null : element("span", { class: "tag" }, ...nodesOf("on {client}", { client: nameElement(client) })),
        ended ? element("span", { class: "tag strong" }, t("meeting is over")) : null,
      ),
      element(
        "span",
        { class: "clock" },
        element("span", { class: "unseen" }, t("Time since the opening: ")),
        clockText(at - (at % 1000)),
      ),
    ),
    element(
      "div",
      { class: last?.refused ? "because refused" : "because" },
      ...(last
        ? present(
            stepElement(last.event),
            last.refused ? element("strong", {}, t(" – refused: {reason}", { reason: named("reason", last.refused) })) : null,
            element("span", { class: "muted" }, explanation(last, situation)),
            failed === "" ? null : element("strong", { class: "refusal failed" }, failed),
          )
        : [
            `${t("The meeting is open and nobody is present.")} `,
            element("strong", {}, t("Add a participant to begin.")),
          ]),
    ),
    element(
      "ul",
      { class: "decided" },
      ...(last ? rulesOf(last) : []).map((id) =>
        element("li", {}, element("strong", {}, id), ` ${vocabulary.rules[id] ?? ""}`),
      ),
    ),
  );
}

/**
 * Returns which steps were not answered as their scenario expects; empty if all were.
 *
 * @param {SimulatedStep[]} past
 */
function failedExpectations(past) {
  const failed = past.filter(({ unexpected }) => unexpected.length > 0);
  const last = failed.at(-1);
  if (!last) return "";
  const text = last === past.at(-1) ? shorten(last.unexpected.join(t("; ")), 300) : stepNumbers(failed.map(({ step }) => step));
  return t("Not as expected: {text}", { text });
}

/**
 * Returns the state as a pill in the colour of the diagrams.
 *
 * @param {string} state
 * @param {string} [size]
 */
export function statePill(state, size = "") {
  return element("span", { class: `pill state-${state} ${size}` }, named("state", state));
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
 * Returns why a step was answered so. The cause of a stop, and the effect of a timer that it set,
 * say more than the guards. A wait has no explanation of its own, but the commands of its timers, and
 * the timers that still run.
 *
 * @param {SimulatedStep} step
 * @param {Situation} situation - the situation after it.
 */
function explanation({ why, recorder, refused, timers }, situation) {
  const stops = recorder.filter((command) => why === null || command.reason);
  const effects = stops.map(commandText);
  if (why === null || timers.some((change) => change.set)) effects.push(...situation.timers.map(({ means }) => means));
  const text = refused || effects.length === 0 ? (why ?? "") : effects.join(t("; "));
  return text === "" ? "" : ` – ${shorten(text, 400)}`;
}

/**
 * Returns what a screen reader is told after a step.
 *
 * @param {View} view
 */
export function spokenSituation({ simulation: { situation }, compared, differences, past }) {
  const last = past.at(-1);
  const timers = situation.timers.map(({ means }) => means);
  return [
    last ? t("Step {number}.", { number: last.step }) : t("The meeting opens."),
    last?.refused ? t("Refused: {reason}. {why}.", { reason: named("reason", last.refused), why: last.why ?? "" }) : "",
    failedExpectations(past),
    t(situation.ended ? "State {state}, the meeting is over." : "State {state}.", { state: named("state", situation.state) }),
    ...timers.map((text) => t("{text}.", { text })),
    compared ? t("{text}.", { text: `${COMPARED.other} ${named("state", compared.situation.state)}` }) : "",
    compared ? differenceText(differences) : "",
  ]
    .filter(Boolean)
    .join(" ");
}
