/**
 * The tree of steps. Going back to a step and on from there begins another way; both are kept.
 */

/** @import { SimulatedStep, Step } from "./types.js" */

/**
 * A step in the tree; the root stands for the opening of the meeting.
 *
 * @typedef {object} TreeNode
 * @property {TreeNode | null} parent
 * @property {Step | null} step
 * @property {TreeNode[]} children
 * @property {SimulatedStep | null} answer - null until the service has answered under these settings.
 */

export class StepTree {
  constructor() {
    this.root = createNode(null, null);
    /** The step that the page shows. */
    this.current = this.root;
    /** The last step of the way that the page shows; the current step is on it. */
    this.end = this.root;
    /** The settings, as text, under which the answers were given. */
    this.settings = "";
  }

  /** Returns the steps from the opening to the current one. */
  past() {
    return pathTo(this.current);
  }

  /** Returns the steps of the way that the page shows, beyond the current one as well. */
  way() {
    return pathTo(this.end);
  }

  /**
   * Returns the steps from the opening to a step.
   *
   * @param {TreeNode} node
   */
  wayTo(node) {
    return pathTo(node);
  }

  /** Returns the last step of each way, in the order of their branching. */
  ends() {
    /** @type {TreeNode[]} */
    const ends = [];
    const open = [this.root];
    for (let node = open.pop(); node; node = open.pop()) {
      if (node.children.length === 0) ends.push(node);
      else open.push(...[...node.children].reverse());
    }
    return ends;
  }

  /**
   * Goes on by a step. A step that was taken here before is taken again, with all that followed.
   *
   * @param {Step} step
   */
  add(step) {
    this.goTo(child(this.current, step));
  }

  /**
   * Goes to a step of the tree.
   *
   * @param {TreeNode} node
   */
  goTo(node) {
    this.current = node;
    // A step back stays on its way, so that the steps after it remain in sight.
    if (!pathTo(this.end).includes(node) && node !== this.root) this.end = lastAfter(node);
  }

  /**
   * Goes to the last of these steps, taken from the opening; steps that are new are added.
   *
   * @param {Step[]} steps
   */
  follow(steps) {
    let node = this.root;
    for (const step of steps) node = child(node, step);
    this.goTo(node);
  }

  /**
   * Takes back a step that could not be played, and goes to another one.
   *
   * @param {TreeNode} node
   * @param {TreeNode} to
   */
  drop(node, to) {
    if (node.answer !== null || node.children.length > 0 || !node.parent) return;
    node.parent.children = node.parent.children.filter((other) => other !== node);
    if (this.end === node) this.end = to;
    if (this.current === node) this.goTo(to);
    this.end = lastAfter(this.end);
  }

  /**
   * Forgets the answers if they were given under other settings.
   *
   * @param {string} settings - the settings as text.
   */
  keepAnswersOf(settings) {
    if (settings === this.settings) return;
    this.settings = settings;
    const open = [this.root];
    for (let node = open.pop(); node; node = open.pop()) {
      node.answer = null;
      open.push(...node.children);
    }
  }
}

/**
 * Returns the first step of a way that other ways do not share.
 *
 * @param {TreeNode} end
 */
export function branchStart(end) {
  let start = end;
  for (let node = end; node.parent; node = node.parent) {
    start = node;
    if (node.parent.children.length > 1) break;
  }
  return start;
}

/**
 * Returns the number of a step, counted from 1; 0 for the opening.
 *
 * @param {TreeNode} node
 */
export function stepNumber(node) {
  return pathTo(node).length;
}

/**
 * @param {TreeNode | null} parent
 * @param {Step | null} step
 * @returns {TreeNode}
 */
function createNode(parent, step) {
  return { parent, step, children: [], answer: null };
}

/**
 * @param {TreeNode} parent
 * @param {Step} step
 */
function child(parent, step) {
  const text = JSON.stringify(step);
  const known = parent.children.find((node) => JSON.stringify(node.step) === text);
  if (known) return known;
  const created = createNode(parent, step);
  parent.children.push(created);
  return created;
}

/** @param {TreeNode} end */
function pathTo(end) {
  const path = [];
  for (let node = end; node.parent; node = node.parent) path.push(node);
  return path.reverse();
}

/** @param {TreeNode} node */
function lastAfter(node) {
  let last = node;
  for (let next = last.children.at(-1); next; next = last.children.at(-1)) last = next;
  return last;
}
