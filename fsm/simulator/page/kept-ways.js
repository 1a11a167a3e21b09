/** The ways of the present tree, kept while the page is loaded anew, such as in another language. */

import { StepTree } from "./path.js";

/** @import { Step } from "./types.js" */

const KEY = "ways";

/**
 * Keeps a tree until the page is loaded again in this tab.
 *
 * @param {number} number - the number of the tree.
 * @param {StepTree} tree
 */
export function keepWays(number, tree) {
  const ends = tree.ends();
  const ways = ends.map((end) => tree.wayTo(end).map((node) => node.step));
  const kept = { number, ways, shown: ends.indexOf(tree.end) };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // There is no room for so many steps; the address has those of the present way.
  }
}

/**
 * Returns the kept tree and its number; null without one. It is given once.
 *
 * @returns {[number, StepTree] | null}
 */
export function takeKeptWays() {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (text === null) return null;
  /** @type {{number: number, ways: Step[][], shown: number}} */
  const { number, ways, shown } = JSON.parse(text);
  const tree = new StepTree();
  for (const way of ways) tree.follow(way);
  tree.follow(ways[shown] ?? []);
  return [number, tree];
}
