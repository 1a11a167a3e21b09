/** The example scenarios, by rule. */

import { openDialog } from "./dialogs.js";
import { button } from "./controls.js";
import { element } from "./dom.js";
import { t } from "./language.js";
import { completeScenario } from "./scenario.js";
import { EXAMPLES } from "./words.js";

/** @import { ScenarioDocument, Vocabulary } from "./types.js" */

/**
 * @typedef {object} Example
 * @property {string | null} rule - null for an example of no single rule.
 * @property {{title: string}} scenario
 */

/**
 * Lets the user choose an example; null if none was chosen.
 *
 * @param {Vocabulary} vocabulary
 * @returns {Promise<ScenarioDocument | null>}
 */
export async function chooseExample(vocabulary) {
  const response = await fetch("/page/examples.json");
  if (!response.ok) throw new Error(EXAMPLES.missing);
  /** @type {Example[]} */
  const examples = await response.json();
  const chosen = await openDialog(EXAMPLES.title, (/** @type {(value: Example | null) => void} */ close) => [
    element(
      "div",
      { class: "examples" },
      ...byRule(examples).flatMap(([rule, group]) => [
        element("h3", {}, rule === null ? EXAMPLES.others : `${rule} ${vocabulary.rules[rule] ?? ""}`),
        element(
          "ul",
          { class: "choices" },
          ...group.map((example) =>
            element("li", {}, button(example.scenario.title, () => close(example), { dir: "auto" })),
          ),
        ),
      ]),
    ),
    element("div", { class: "buttons end" }, button(t("Cancel"), () => close(null))),
  ]);
  return chosen ? completeScenario(chosen.scenario) : null;
}

/**
 * @param {Example[]} examples
 * @returns {[string | null, Example[]][]}
 */
function byRule(examples) {
  /** @type {Map<string | null, Example[]>} */
  const groups = new Map();
  for (const example of examples) {
    groups.set(example.rule, [...(groups.get(example.rule) ?? []), example]);
  }
  return [...groups];
}
