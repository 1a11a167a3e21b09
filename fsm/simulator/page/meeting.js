/** The meeting: its time and timers, its participants, and what may happen to all of them. */

import { button, field, optionsOf, select } from "./controls.js";
import { replaceContent } from "./content.js";
import { element } from "./dom.js";
import { named, t } from "./language.js";
import { participantElement } from "./participants.js";
import { duration } from "./words.js";

/** @import { RunningTimer, Step, View, Vocabulary } from "./types.js" */

const NAMES = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];

/**
 * Fills the panel and returns the function that shows a situation in it.
 *
 * @param {HTMLElement} container
 * @param {Vocabulary} vocabulary
 * @param {(step: Step) => void} take
 */
export function createMeetingPanel(container, vocabulary, take) {
  const time = createTime(vocabulary, take);
  const join = createJoinForm(vocabulary, take);
  const present = element("div", { class: "participants", tabindex: -1 });
  container.append(
    element("div", { class: "people" }, join.element, element("h3", {}, t("Participants")), present),
    // Time stays in sight, however many participants there are.
    element(
      "div",
      { class: "outside" },
      element("h3", {}, t("Time")),
      time.element,
      element("h3", {}, t("Server and recorder")),
      element(
        "div",
        { class: "buttons" },
        button(t("End by server"), () => take({ end: {} })),
        button(t("Recorder fails"), () => take({ recorder_failed: {} })),
      ),
    ),
  );

  /** @param {View} view */
  return (view) => {
    const { participants, client } = view.simulation.situation;
    join.suggest(view);
    time.show(view);
    replaceContent(
      present,
      ...(participants.length === 0
        ? [element("p", { class: "muted" }, t("Nobody is present."))]
        : participants.map((each) => participantElement(each, client, view.vocabulary, take))),
    );
  };
}

/**
 * @param {Vocabulary} vocabulary
 * @param {(step: Step) => void} take
 */
export function createJoinForm(vocabulary, take) {
  const id = element("input", { type: "text", dir: "auto", autocomplete: "off", spellcheck: "false", required: true });
  const role = select(optionsOf("role", vocabulary.roles));
  const platform = select(optionsOf("platform", vocabulary.platforms));
  const version = element("input", { type: "text", autocomplete: "off", placeholder: t("unknown") });
  version.value = "3.20";
  let suggested = "";
  const form = element(
    "form",
    {
      class: "join-form",
      "aria-label": t("Add a participant"),
      listen: {
        submit: (event) => {
          event.preventDefault();
          const known = version.value.trim() === "" ? {} : { version: version.value };
          suggested = id.value;
          take({ join: { id: id.value, role: role.value, platform: platform.value, ...known } });
        },
      },
    },
    field(t("Id"), id),
    field(t("Role"), role),
    field(t("Platform"), platform),
    field(t("Version"), version),
    element("button", { type: "submit", class: "primary" }, t("Add participant")),
  );
  return {
    element: form,
    /**
     * Suggests the next participant, unless another id is being typed.
     *
     * @param {View} view
     */
    suggest: ({ past, simulation }) => {
      if (id.value !== suggested) return;
      const used = new Set(past.map(({ event }) => /** @type {any} */ (event["join"])?.id));
      suggested = NAMES.find((name) => !used.has(name)) ?? `guest-${used.size}`;
      id.value = suggested;
      // A meeting begins with its host; after that, members are the more usual guests.
      const hosted = simulation.situation.participants.length > 0;
      role.value = vocabulary.roles[hosted ? vocabulary.roles.length - 1 : 0] ?? "";
    },
  };
}

/**
 * @param {Vocabulary} vocabulary
 * @param {(step: Step) => void} take
 */
function createTime(vocabulary, take) {
  const wait = (/** @type {number} */ seconds) => take({ wait: seconds });
  const seconds = element("input", {
    type: "number", min: 0, max: vocabulary.max_wait, step: 0.001, placeholder: t("seconds"),
    "aria-label": t("Seconds to wait"), "data-key": "wait", required: true,
  });
  let due = 0;
  const next = button(t("Next timer"), () => {
    if (due > 0) wait(due / 1000);
  });
  const timers = element("div", { class: "timers" });
  const panel = element(
    "div",
    { class: "time" },
    timers,
    element(
      "div",
      { class: "buttons" },
      button(t("+1 s"), () => wait(1)),
      button(t("+10 s"), () => wait(10)),
      button(t("+1 min"), () => wait(60)),
    ),
    element(
      "form",
      {
        class: "wait-form",
        listen: {
          submit: (event) => {
            event.preventDefault();
            wait(Number(seconds.value));
          },
        },
      },
      next,
      seconds,
      element("button", { type: "submit" }, t("Wait")),
    ),
  );
  return {
    element: panel,
    /** @param {View} view */
    show: ({ simulation: { situation, resolution } }) => {
      due = Math.min(...situation.timers.map(({ remaining }) => remaining));
      if (!Number.isFinite(due)) due = 0;
      next.setAttribute("aria-disabled", String(due === 0));
      const lengths = { grace: resolution.plan.grace, empty: resolution.plan.end_when_empty ?? 0 };
      replaceContent(timers, ...situation.timers.map((timer) => timerElement(timer, lengths)));
    },
  };
}

/**
 * @param {RunningTimer} timer
 * @param {Record<string, number>} lengths - the seconds for which each timer runs, by its name.
 */
export function timerElement({ timer, remaining, means }, lengths) {
  const length = Math.max(remaining, (lengths[timer] ?? 0) * 1000);
  return element(
    "div",
    { class: "timer" },
    element(
      "p",
      {},
      element("strong", {}, named("timer", timer)),
      element("span", { class: "clock" }, duration(remaining)),
    ),
    element("progress", { max: length, value: remaining, "aria-label": t("Timer {timer}", { timer: named("timer", timer) }) }),
    element("p", { class: "muted" }, means),
  );
}
