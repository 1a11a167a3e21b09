/** The page: its state, and who is called when it changes. */

import { fetchVocabulary, onTokenNeeded, simulate } from "./api.js";
import { askForToken } from "./dialogs.js";
import { DiagramView } from "./diagram.js";
import { byId } from "./content.js";
import { installHeader } from "./header.js";
import { installHints } from "./hints.js";
import { decodeLink, encodeLink } from "./link.js";
import { createMeetingPanel } from "./meeting.js";
import { announce, hideError, showError } from "./messages.js";
import { showNow, spokenSituation } from "./now.js";
import { StepTree } from "./path.js";
import { showPlan } from "./plan.js";
import { exampleScenario, settingsKey } from "./scenario.js";
import { createSettingsForm } from "./settings.js";
import { showTimeline, showWays } from "./timeline.js";
import { installTheme } from "./theme.js";

/** @import { ScenarioDocument, Settings, Step, View, Vocabulary } from "./types.js" */
/** @import { TreeNode } from "./path.js" */

/** What becomes of the address: a new entry, the present entry changed, or nothing. */
/** @typedef {"push" | "replace" | "keep"} HistoryMode */

export class Page {
  /** @param {Vocabulary} vocabulary */
  constructor(vocabulary) {
    this.vocabulary = vocabulary;
    this.scenario = exampleScenario();
    /**
     * The trees of this page by their numbers: Back leads to scenarios that were left, too.
     *
     * @type {Map<number, StepTree>}
     */
    this.trees = new Map();
    this.treeNumber = 0;
    this.tree = this.plantTree(Date.now());
    /** @type {View | null} */
    this.view = null;
    /** The number of the latest request: an answer to an earlier one shows nothing. */
    this.latest = 0;
    this.diagram = new DiagramView(byId("diagram"));
    this.showSettings = createSettingsForm(
      byId("settings"),
      vocabulary,
      (settings) => void this.changeSettings(settings),
      (message) => showError(new Error(message)),
    );
    this.showMeeting = createMeetingPanel(byId("meeting"), vocabulary, (step) => void this.take(step));
    this.header = installHeader(this);
    addEventListener("popstate", () => void this.openLink());
  }

  /**
   * Returns the scenario from its opening to the current step.
   *
   * @returns {ScenarioDocument}
   */
  document() {
    return { ...this.scenario, events: this.tree.past().map((node) => node.step ?? {}) };
  }

  /**
   * Takes a step. One that the service refuses to play, such as an endless wait, leaves no trace.
   *
   * @param {Step} step
   */
  async take(step) {
    const { tree } = this;
    const before = tree.current;
    tree.add(step);
    const added = tree.current;
    if (!(await this.tryToShow("push"))) tree.drop(added, before);
  }

  /** @param {TreeNode} node */
  async goTo(node) {
    this.tree.goTo(node);
    await this.tryToShow("push");
  }

  /** @param {Settings} settings */
  async changeSettings(settings) {
    // Each letter typed would be an entry in the history; one of a series is enough.
    const isFirst = this.view && settingsKey(this.view.document) === settingsKey(this.scenario);
    this.scenario = { ...this.scenario, ...settings };
    await this.tryToShow(isFirst ? "push" : "replace");
  }

  /** @param {string} title */
  async changeTitle(title) {
    this.scenario = { ...this.scenario, title };
    if (!this.view) return;
    this.view = { ...this.view, document: { ...this.view.document, title } };
    this.header.show(this.view);
    await this.remember(this.view.document, "replace");
  }

  /**
   * Opens another scenario. If the service refuses it, the page stays as it is.
   *
   * @param {ScenarioDocument} scenario
   * @param {HistoryMode} [mode]
   * @param {number} [treeNumber] - the tree of its steps; by default a new one.
   */
  async open(scenario, mode = "push", treeNumber = Date.now()) {
    const before = { scenario: this.scenario, tree: this.tree, treeNumber: this.treeNumber };
    const { current } = before.tree;
    this.scenario = scenario;
    this.tree = this.plantTree(treeNumber);
    this.tree.follow(scenario.events);
    try {
      await this.show(mode);
    } catch (error) {
      Object.assign(this, before);
      this.tree.goTo(current);
      throw error;
    }
  }

  /** Opens what the address says: at the start, after Back and Forward, and for a pasted link. */
  async openLink() {
    try {
      const scenario = (await decodeLink(location.hash)) ?? exampleScenario();
      await this.open(scenario, "keep", history.state?.tree);
    } catch (error) {
      if (!this.view) await this.tryToShow("keep");
      showError(new Error(`This link cannot be opened. ${/** @type {Error} */ (error).message}`));
    }
  }

  /**
   * Returns the tree of a number, which is planted if the page does not know it.
   *
   * @param {number} number
   * @returns {StepTree}
   */
  plantTree(number) {
    const tree = this.trees.get(number) ?? new StepTree();
    this.trees.set(number, tree);
    this.treeNumber = number;
    return tree;
  }

  /**
   * Shows the current step, or the error.
   *
   * @param {HistoryMode} mode
   * @returns {Promise<boolean>} whether the service answered.
   */
  async tryToShow(mode) {
    try {
      await this.show(mode);
      return true;
    } catch (error) {
      showError(error);
      return false;
    }
  }

  /**
   * Asks the service for what is not known yet, and shows the current step.
   *
   * @param {HistoryMode} mode
   */
  async show(mode) {
    const request = (this.latest += 1);
    const document = this.document();
    const path = this.tree.past();
    this.tree.keepAnswersOf(settingsKey(document));
    const unknown = path.findIndex((node) => node.answer === null);
    const known = unknown < 0 ? path.length : unknown;
    const simulation = await simulate(document, known);
    if (request !== this.latest) return;
    simulation.steps.forEach((answer, position) => {
      const node = path[known + position];
      if (node) node.answer = answer;
    });
    const past = path.flatMap((node) => node.answer ?? []);
    this.view = { vocabulary: this.vocabulary, document, simulation, past };
    hideError();
    this.render(this.view);
    await this.remember(document, mode);
    const { resolution, situation } = simulation;
    await this.diagram.show(document, resolution.plan, situation, past.at(-1) ?? null);
  }

  /** @param {View} view */
  render(view) {
    const goTo = (/** @type {TreeNode} */ node) => void this.goTo(node);
    this.header.show(view);
    this.showSettings(view.document);
    showPlan(byId("plan"), view.simulation.resolution, this.vocabulary);
    showNow(byId("now"), view);
    this.showMeeting(view);
    showWays(byId("ways"), this.tree, goTo);
    showTimeline(byId("timeline"), this.tree, this.vocabulary, goTo);
    announce(spokenSituation(view));
  }

  /**
   * Writes the scenario into the address.
   *
   * @param {ScenarioDocument} document
   * @param {HistoryMode} mode
   */
  async remember(document, mode) {
    const request = this.latest;
    const hash = await encodeLink(document);
    if (request !== this.latest || mode === "keep" || hash === location.hash) return;
    const state = { tree: this.treeNumber };
    if (mode === "push") history.pushState(state, "", hash);
    else history.replaceState(state, "", hash);
  }
}

async function start() {
  installTheme(byId("theme"));
  installHints();
  onTokenNeeded(askForToken);
  try {
    const page = new Page(await fetchVocabulary());
    await page.openLink();
  } catch (error) {
    showError(error);
  }
}

void start();
