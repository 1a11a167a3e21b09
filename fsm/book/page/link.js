/** A path as the fragment of the page's address: the plan, and the events from the opening on. */

/** @import { BookEvent, Plan } from "./types.js" */

const MARK = "#path=";

/**
 * Returns the fragment of a path.
 *
 * @param {Plan} plan
 * @param {BookEvent[]} events
 */
export function pathFragment(plan, events) {
  return MARK + encodeURIComponent(JSON.stringify({ plan, events }));
}

/**
 * Returns the path of a fragment; null if it is that of something else, or damaged.
 *
 * @param {string} fragment
 * @returns {{ plan: Plan, events: BookEvent[] } | null}
 */
export function pathOf(fragment) {
  if (!fragment.startsWith(MARK)) return null;
  try {
    const { plan, events } = JSON.parse(decodeURIComponent(fragment.slice(MARK.length)));
    if (!Array.isArray(events) || !Array.isArray(plan.kinds)) return null;
    return { plan, events: events.filter((event) => Object.values(event).every((fields) => fields instanceof Object)) };
  } catch {
    return null;
  }
}
