/** Who is in a live meeting, its timers, and the events that may be sent to it. */

import { button } from "./controls.js";
import { replaceContent } from "./content.js";
import { element } from "./dom.js";
import { createJoinForm, timerElement } from "./meeting.js";
import { participantElement } from "./participants.js";
import { LIVE } from "./words.js";

/** @import { Step, View, Vocabulary } from "./types.js" */

/**
 * Fills the panel and returns the functions that show a moment in it.
 *
 * @param {HTMLElement} container
 * @param {Vocabulary} vocabulary
 * @param {(step: Step) => void} send
 */
export function createLivePanel(container, vocabulary, send) {
  const join = createJoinForm(vocabulary, send);
  const note = element("p", { class: "muted" });
  const present = element("div", { class: "participants", tabindex: -1 });
  const timers = element("div", { class: "timers" });
  const server = element(
    "div",
    {},
    element("h3", {}, LIVE.server),
    element(
      "div",
      { class: "buttons" },
      button(LIVE.endByServer, () => send({ end: {} })),
      button(LIVE.recorderFails, () => send({ recorder_failed: {} })),
    ),
  );
  container.append(
    element("div", { class: "people" }, note, join.element, element("h3", {}, LIVE.participants), present),
    element("div", { class: "outside" }, element("h3", {}, LIVE.time), timers, server),
  );
  return {
    /**
     * @param {View} view
     * @param {string | null} blocked - why nothing can be sent; null if it can.
     */
    show: (view, blocked) => {
      const { participants, client } = view.simulation.situation;
      const notes = { [LIVE.whyReadOnly]: LIVE.readOnly, "": LIVE.acts };
      note.textContent = notes[blocked ?? ""] ?? "";
      note.hidden = note.textContent === "";
      join.element.hidden = blocked !== null;
      server.hidden = blocked !== null;
      join.suggest(view);
      replaceContent(
        present,
        ...(participants.length === 0
          ? [element("p", { class: "muted" }, LIVE.nobody)]
          : participants.map((each) => participantElement(each, client, vocabulary, blocked ?? send))),
      );
    },
    /**
     * @param {View} view
     * @param {number} passed - the milliseconds since the view was answered.
     */
    showTimers: ({ simulation: { situation, resolution } }, passed) => {
      const { plan } = resolution;
      const lengths = { grace: plan.grace, empty: plan.end_when_empty ?? 0 };
      timers.replaceChildren(
        ...(situation.timers.length === 0 ? [element("p", { class: "muted" }, LIVE.noTimers)] : []),
        ...situation.timers.map((timer) => {
          const remaining = Math.max(0, Math.ceil((timer.remaining - passed) / 1000) * 1000);
          return timerElement({ ...timer, remaining }, lengths);
        }),
      );
    },
  };
}
