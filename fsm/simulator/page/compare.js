/** Two policies side by side: the same events under other settings, and what differs. */

import { byId, present, replaceContent, shorten } from "./content.js";
import { element } from "./dom.js";
import { named, t } from "./language.js";
import { statePill } from "./now.js";
import { settingsKey } from "./scenario.js";
import { createSettingsForm } from "./settings.js";
import { commandText, COMPARED, timerText } from "./words.js";

/** @import { Difference, IdleSetting, Settings, SimulatedStep, Simulation, Vocabulary } from "./types.js" */
/** @import { TreeNode } from "./path.js" */

export class Comparison {
  /**
   * @param {Vocabulary} vocabulary
   * @param {(settings: Settings | null) => void} changed - called with the other settings.
   * @param {(message: string) => void} failed
   */
  constructor(vocabulary, changed, failed) {
    this.vocabulary = vocabulary;
    this.changed = changed;
    this.failed = failed;
    /** @type {Settings | null} */
    this.settings = null;
    /** @type {((settings: Settings, idle: IdleSetting[]) => void) | null} */
    this.showSettings = null;
    /**
     * The answers under the other settings, with the settings as text.
     *
     * @type {WeakMap<TreeNode, {key: string, answer: SimulatedStep}>}
     */
    this.answers = new WeakMap();
    byId("compare-end").addEventListener("click", () => changed(null));
  }

  /**
   * Remembers the answers to the steps of a way.
   *
   * @param {TreeNode[]} way
   * @param {Simulation} simulation
   */
  remember(way, simulation) {
    if (!this.settings) return;
    const key = settingsKey(this.settings);
    simulation.steps.forEach((answer, position) => {
      const node = way[position];
      if (node) this.answers.set(node, { key, answer });
    });
  }

  /**
   * Returns the answer to a step under the other settings, if it is another one.
   *
   * @param {TreeNode} node
   * @returns {SimulatedStep | null}
   */
  differing(node) {
    const other = this.answers.get(node);
    if (!this.settings || !node.answer || other?.key !== settingsKey(this.settings)) return null;
    return result(other.answer) === result(node.answer) ? null : other.answer;
  }

  /**
   * Returns the steps of a way that the two settings answer differently.
   *
   * @param {TreeNode[]} way
   * @returns {Difference[]}
   */
  differences(way) {
    return way.flatMap((node, position) => {
      const there = this.differing(node);
      return there && node.answer ? [{ number: position + 1, here: node.answer, there }] : [];
    });
  }

  /**
   * Shows the other settings in their form.
   *
   * @param {IdleSetting[]} idle - those that have no effect.
   */
  showForm(idle) {
    if (!this.settings) return;
    // Made when it is first needed: the page then has two forms of each kind.
    this.showSettings ??= createSettingsForm(byId("other-settings"), this.vocabulary, this.changed, this.failed);
    this.showSettings(this.settings, idle);
  }

  /**
   * Shows the plan of the other settings, and the situation under them.
   *
   * @param {Simulation | null} simulation
   * @param {string} state - the state under the first settings.
   * @param {Difference[]} differences
   */
  show(simulation, state, differences) {
    byId("comparison").hidden = !simulation;
    byId("compare").setAttribute("aria-pressed", String(simulation !== null));
    if (!simulation || !this.settings) {
      replaceContent(byId("other-now"));
      return;
    }
    const { resolution, situation } = simulation;
    replaceContent(byId("other-plan"), element("p", { class: "muted" }, resolution.why.join(" · ")));
    const same = situation.state === state;
    replaceContent(
      byId("other-now"),
      element(
        "div",
        { class: differences.length === 0 ? "other-now" : "other-now differs" },
        element("p", {}, `${same ? COMPARED.same : COMPARED.other} `, statePill(situation.state)),
        element("p", { id: "differences" }, shorten(differenceText(differences), 600)),
      ),
    );
  }
}

/**
 * Returns the elements for an answer that differs.
 *
 * @param {SimulatedStep} other
 */
export function differenceElement(other) {
  const effects = [...other.recorder.map(commandText), ...other.timers.map(timerText)];
  return element(
    "p",
    { class: "difference" },
    `${COMPARED.other} `,
    statePill(other.state),
    ...present(other.refused ? element("strong", { class: "refusal" }, ` ${COMPARED.refused} ${named("reason", other.refused)}`) : null),
    ...effects.map((text) => element("span", { class: "effect" }, ` ${text}`)),
  );
}

/**
 * Returns the differences as one sentence: the numbers of the steps, and the first one in words.
 *
 * @param {Difference[]} differences
 */
export function differenceText(differences) {
  const [first] = differences;
  if (!first) return COMPARED.everywhere;
  const steps = stepNumbers(differences.map(({ number }) => number));
  const [here, there] = [answerText(first.here), answerText(first.there)];
  return differences.length === 1
    ? t("Differs at {steps}: here {here}; there {there}.", { steps, here, there })
    : t("Differs at {steps}: at step {number} here {here}; there {there}.", { steps, number: first.number, here, there });
}

/**
 * Returns the numbers of steps in words, such as "steps 3 to 5 and 8".
 *
 * @param {number[]} numbers
 */
export function stepNumbers(numbers) {
  /** @type {number[][]} */
  const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  const parts = runs.flatMap((run) => run.length < 3 ? run.map(String) : [t("{first} to {last}", { first: run[0] ?? 0, last: run.at(-1) ?? 0 })]);
  const last = parts.pop() ?? "";
  if (parts.length === 0) return numbers.length === 1 ? t("step {number}", { number: last }) : t("steps {numbers}", { numbers: last });
  const first = parts.reduce((listed, number) => t("{listed}, {number}", { listed, number }));
  return t("steps {first} and {last}", { first, last });
}

/**
 * Returns an answer in words: the state after it, and its refusal or its effects.
 *
 * @param {SimulatedStep} answer
 */
export function answerText({ state, refused, recorder, timers }) {
  const effects = [...recorder.map(commandText), ...timers.map(timerText)].join(t(", "));
  const details = refused ? t("refused: {reason}", { reason: named("reason", refused) }) : effects;
  return details === "" ? named("state", state) : t("{state} ({details})", { state: named("state", state), details });
}

/**
 * Returns all of an answer that two settings can differ in, as text.
 *
 * @param {SimulatedStep} answer
 */
function result({ state, refused, recorder, timers }) {
  return JSON.stringify([state, refused, recorder, timers]);
}
