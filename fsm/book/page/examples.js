/** The examples: one is chosen, and stepped through. */

import { element } from "../../simulator/page/dom.js";
import { Listbox } from "./listbox.js";
import { announce, nowElements, replaceContent, ruleLink, scrollToCurrent, spokenAnswer, Stage, timeline } from "./view.js";

/** @import { BookData, Example, ExampleMoment, PictureData, Place, ShownStep } from "./types.js" */
/** @import { Words } from "./words.js" */

export class Examples {
  /**
   * @param {HTMLElement} root
   * @param {BookData} book
   * @param {Words} words
   * @param {(plan: number, place: Place) => void} goOn - goes on from a situation.
   */
  constructor(root, book, words, goOn) {
    this.book = book;
    this.words = words;
    this.goOn = goOn;
    this.number = 0;
    this.current = 0;
    /** The language in which the examples are listed. */
    this.listed = "";
    this.listName = element("h3");
    this.list = new Listbox((number) => this.choose(number));
    this.details = element("div", { class: "controls" });
    this.controls = element(
      "div", { class: "controls" }, this.listName, this.list.root, this.details,
    );
    this.stage = new Stage(root, this.controls);
  }

  /** @returns {Example} */
  get example() {
    return /** @type {Example} */ (this.book.examples[this.number]);
  }

  /** @param {number} number */
  choose(number) {
    this.number = number;
    this.current = 0;
    this.show(this.words);
    announce(this.title);
  }

  /** @param {number} number */
  goTo(number) {
    this.current = Math.min(Math.max(number, 0), this.example.steps.length);
    this.show(this.words);
    const step = this.shownSteps()[this.current - 1];
    announce(step ? spokenAnswer(this.moment, step, this.words) : this.words.text("opens"));
  }

  get title() {
    return this.example.title[this.words.lang] ?? "";
  }

  /** @returns {ExampleMoment} */
  get moment() {
    return /** @type {ExampleMoment} */ (this.example.moments[this.current]);
  }

  /** @returns {ShownStep[]} */
  shownSteps() {
    return this.example.steps.map((step) => ({
      ...step, needs: [...new Set(step.attempts.map(({ guard }) => guard))],
    }));
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
    const picture = /** @type {PictureData} */ (this.book.pictures[this.example.picture]);
    this.stage.frame.setAttribute("aria-label", words.text("picture"));
    this.showList();
    replaceContent(this.details, ...this.detailElements());
    replaceContent(this.stage.now, ...nowElements(this.moment, step, words), this.people());
    const list = timeline(steps, this.current, words, (number) => this.goTo(number), false);
    replaceContent(this.stage.history, this.stepButtons(), list);
    scrollToCurrent(list);
    this.stage.picture.show(picture, this.moment.state, step, words);
  }

  people() {
    return element(
      "ul",
      { class: "people" },
      ...this.moment.people.map(({ id, role, platform }) =>
        element("li", {}, element("strong", { dir: "auto" }, id), ` ${this.words.list([this.words.name(role), this.words.name(platform)])}`)),
    );
  }

  /** Shows the list of the examples, which stays as it is while one of them is stepped through. */
  showList() {
    const { words } = this;
    if (this.listed !== words.lang) {
      this.listed = words.lang;
      /** @type {Map<string, string[]>} */
      const groups = new Map();
      for (const { rule, title } of this.book.examples) {
        const name = rule === null ? words.text("several rules") : `${rule} · ${words.title(rule)}`;
        groups.set(name, [...(groups.get(name) ?? []), title[words.lang] ?? ""]);
      }
      this.listName.textContent = words.text("example");
      this.list.fill(words.text("example"), groups);
    }
    this.list.select(this.number);
  }

  detailElements() {
    const { words, example, title } = this;
    return [
      element("h3", {}, title),
      ...(example.rule === null ? [] : [element("p", {}, ruleLink(example.rule, words), ` ${words.title(example.rule)}`)]),
      element("h4", {}, words.text("plan")),
      element("ul", { class: "facts" }, ...words.planFacts(example.plan).map((fact) => element("li", {}, fact))),
      element("h4", {}, words.text("reasons")),
      element("ul", { class: "facts" }, ...(example.why[words.lang] ?? []).map((reason) => element("li", {}, reason))),
      element("h4", {}, words.text("settings")),
      element("ul", { class: words.lang === "en" ? "facts code" : "facts" }, ...(example.settings[words.lang] ?? []).map((line) => element("li", {}, line))),
    ];
  }

  stepButtons() {
    const { words, current, example } = this;
    /**
     * @param {string} name
     * @param {number} target
     * @param {boolean} disabled
     */
    const move = (name, target, disabled) => element("button", {
      type: "button", "data-key": name, disabled, listen: { click: () => this.goTo(target) },
    }, words.text(name));
    const { node, names } = this.moment;
    const { number } = example;
    const goOn = node === null || number === null
      ? []
      : [element("button", {
          type: "button", "data-key": "go on", listen: { click: () => this.goOn(number, { node, names }) },
        }, words.text("go on"))];
    return element(
      "div",
      { class: "buttons" },
      element("h3", {}, words.text("steps")),
      move("first", 0, current === 0),
      move("previous", current - 1, current === 0),
      move("next", current + 1, current === example.steps.length),
      ...goOn,
    );
  }
}
