/** The page: its state, and who is called when it changes. */

import { fetchVocabulary, onTokenNeeded, simulate } from "./api.js";
import { askForToken } from "./dialogs.js";
import { Comparison } from "./compare.js";
import { button } from "./controls.js";
import { DiagramView } from "./diagram.js";
import { byId } from "./content.js";
import { element } from "./dom.js";
import { installHeader } from "./header.js";
import { installHints } from "./hints.js";
import { keepWays, takeKeptWays } from "./kept-ways.js";
import { installLanguage, t } from "./language.js";
import { decodeLink, encodeLink } from "./link.js";
import { createMeetingPanel } from "./meeting.js";
import { announce, hideError, hideNote, showError } from "./messages.js";
import { installNarrow } from "./narrow.js";
import { showNow, spokenSituation } from "./now.js";
import { StepTree } from "./path.js";
import { installPlayer } from "./player.js";
import { showPlan } from "./plan.js";
import { exampleScenario, settingsKey, settingsOf } from "./scenario.js";
import { installViews, isLiveLink } from "./views.js";
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
    const kept = takeKeptWays();
    if (kept) this.trees.set(...kept);
    this.treeNumber = 0;
    this.tree = this.plantTree(Date.now());
    /** @type {View | null} */
    this.view = null;
    /** The last of the changes, which take effect one after another; see `inTurn`. */
    this.changes = Promise.resolve();
    /** The number of changes of settings that wait: while there are some, the forms are ahead. */
    this.waitingSettings = 0;
    this.diagram = new DiagramView(byId("diagram"));
    this.showSettings = createSettingsForm(
      byId("settings"),
      vocabulary,
      (settings) => this.changeSettings(settings),
      (message) => showError(new Error(message)),
    );
    this.comparison = new Comparison(
      vocabulary,
      (settings) => this.compareWith(settings),
      (message) => showError(new Error(message)),
    );
    this.showMeeting = createMeetingPanel(byId("meeting"), vocabulary, (step) => this.take(step));
    this.header = installHeader(this);
    installPlayer(this);
    addEventListener("popstate", () => this.openLink());
    addEventListener("pagehide", () => keepWays(this.treeNumber, this.tree));
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
   * Lets a change wait for those before it, so that each click counts, and in its order.
   *
   * @param {() => Promise<void>} change
   */
  inTurn(change) {
    this.changes = this.changes.then(change).catch(showError);
    return this.changes;
  }

  /**
   * Lets a change of settings wait for those before it. What it changed in its form stays there.
   *
   * @param {() => Promise<void>} change
   */
  settingsInTurn(change) {
    this.waitingSettings += 1;
    return this.inTurn(() => {
      this.waitingSettings -= 1;
      return change();
    });
  }

  /**
   * Takes a step. One that the service refuses to play, such as an endless wait, leaves no trace.
   *
   * @param {Step} step
   */
  take(step) {
    return this.inTurn(async () => {
      const { tree } = this;
      const before = tree.current;
      tree.add(step);
      const added = tree.current;
      try {
        await this.show("push");
      } catch (error) {
        tree.drop(added, before);
        throw error;
      }
    });
  }

  /** @param {TreeNode} node */
  goTo(node) {
    return this.inTurn(async () => {
      this.tree.goTo(node);
      await this.show("push");
    });
  }

  /**
   * Goes by a number of steps along the way; beyond its ends nothing happens.
   *
   * @param {number} distance
   */
  goBy(distance) {
    return this.inTurn(async () => {
      const nodes = [this.tree.root, ...this.tree.way()];
      const node = nodes[nodes.indexOf(this.tree.current) + distance];
      if (!node) return;
      this.tree.goTo(node);
      await this.show("push");
    });
  }

  /** @param {Settings} settings */
  changeSettings(settings) {
    return this.settingsInTurn(async () => {
      this.scenario = { ...this.scenario, ...settings };
      await this.show("push");
    });
  }

  /** Begins a comparison with the present settings, which may then be changed, or ends it. */
  toggleComparison() {
    return this.compareWith(this.comparison.settings ? null : settingsOf(this.scenario));
  }

  /** @param {Settings | null} settings - null ends the comparison. */
  compareWith(settings) {
    return this.settingsInTurn(async () => {
      const before = this.comparison.settings;
      this.comparison.settings = settings;
      try {
        await this.show("push");
      } catch (error) {
        this.comparison.settings = before;
        throw error;
      }
    });
  }

  /** @param {string} title */
  changeTitle(title) {
    return this.inTurn(async () => {
      this.scenario = { ...this.scenario, title };
      if (!this.view || isLiveLink(location.hash)) return;
      this.view = { ...this.view, document: { ...this.view.document, title } };
      this.header.show(this.view);
      // Each letter would be an entry in the history.
      await this.remember(this.view.document, "replace");
    });
  }

  /**
   * Opens another scenario.
   *
   * @param {ScenarioDocument} scenario
   */
  open(scenario) {
    return this.inTurn(() => this.replace(scenario, "push", Date.now()));
  }

  /** Opens what the address says: at the start, after Back and Forward, and for a pasted link. */
  openLink() {
    return this.inTurn(async () => {
      if (isLiveLink(location.hash)) return;
      try {
        const link = await decodeLink(location.hash);
        this.comparison.settings = link?.other ?? null;
        await this.replace(link?.scenario ?? exampleScenario(), "keep", history.state?.tree ?? Date.now());
      } catch (error) {
        if (!this.view) await this.show("keep");
        const { message } = /** @type {Error} */ (error);
        throw new Error(`${t("This link cannot be opened.")} ${message}`, { cause: error });
      }
    });
  }

  /**
   * Replaces the scenario. If the service refuses the new one, the page stays as it is.
   *
   * @param {ScenarioDocument} scenario
   * @param {HistoryMode} mode
   * @param {number} treeNumber - the tree of its steps.
   */
  async replace(scenario, mode, treeNumber) {
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
   * Asks the service for what is not known yet, and shows the current step.
   *
   * @param {HistoryMode} mode
   */
  async show(mode) {
    const document = this.document();
    const path = this.tree.past();
    this.tree.keepAnswersOf(settingsKey(document));
    const unknown = path.findIndex((node) => node.answer === null);
    const known = unknown < 0 ? path.length : unknown;
    const other = this.comparison.settings;
    const [simulation, compared] = await Promise.all([
      simulate(document, known),
      other ? simulate({ ...document, ...other }, 0) : null,
    ]);
    if (compared) this.comparison.remember(path, compared);
    simulation.steps.forEach((answer, position) => {
      const node = path[known + position];
      if (node) node.answer = answer;
    });
    const past = path.flatMap((node) => node.answer ?? []);
    const differences = compared ? this.comparison.differences(path) : [];
    this.view = { vocabulary: this.vocabulary, document, simulation, compared, other, differences, past };
    hideError();
    hideNote();
    const { resolution, situation } = simulation;
    // First, so that the state is lit before the browser paints the rest.
    const lit = this.diagram.show(document, resolution.plan, situation, past.at(-1) ?? null);
    this.render(this.view);
    await Promise.all([lit, this.remember(document, mode)]);
  }

  /** @param {View} view */
  render(view) {
    const goTo = (/** @type {TreeNode} */ node) => void this.goTo(node);
    this.header.show(view);
    if (this.waitingSettings === 0) {
      this.showSettings(view.document, view.simulation.idle_settings);
      this.comparison.showForm(view.compared?.idle_settings ?? []);
    }
    showPlan(byId("plan"), view.simulation.resolution, this.vocabulary);
    showNow(byId("now"), view);
    this.showMeeting(view);
    showWays(byId("ways"), this.tree, goTo);
    this.comparison.show(view.compared, view.simulation.situation.state, view.differences);
    showTimeline(byId("timeline"), this.tree, this.vocabulary, goTo, (node) => this.comparison.differing(node));
    announce(spokenSituation(view));
  }

  /**
   * Writes the scenario into the address.
   *
   * @param {ScenarioDocument} document
   * @param {HistoryMode} mode
   */
  async remember(document, mode) {
    if (mode === "keep") return;
    const hash = await encodeLink(document, this.comparison.settings);
    if (hash === location.hash) return;
    const state = { tree: this.treeNumber };
    if (mode === "push") history.pushState(state, "", hash);
    else history.replaceState(state, "", hash);
  }
}

async function start() {
  installLanguage();
  installTheme(byId("theme"));
  installHints();
  installNarrow();
  onTokenNeeded(askForToken);
  try {
    const vocabulary = await fetchVocabulary();
    const page = new Page(vocabulary);
    installViews(vocabulary, (scenario) => page.open(scenario));
    await page.openLink();
  } catch (error) {
    showError(error);
    byId("now").replaceChildren(
      element("p", {}, t("The simulator has not started.")),
      element("p", {}, button(t("Try again"), () => location.reload())),
    );
  }
}

void start();
