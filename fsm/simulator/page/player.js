/** Goes through the steps of the way that the page shows: one at a time, or played at a speed. */

import { byId } from "./content.js";
import { PLAYER } from "./words.js";

/** @import { TreeNode } from "./path.js" */
/** @import { Page } from "./app.js" */

/**
 * Connects the buttons and the speed.
 *
 * @param {Page} page
 */
export function installPlayer(page) {
  const control = byId("play");
  const speed = /** @type {HTMLSelectElement} */ (byId("speed"));
  let playing = false;
  const show = () => {
    control.textContent = playing ? PLAYER.pause : PLAYER.play;
    control.setAttribute("aria-pressed", String(playing));
  };
  const play = async () => {
    const { tree } = page;
    // At the end it begins anew.
    if (tree.current === tree.end) await page.goTo(tree.root);
    while (playing && page.tree === tree) {
      await pause(1_000 / Number(speed.value));
      const next = following(tree.way(), tree.current);
      if (!playing || page.tree !== tree || !next) break;
      await page.goTo(next);
      if (next === tree.end) break;
    }
    playing = false;
    show();
  };
  control.addEventListener("click", () => {
    playing = !playing && page.tree.end !== page.tree.root;
    show();
    if (playing) void play();
  });
  byId("previous").addEventListener("click", () => void page.goBy(-1));
  byId("next").addEventListener("click", () => void page.goBy(1));
}

/**
 * Returns the step after one of a way.
 *
 * @param {TreeNode[]} way
 * @param {TreeNode} current
 */
function following(way, current) {
  return way[way.indexOf(current) + 1];
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
