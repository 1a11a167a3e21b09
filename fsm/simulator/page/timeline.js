/** The steps of the way that the page shows, and the other ways. */

import { differenceElement } from "./compare.js";
import { button } from "./controls.js";
import { present, replaceContent, scrollTo, shorten, updateContent } from "./content.js";
import { element } from "./dom.js";
import { ruleChip } from "./hints.js";
import { named, t } from "./language.js";
import { statePill, stepElement } from "./now.js";
import { branchStart, stepNumber } from "./path.js";
import { clockText, commandText, rulesOf, stepText, timerText } from "./words.js";

/** @import { SimulatedStep, Vocabulary } from "./types.js" */
/** @import { StepTree, TreeNode } from "./path.js" */

/**
 * The elements of steps, with what they show: a long way is not built anew for each step.
 *
 * @type {WeakMap<TreeNode, {shown: string, answer: SimulatedStep | null, item: Element}>}
 */
const items = new WeakMap();

/**
 * The observers that keep the current step of each list in sight.
 *
 * @type {WeakMap<Element, ResizeObserver>}
 */
const followers = new WeakMap();

/**
 * Shows the steps. Those after the current one stay in sight, since they are still a click away.
 *
 * @param {HTMLElement} container
 * @param {StepTree} tree
 * @param {Vocabulary} vocabulary
 * @param {(node: TreeNode) => void} goTo
 * @param {(node: TreeNode) => SimulatedStep | null} otherOf - returns an answer that differs.
 */
export function showTimeline(container, tree, vocabulary, goTo, otherOf = () => null) {
  let list = container.querySelector("ol");
  if (!list) {
    list = element("ol", { start: 0, listen: { keydown: moveFocus } });
    container.append(list);
  }
  const past = tree.past().length;
  const steps = tree.way().map((node, position) => {
    const number = position + 1;
    const other = otherOf(node);
    const shown = `${number} ${Math.sign(number - past)} ${JSON.stringify(other)}`;
    const known = items.get(node);
    if (known?.shown === shown && known.answer === node.answer) return known.item;
    const item = stepItem(node, number, past, vocabulary, goTo);
    if (other) item.append(differenceElement(other));
    items.set(node, { shown, answer: node.answer, item });
    return item;
  });
  updateContent(list, [openingElement(tree, goTo), ...steps]);
  scrollTo(container, ".step.current");
  // The list becomes shorter when the words above it become more, and a step that was out of sight
  // gets its height when it is drawn.
  let follower = followers.get(container);
  if (!follower) {
    follower = new ResizeObserver(() => scrollTo(container, ".step.current"));
    followers.set(container, follower);
  }
  follower.disconnect();
  for (const part of [container, container.querySelector(".step.current")]) {
    if (part) follower.observe(part);
  }
}

/**
 * @param {StepTree} tree
 * @param {(node: TreeNode) => void} goTo
 */
function openingElement(tree, goTo) {
  const current = tree.current === tree.root;
  return element(
    "li",
    { class: current ? "step current" : "step" },
    element(
      "button",
      goAttributes(0, current, () => goTo(tree.root)),
      element("span", { class: "number" }, "0"),
      t("The meeting opens"),
    ),
    statePill("idle"),
  );
}

/**
 * Returns the attributes of the button that goes to a step.
 *
 * @param {number} number
 * @param {boolean} current
 * @param {() => void} click
 */
function goAttributes(number, current, click) {
  return {
    type: "button",
    class: "go",
    "data-key": `step ${number}`,
    ...(current && { "aria-current": "step" }),
    listen: { click },
  };
}

/**
 * @param {TreeNode} node
 * @param {number} number
 * @param {number} past - the number of the current step.
 * @param {Vocabulary} vocabulary
 * @param {(node: TreeNode) => void} goTo
 */
function stepItem(node, number, past, vocabulary, goTo) {
  const { answer } = node;
  const current = number === past;
  const classes = ["step", current && "current", number > past && "later", answer?.refused && "refused"];
  return element(
    "li",
    { class: classes.filter(Boolean).join(" ") },
    element(
      "button",
      goAttributes(number, current, () => goTo(node)),
      element("span", { class: "number" }, String(number)),
      stepElement(node.step ?? {}),
    ),
    ...(answer ? answerElements(answer, vocabulary) : []),
  );
}

/**
 * @param {SimulatedStep} answer
 * @param {Vocabulary} vocabulary
 */
function answerElements(answer, vocabulary) {
  const { before, state, recorder, timers, refused, unexpected, why, at } = answer;
  const effects = [...recorder.map(commandText), ...timers.map(timerText)];
  return [
    element(
      "span",
      { class: "change" },
      ...(before === state ? [] : [statePill(before), element("span", { "aria-label": t("to") }, "→")]),
      statePill(state),
    ),
    element("span", { class: "at clock" }, clockText(at)),
    element(
      "p",
      { class: "details" },
      ...present(refused ? element("strong", { class: "refusal" }, t("Refused: {reason}", { reason: named("reason", refused) })) : null),
      ...effects.map((text) => element("span", { class: "effect" }, shorten(text, 120))),
      // A step to another state says by its pills what the explanation would repeat, and a timer
      // that was set says more than the guards that failed.
      ...present(
        why === null || (!refused && (before !== state || timers.some(({ set }) => set)))
          ? null
          : element("span", { class: "muted" }, shorten(why, 600)),
      ),
      ...rulesOf(answer).map((id) => ruleChip(id, vocabulary.rules)),
      ...unexpected.map((text) => element("strong", { class: "refusal" }, t("Not as expected: {text}", { text: shorten(text, 300) }))),
    ),
  ];
}

/**
 * Moves between steps with the arrow keys: a thousand steps are too many for Tab.
 *
 * @param {KeyboardEvent} event
 */
function moveFocus(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const steps = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("button.go")]);
  const at = steps.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const target = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: steps.length - 1 }[event.key];
  if (at < 0 || target === undefined) return;
  event.preventDefault();
  steps[target]?.focus();
}

/**
 * Shows the ways, once there are several.
 *
 * @param {HTMLElement} container
 * @param {StepTree} tree
 * @param {(node: TreeNode) => void} goTo
 */
export function showWays(container, tree, goTo) {
  const ends = tree.ends();
  if (ends.length < 2) {
    container.replaceChildren();
    return;
  }
  replaceContent(
    container,
    element(
      "ul",
      { class: "ways", "aria-label": t("Ways") },
      ...ends.map((end, position) => {
        const start = branchStart(end);
        const outcome = end.answer ? ` → ${named("state", end.answer.state)}` : "";
        const way = t("Way {number}", { number: position + 1 });
        const step = `${stepNumber(start)}. ${shorten(stepText(start.step ?? {}), 40)}${outcome}`;
        const text = t("{label}: {text}", { label: way, text: step });
        return element(
          "li",
          {},
          button(text, () => goTo(end), {
            "data-key": `way ${position}`, dir: "auto", "aria-pressed": end === tree.end ? "true" : "false",
          }),
        );
      }),
    ),
  );
  scrollTo(container, "[aria-pressed=true]");
}
