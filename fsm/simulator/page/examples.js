/** The example scenarios, by rule. */

import { openDialog } from "./dialogs.js";
import { button } from "./controls.js";
import { element } from "./dom.js";
import { t, titleText } from "./language.js";
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
    ...searchedList(examples, vocabulary, close),
    element("div", { class: "buttons end" }, button(t("Cancel"), () => close(null))),
  ]);
  return chosen ? completeScenario(chosen.scenario) : null;
}

/**
 * Returns a search and the list of the examples that it finds.
 *
 * @param {Example[]} examples
 * @param {Vocabulary} vocabulary
 * @param {(example: Example) => void} choose
 */
function searchedList(examples, vocabulary, choose) {
  const groups = byRule(examples).map(([rule, group]) => {
    const heading = rule === null ? EXAMPLES.others : `${rule} ${vocabulary.rules[rule] ?? ""}`;
    const items = group.map((example) => {
      const title = titleText(example.scenario.title);
      return {
        text: `${heading} ${title}`.toLowerCase(),
        item: element("li", {}, button(title, () => choose(example), { dir: "auto" })),
      };
    });
    const list = element("ul", { class: "choices" }, ...items.map(({ item }) => item));
    return { rule, items, part: element("section", {}, element("h3", {}, heading), list) };
  });
  const search = element("input", {
    type: "search", autocomplete: "off", spellcheck: "false", placeholder: EXAMPLES.hint,
  });
  const status = element("p", { class: "muted", role: "status" });
  const list = element("div", { class: "examples" }, ...groups.map(({ part }) => part));
  const find = () => {
    const text = search.value.trim().toLowerCase();
    const words = text.split(/\s+/);
    // The id of a rule is that rule alone: R1 is not R16.
    const named = groups.some(({ rule }) => rule?.toLowerCase() === text);
    let found = 0;
    for (const { rule, items, part } of groups) {
      for (const { text: searched, item } of items) {
        item.hidden = !(named ? rule?.toLowerCase() === text : words.every((word) => searched.includes(word)));
        if (!item.hidden) found += 1;
      }
      part.hidden = items.every(({ item }) => item.hidden);
    }
    status.textContent = EXAMPLES.found(found, examples.length);
    list.scrollTop = 0;
  };
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const first = list.querySelector("section:not([hidden]) li:not([hidden]) button");
    if (first instanceof HTMLElement) first.focus();
  });
  find();
  return [element("label", { class: "field search-field" }, element("span", {}, t("Search")), search), status, list];
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
