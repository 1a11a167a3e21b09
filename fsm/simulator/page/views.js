/** The three views of the page: the simulator, the list of meetings, and a live meeting. */

import { byId } from "./content.js";
import { LiveView } from "./live-view.js";
import { createMeetingList } from "./meeting-list.js";
import { LIVE } from "./words.js";

/** @import { ScenarioDocument, Vocabulary } from "./types.js" */

const LIST = "#live";
const MEETING = "#live/";

/** @param {string} hash */
export function isLiveLink(hash) {
  return hash === LIST || hash.startsWith(MEETING);
}

/**
 * Returns the link to a live meeting.
 *
 * @param {string} meeting
 */
export function liveLink(meeting) {
  return MEETING + encodeURIComponent(meeting);
}

/**
 * Shows the view that the address names, now and whenever it changes.
 *
 * @param {Vocabulary} vocabulary
 * @param {(scenario: ScenarioDocument) => Promise<void>} open - opens a scenario in the simulator.
 */
export function installViews(vocabulary, open) {
  const list = createMeetingList(liveLink);
  const tryScenario = async (/** @type {ScenarioDocument} */ scenario) => {
    await open(scenario);
    show();
  };
  // Made when it is first needed: the simulator alone has one form of each kind.
  /** @type {LiveView | null} */
  let live = null;
  // Opened with the simulator's own address, so that the way back to it leads to its last step.
  let simulator = isLiveLink(location.hash) ? "#" : location.hash || "#";
  const show = () => {
    const { hash } = location;
    const view = hash === LIST ? "list" : hash.startsWith(MEETING) ? "live" : "simulator";
    if (view === "simulator") simulator = hash || "#";
    for (const part of document.querySelectorAll("[data-in]")) {
      if (part instanceof HTMLElement) part.hidden = part.dataset["in"] !== view;
    }
    const link = byId("to-simulator");
    link.setAttribute("href", simulator);
    mark(link, view === "simulator");
    mark(byId("to-live"), view !== "simulator");
    if (view === "list") list.show();
    if (view === "live") (live ??= new LiveView(vocabulary, tryScenario)).open(decode(hash.slice(MEETING.length)));
    else live?.close();
    if (view !== "simulator") document.title = LIVE.title;
  };
  addEventListener("popstate", show);
  show();
}

/**
 * @param {HTMLElement} link
 * @param {boolean} current
 */
function mark(link, current) {
  if (current) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
