/** The part in which any event can be tried, under any plan. */

import { element } from "../../simulator/page/dom.js";
import { check, choice, labelled, select } from "./controls.js";
import { Graph, participantOf } from "./graph.js";
import { pathFragment } from "./link.js";
import { planNumber, recordingOf, recordingWords, switchesOf, switchWord, unique } from "./plans.js";
import { announce, nowElements, replaceContent, scrollToCurrent, spokenAnswer, Stage, timeline, whoElement } from "./view.js";

/** @import { Answer, BookData, BookEvent, PictureData, Place, Plan, ShownMoment, ShownStep } from "./types.js" */
/** @import { Words } from "./words.js" */

const NAMES = ["alice", "bob", "carol"];

/** @typedef {{ event: BookEvent, answer: Answer, after: Place }} Taken */

export class Explorer {
  /**
   * @param {HTMLElement} root
   * @param {BookData} book
   * @param {Words} words
   */
  constructor(root, book, words) {
    this.book = book;
    this.words = words;
    this.graph = new Graph(book.graph);
    this.plan = 0;
    this.names = NAMES;
    /** @type {Place} */
    this.start = this.graph.opening();
    /** @type {Taken[]} */
    this.steps = [];
    this.current = 0;
    /** The number of steps that another plan had, and that this one cannot have. */
    this.leftOut = 0;
    this.controls = element("div", { class: "controls" });
    this.stage = new Stage(root, this.controls);
  }

  /** Returns the place of the current step. */
  get place() {
    return this.steps[this.current - 1]?.after ?? this.start;
  }

  /**
   * Sends an event; the steps after the current one are forgotten.
   *
   * @param {BookEvent} event
   */
  send(event) {
    this.steps.length = this.current;
    this.leftOut = 0;
    this.take(event);
    this.show(this.words);
    const step = this.shownSteps()[this.current - 1];
    if (step) announce(spokenAnswer(this.moment(), step, this.words));
  }

  /** @param {BookEvent} event */
  take(event) {
    const { answer, after } = this.graph.answer(this.plan, this.place, event);
    this.steps.push({ event, answer, after });
    this.current = this.steps.length;
  }

  /**
   * Takes the same events under another plan, as far as the book has them.
   *
   * @param {number} plan
   */
  choosePlan(plan) {
    this.takeAll(plan, this.steps.map((step) => step.event));
    announce(this.words.planFacts(this.planNow).join(", "));
  }

  /**
   * Takes the path of a link.
   *
   * @param {Plan} plan
   * @param {BookEvent[]} events
   */
  follow(plan, events) {
    const named = events.flatMap((event) => participantOf(event) ?? []);
    this.names = unique([...named, ...NAMES]).slice(0, NAMES.length);
    this.takeAll(planNumber(this.book.graph.plans, plan), events);
  }

  /**
   * Takes events from the opening on, as far as the book has them.
   *
   * @param {number} plan
   * @param {BookEvent[]} events
   */
  takeAll(plan, events) {
    this.leftOut = 0;
    this.plan = plan;
    this.start = this.graph.opening();
    this.steps = [];
    this.current = 0;
    try {
      for (const event of events) this.take(event);
    } catch {
      // An event that meets another situation here, and that the book does not try there.
      this.leftOut = events.length - this.steps.length;
    }
    this.show(this.words);
  }

  /**
   * Begins in a situation of an example.
   *
   * @param {number} plan
   * @param {Place} place
   */
  beginAt(plan, place) {
    this.plan = plan;
    this.start = place;
    this.leftOut = 0;
    this.names = [...place.names, ...NAMES.filter((name) => !place.names.includes(name))].slice(0, NAMES.length);
    this.steps = [];
    this.current = 0;
    this.show(this.words);
  }

  restart() {
    this.names = NAMES;
    this.leftOut = 0;
    this.start = this.graph.opening();
    this.steps = [];
    this.current = 0;
    this.show(this.words);
  }

  /** @param {number} number */
  goTo(number) {
    this.current = number;
    this.show(this.words);
    const step = this.shownSteps()[number - 1];
    announce(step ? spokenAnswer(this.moment(), step, this.words) : this.words.text("opens"));
  }

  /** @returns {Plan} */
  get planNow() {
    return /** @type {Plan} */ (this.book.graph.plans[this.plan]);
  }

  /** @returns {PictureData} */
  get pictureNow() {
    return /** @type {PictureData} */ (this.book.pictures[this.book.plan_pictures[this.plan] ?? 0]);
  }

  /** @returns {ShownMoment} */
  moment() {
    const { state, kind, client, ended, people, timers } = this.graph.situation(this.place);
    const { names } = this.place;
    return {
      state, kind, ended,
      client: client === null ? null : names[client] ?? null,
      people: people.map((person, position) => ({ id: names[position] ?? "", ...person })),
      timers: timers.map((timer) => ({ timer, remaining: null })),
    };
  }

  /** @returns {ShownStep[]} */
  shownSteps() {
    const { rows } = this.pictureNow;
    /** @type {Place} */
    let before = this.start;
    return this.steps.map(({ event, answer, after }) => {
      const taken = answer.row === null ? undefined : rows[String(answer.row)];
      const step = {
        event, before: this.graph.situation(before).state, state: this.graph.situation(after).state,
        refused: answer.refused, rules: answer.rules, no_more: answer.no_more,
        recorder: answer.recorder, timers: answer.timers,
        taken: taken === undefined ? [] : [taken],
        attempts: answer.attempts.flatMap(([row, guard]) => {
          const transition = rows[String(row)];
          return transition === undefined ? [] : [{ transition, guard }];
        }),
        needs: [...new Set(answer.failed ? [answer.failed] : answer.attempts.map(([, guard]) => guard))],
        why: {}, unexpected: [],
      };
      before = after;
      return step;
    });
  }

  /**
   * Shows everything in a language.
   *
   * @param {Words} words
   */
  show(words) {
    this.words = words;
    const steps = this.shownSteps();
    const step = steps[this.current - 1] ?? null;
    this.stage.frame.setAttribute("aria-label", words.text("picture"));
    replaceContent(this.controls, ...this.planElements(), ...this.participantElements(), this.outsideElements());
    replaceContent(this.stage.now, ...nowElements(this.moment(), step, words));
    const list = timeline(steps, this.current, words, (number) => this.goTo(number), true);
    const note = words.text("left out", { count: String(this.leftOut) });
    replaceContent(this.stage.history, this.historyButtons(), list, ...(this.leftOut > 0 ? [element("p", { class: "muted" }, note)] : []));
    scrollToCurrent(list);
    this.stage.picture.show(this.pictureNow, this.moment().state, step, words);
  }

  historyButtons() {
    const { words } = this;
    return element(
      "div",
      { class: "buttons" },
      element("h3", {}, words.text("steps")),
      element("button", {
        type: "button", "data-key": "back", disabled: this.current === 0, listen: { click: () => this.goTo(this.current - 1) },
      }, words.text("back")),
      ...(this.start.node === this.book.graph.opening ? [this.linkButton()] : []),
      element("button", { type: "button", "data-key": "again", listen: { click: () => this.restart() } }, words.text("again")),
    );
  }

  /** Returns the button that makes the address of the page lead to the current step. */
  linkButton() {
    const { words } = this;
    const click = () => {
      location.hash = pathFragment(this.planNow, this.steps.slice(0, this.current).map((step) => step.event));
      announce(words.text("linked"));
      this.stage.history.append(element("p", { class: "muted" }, words.text("linked")));
    };
    return element("button", { type: "button", "data-key": "link", listen: { click } }, words.text("link"));
  }

  // -- the plan ------------------------------------------------------------------------------

  planElements() {
    const { words } = this;
    const { plans } = this.book.graph;
    const plan = this.planNow;
    const grace = Math.max(...plans.map((each) => each.grace));
    const empty = Math.max(...plans.map((each) => each.end_when_empty ?? 0));
    const recordings = unique(plans.map(recordingOf));
    const switches = unique(plans.filter((each) => recordingOf(each) === recordingOf(plan)).map(switchesOf));
    /** @param {Partial<Plan>} changes */
    const choose = (changes) => this.choosePlan(planNumber(plans, { ...plan, ...changes }));
    return [
      element("h3", {}, words.text("plan")),
      select("plan recording", words.text("records"), recordings, recordingOf(plan),
        (key) => recordingWords(JSON.parse(key), words),
        (key) => {
          const [kind, started_by, host_may_pause] = JSON.parse(key);
          choose({ kind, started_by, host_may_pause });
        }),
      select("plan switches", words.text("switches"), switches, switchesOf(plan),
        (key) => words.text(switchWord(key)), (key) => choose({ kinds: key.split(" ").filter(Boolean) })),
      check("plan grace", words.text("with grace", { length: words.duration(grace) }), plan.grace > 0,
        (on) => choose({ grace: on ? grace : 0 })),
      check("plan empty", words.text("with empty", { length: words.duration(empty) }), plan.end_when_empty !== null,
        (on) => choose({ end_when_empty: on ? empty : null })),
    ];
  }

  // -- participants ----------------------------------------------------------------------------

  participantElements() {
    const { words } = this;
    const present = new Map(this.moment().people.map((person) => [person.id, person]));
    return [
      element("h3", {}, words.text("participants")),
      ...this.names.map((name) => {
        const person = present.get(name);
        return person ? this.presentCard(person) : this.absentCard(name);
      }),
    ];
  }

  /** @param {{ id: string, role: string, platform: string }} person */
  presentCard({ id, role, platform }) {
    const { words } = this;
    const records = this.moment().client === id;
    return element(
      "section",
      { class: "participant", "aria-label": id },
      whoElement(
        id,
        words.list([words.name(role), words.platformClass(platform)]),
        ...(records ? [element("span", { class: "tag strong" }, words.text("records here"))] : []),
      ),
      element("div", { class: "buttons" }, ...this.commandButtons(id, role)),
      this.more(id, [this.joinAgain(id)]),
    );
  }

  /** @param {string} id */
  absentCard(id) {
    const { words } = this;
    const { roles, classes, versions } = this.book;
    const fields = {
      role: choice(`${id} role`, roles, (role) => words.name(role)),
      platform: choice(`${id} platform`, classes, (each) => words.platformClass(each)),
      version: choice(`${id} version`, versions.map((each) => each ?? ""), (each) => words.version(each || null)),
    };
    for (const [name, field] of Object.entries(fields)) {
      field.value = this.chosen.get(`${id} ${name}`) ?? field.value;
      field.addEventListener("change", () => this.chosen.set(`${id} ${name}`, field.value));
    }
    const join = () => this.send({
      join: { id, role: fields.role.value, platform: fields.platform.value, version: fields.version.value || null },
    });
    return element(
      "section",
      { class: "participant", "aria-label": id },
      whoElement(id, words.text("absent")),
      element(
        "div",
        { class: "join-form" },
        labelled(words.text("role of"), fields.role),
        labelled(words.text("platform of"), fields.platform),
        labelled(words.text("version of"), fields.version),
        element("button", {
          type: "button", class: "primary", "data-key": `${id} join`, listen: { click: join },
          "aria-label": `${words.text("do join")}: ${id}`,
        }, words.text("do join")),
      ),
      this.more(id, this.commandButtons(id, "")),
    );
  }

  /** What was picked in the forms of those who are absent, which are made anew after each step. */
  chosen = new Map([["bob role", "member"], ["bob platform", "ios"], ["carol role", "member"]]);

  /**
   * @param {string} id
   * @param {Node[]} buttons
   */
  more(id, buttons) {
    return element(
      "details",
      { "data-key": `${id} more` },
      element("summary", { "data-key": `${id} summary` }, this.words.text("unlikely")),
      element("div", { class: "buttons" }, ...buttons),
    );
  }

  /** @param {string} id */
  joinAgain(id) {
    const { roles, classes, versions } = this.book;
    const event = { join: { id, role: roles[0], platform: classes[0], version: versions[0] } };
    return this.eventButton("do join again", {}, event);
  }

  /**
   * @param {string} id
   * @param {string} role - the present role; empty for somebody who is absent.
   */
  commandButtons(id, role) {
    const { words } = this;
    return [
      this.eventButton("do leave", {}, { leave: { id } }),
      ...this.book.roles
        .filter((other) => other !== role)
        .map((other) => this.eventButton("do role", { role: words.name(other) }, { role: { id, role: other } })),
      ...this.book.kinds.map((kind) =>
        this.eventButton("do start", { kind: words.label(kind) }, { start: { by: id, kind } })),
      this.eventButton("do pause", {}, { pause: { by: id } }),
      this.eventButton("do resume", {}, { resume: { by: id } }),
      this.eventButton("do stop", {}, { stop: { by: id } }),
      this.eventButton("do end", {}, { end: { by: id } }),
    ];
  }

  // -- others ----------------------------------------------------------------------------------

  outsideElements() {
    const { words } = this;
    const { timers } = this.book;
    const firings = (/** @type {string} */ name, /** @type {string} */ set) =>
      timers.map((timer) => this.eventButton(name, { timer: words.timer(timer) }, { time_up: { timer, set } }));
    return element(
      "section",
      { class: "outside" },
      element("h3", {}, words.text("outside")),
      element(
        "div",
        { class: "buttons" },
        this.eventButton("do server end", {}, { end: { by: null } }),
        this.eventButton("do fail", {}, { recorder_failed: {} }),
        ...firings("do up", "current"),
      ),
      this.more("timers", firings("do stale", "stale")),
    );
  }

  /**
   * Returns the button of an event. One that would be refused looks so, and can be pressed.
   *
   * @param {string} name - the name of its words.
   * @param {Record<string, string>} values
   * @param {BookEvent} event
   */
  eventButton(name, values, event) {
    const { words } = this;
    const text = words.text(name, values);
    const { refused } = this.graph.answer(this.plan, this.place, event).answer;
    const note = refused === null ? null : words.text("refused note", { reason: words.reason(refused) });
    const who = Object.values(event)[0] ?? {};
    const subject = who["id"] ?? who["by"];
    return element("button", {
      type: "button", "data-key": JSON.stringify(event), class: refused === null ? "event" : "event would-refuse",
      ...(subject ? { "aria-label": `${text}: ${subject}` } : {}),
      ...(note === null ? {} : { title: note, "aria-description": note }),
      listen: { click: () => this.send(event) },
    }, text);
  }
}
