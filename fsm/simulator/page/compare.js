/** Two policies side by side: the same events under other settings, and what differs. */

import { byId, present, replaceContent } from "./content.js";
import { element } from "./dom.js";
import { named } from "./language.js";
import { statePill } from "./now.js";
import { settingsKey } from "./scenario.js";
import { createSettingsForm } from "./settings.js";
import { commandText, COMPARED, timerText } from "./words.js";

/** @import { Settings, SimulatedStep, Simulation, Vocabulary } from "./types.js" */
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
    /** @type {((settings: Settings) => void) | null} */
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
   * Shows the other settings, their plan, and the situation under them.
   *
   * @param {Simulation | null} simulation
   * @param {string} state - the state under the first settings.
   */
  show(simulation, state) {
    byId("comparison").hidden = !simulation;
    byId("compare").setAttribute("aria-pressed", String(simulation !== null));
    if (!simulation || !this.settings) {
      replaceContent(byId("other-now"));
      return;
    }
    // Made when it is first needed: the page then has two forms of each kind.
    this.showSettings ??= createSettingsForm(byId("other-settings"), this.vocabulary, this.changed, this.failed);
    this.showSettings(this.settings);
    const { resolution, situation } = simulation;
    replaceContent(byId("other-plan"), element("p", { class: "muted" }, resolution.why.join(" · ")));
    const same = situation.state === state;
    replaceContent(
      byId("other-now"),
      element(
        "p",
        { class: same ? "other-now" : "other-now differs" },
        `${same ? COMPARED.same : COMPARED.other} `,
        statePill(situation.state),
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
 * Returns all of an answer that two settings can differ in, as text.
 *
 * @param {SimulatedStep} answer
 */
function result({ state, refused, recorder, timers }) {
  return JSON.stringify([state, refused, recorder, timers]);
}
