/** A live meeting: its recorded answers as they come, and each of its past moments. */

import { ApiError, fetchMoment, fetchPast, sendEvent } from "./api.js";
import { byId, nameElement } from "./content.js";
import { DiagramView } from "./diagram.js";
import { createLivePanel } from "./live-panel.js";
import { follow } from "./live-stream.js";
import { announce, hideError, showError } from "./messages.js";
import { showNow, spokenSituation } from "./now.js";
import { StepTree, stepNumber } from "./path.js";
import { showPlan } from "./plan.js";
import { completeScenario } from "./scenario.js";
import { createSettingsForm } from "./settings.js";
import { showTimeline } from "./timeline.js";
import { LIVE } from "./words.js";

/** @import { Moment, ScenarioDocument, SimulatedStep, View, Vocabulary } from "./types.js" */
/** @import { TreeNode } from "./path.js" */

export class LiveView {
  /**
   * @param {Vocabulary} vocabulary
   * @param {(scenario: ScenarioDocument) => Promise<void>} tryScenario
   */
  constructor(vocabulary, tryScenario) {
    this.vocabulary = vocabulary;
    this.meeting = "";
    this.tree = new StepTree();
    /** @type {Moment | null} */
    this.moment = null;
    /** @type {View | null} */
    this.view = null;
    this.answeredAt = 0;
    this.stop = new AbortController();
    this.diagram = new DiagramView(byId("live-diagram"), byId("live-whole"));
    this.showSettings = createSettingsForm(byId("live-settings"), vocabulary, () => {}, () => {});
    this.panel = createLivePanel(byId("live-meeting"), vocabulary, (event) => {
      // The answer comes with the stream, like everybody's.
      sendEvent(this.meeting, event).then(hideError, showError);
    });
    byId("newest").addEventListener("click", () => void this.goTo(this.tree.end));
    byId("try").addEventListener("click", () => {
      fetchPast(this.meeting, stepNumber(this.tree.current))
        .then((past) => tryScenario(completeScenario(past)))
        .catch(showError);
    });
    setInterval(() => this.tick(), 1_000);
  }

  /** @param {string} meeting */
  open(meeting) {
    if (meeting === this.meeting) return;
    this.close();
    this.meeting = meeting;
    this.forget();
    byId("live-name").replaceChildren(nameElement(meeting));
    this.say(LIVE.connecting);
    this.stop = new AbortController();
    const { signal } = this.stop;
    const listener = {
      known: () => stepNumber(this.tree.end),
      changed: () => this.readNew(signal),
      connected: () => this.say(LIVE.connected),
      lost: (/** @type {number} */ pause, /** @type {unknown} */ error) => {
        if (this.moment === null && error) showError(error);
        if (error instanceof ApiError && error.status === 404) {
          // Another attempt would find no meeting either.
          this.stop.abort();
          this.say(LIVE.unknown, "lost");
          return;
        }
        this.say(LIVE.lost(pause / 1000), "lost");
      },
    };
    void follow(meeting, listener, signal).then(() => {
      if (!signal.aborted) this.say(LIVE.ended);
    });
  }

  close() {
    this.stop.abort();
    this.meeting = "";
  }

  forget() {
    this.tree = new StepTree();
    this.moment = null;
    this.view = null;
    byId("live-main").classList.add("waiting");
  }

  /**
   * Reads the entries that are not known yet, and shows them if the last one was shown.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether more entries may come.
   */
  async readNew(signal) {
    for (;;) {
      const known = stepNumber(this.tree.end);
      const moment = await fetchMoment(this.meeting, known);
      if (signal.aborted) return false;
      if (moment.last < known) {
        // The journal was restored from a backup: it no longer has what the page shows.
        this.forget();
        continue;
      }
      const following = this.tree.current === this.tree.end;
      for (const step of moment.steps) append(this.tree, step);
      if (moment.shown < moment.last) {
        if (following) this.tree.current = this.tree.end;
        continue;
      }
      if (following) {
        this.tree.current = this.tree.end;
        await this.show(moment);
      } else if (this.moment) {
        this.moment = { ...this.moment, last: moment.last };
        this.showHistory();
      }
      return !moment.situation.ended;
    }
  }

  /**
   * Shows the moment after an entry.
   *
   * @param {TreeNode} node
   */
  async goTo(node) {
    const { signal } = this.stop;
    const number = stepNumber(node);
    try {
      const moment = await fetchMoment(this.meeting, number, number);
      if (signal.aborted) return;
      this.tree.current = node;
      await this.show(moment);
    } catch (error) {
      showError(error);
    }
  }

  /** @param {Moment} moment */
  async show(moment) {
    this.moment = moment;
    byId("live-main").classList.remove("waiting");
    this.answeredAt = performance.now();
    const document = completeScenario({ .../** @type {object} */ (moment.settings), events: [] });
    const past = this.tree.past().flatMap((node) => node.answer ?? []);
    this.view = { vocabulary: this.vocabulary, document, simulation: moment, compared: null, other: null, differences: [], past };
    const { resolution, situation } = moment;
    const lit = this.diagram.show(document, resolution.plan, situation, past.at(-1) ?? null);
    this.showSettings(document, moment.idle_settings);
    showPlan(byId("live-plan"), resolution, this.vocabulary);
    showNow(byId("live-now"), this.view);
    this.panel.show(this.view, this.blocked(moment));
    this.panel.showTimers(this.view, 0);
    this.showHistory();
    announce(spokenSituation(this.view));
    await lit;
  }

  /** Shows the entries, and whether the last one is in sight. */
  showHistory() {
    const goTo = (/** @type {TreeNode} */ node) => void this.goTo(node);
    showTimeline(byId("live-timeline"), this.tree, this.vocabulary, goTo);
    byId("live-moment").hidden = this.tree.current === this.tree.end;
    const [number, last] = [stepNumber(this.tree.current), stepNumber(this.tree.end)];
    byId("live-moment-text").textContent = number === 0 ? LIVE.opening(last) : LIVE.past(number, last);
  }

  /**
   * Returns why no event can be sent from here; null if one can.
   *
   * @param {Moment} moment
   */
  blocked({ may_send: may, situation }) {
    if (!may) return LIVE.whyReadOnly;
    if (this.tree.current !== this.tree.end) return LIVE.whyPast;
    return situation.ended ? LIVE.whyOver : null;
  }

  /** Lets the timers of the present moment run. */
  tick() {
    if (!this.view || this.meeting === "" || this.tree.current !== this.tree.end) return;
    this.panel.showTimers(this.view, performance.now() - this.answeredAt);
  }

  /**
   * @param {string} text
   * @param {string} [className]
   */
  say(text, className = "") {
    const status = byId("live-status");
    status.className = className;
    if (status.textContent !== text) status.textContent = text;
  }
}

/**
 * @param {StepTree} tree
 * @param {SimulatedStep} answer
 */
function append(tree, answer) {
  const node = { parent: tree.end, step: answer.event, children: [], answer };
  tree.end.children.push(node);
  tree.end = node;
}
