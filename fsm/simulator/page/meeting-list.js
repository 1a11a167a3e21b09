/** The list of the meetings of the service, with a search. */

import { fetchMeetings } from "./api.js";
import { byId, nameElement } from "./content.js";
import { element } from "./dom.js";
import { lang } from "./language.js";
import { showError } from "./messages.js";
import { statePill } from "./now.js";
import { planFacts } from "./plan.js";
import { LIVE } from "./words.js";

/** @import { Overview } from "./types.js" */

const PAUSE = 250;

/**
 * Connects the search and returns what shows the list.
 *
 * @param {(meeting: string) => string} linkTo
 */
export function createMeetingList(linkTo) {
  const search = /** @type {HTMLInputElement} */ (byId("search"));
  const list = byId("list");
  const more = byId("more");
  let next = "";
  let asked = 0;
  let timer = 0;

  /** @param {string} after */
  const load = async (after) => {
    const number = (asked += 1);
    byId("list-status").textContent = LIVE.loading;
    try {
      const page = await fetchMeetings(search.value, after);
      // The answer to an earlier search may come after that to a later one.
      if (number !== asked) return;
      const items = page.meetings.map((meeting) => meetingItem(meeting, linkTo(meeting.id)));
      if (after === "") list.replaceChildren(...items);
      else list.append(...items);
      next = page.next ?? "";
      more.hidden = next === "";
      const count = list.childElementCount;
      byId("list-status").textContent = count === 0 ? LIVE.nothing : LIVE.found(count);
    } catch (error) {
      byId("list-status").textContent = "";
      showError(error);
    }
  };
  more.addEventListener("click", () => void load(next));
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void load("");
  });
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(""), PAUSE);
  });
  return { show: () => void load("") };
}

/**
 * @param {Overview} meeting
 * @param {string} link
 */
function meetingItem({ id, opened_at: opened, events, state, ended, plan, present }, link) {
  const facts = [
    // After the end nobody is in the meeting, although its journal has no leave of the last ones.
    ...(ended ? [] : [LIVE.present(present)]), planFacts(plan)[0] ?? LIVE.noPlan, LIVE.events(events),
    LIVE.opened(new Date(opened).toLocaleString(lang === "en" ? undefined : lang)),
  ];
  return element(
    "li",
    {},
    element(
      "a",
      { href: link },
      nameElement(id),
      element(
        "span",
        {},
        statePill(state),
        ...(ended ? [" ", element("span", { class: "tag strong" }, LIVE.over)] : []),
      ),
      element(
        "span",
        { class: "muted" },
        ...facts.flatMap((fact, position) => [
          position > 0 ? " · " : "",
          element("span", { class: "together" }, fact),
        ]),
      ),
    ),
  );
}
