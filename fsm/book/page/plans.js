/** The parts of a plan that a reader chooses. */

/** @import { Plan } from "./types.js" */
/** @import { Words } from "./words.js" */

/**
 * Returns the number of a plan; one whose kind is off has both kinds on instead.
 *
 * @param {Plan[]} plans
 * @param {Plan} wanted
 */
export function planNumber(plans, wanted) {
  const alike = plans.flatMap((plan, number) =>
    recordingOf(plan) === recordingOf(wanted) && plan.grace === wanted.grace && plan.end_when_empty === wanted.end_when_empty
      ? [number]
      : [],
  );
  const exact = alike.find((number) => switchesOf(/** @type {Plan} */ (plans[number])) === switchesOf(wanted));
  return exact ?? alike[0] ?? 0;
}

/** @param {Plan} plan */
export function recordingOf({ kind, started_by, host_may_pause }) {
  return JSON.stringify([kind, started_by, host_may_pause]);
}

/**
 * @param {[string | null, string, boolean]} recording
 * @param {Words} words
 */
export function recordingWords([kind, started_by, host_may_pause], words) {
  return words.list(words.planFacts({ kind, started_by, host_may_pause, kinds: [], grace: 0, end_when_empty: null }));
}

/** @param {Plan} plan */
export function switchesOf({ kinds }) {
  return kinds.join(" ");
}

/**
 * Returns the name of the word for kinds that are on.
 *
 * @param {string} key
 */
export function switchWord(key) {
  return `kinds ${key}`.trim();
}

/**
 * @template T
 * @param {T[]} values
 */
export function unique(values) {
  return [...new Set(values)];
}
