/** A scenario as the page holds it: the example at the start, and documents from files and links. */

import { t } from "./language.js";

/** @import { ScenarioDocument, Settings, Step } from "./types.js" */

/** @returns {ScenarioDocument} */
export function exampleScenario() {
  return {
    title: "",
    account: { edition: "pro" },
    user: { auto_record: true, kind: "cloud", started_by: "host" },
    booking: null,
    meeting: { type: "scheduled", grace: 0, end_when_empty: null },
    events: [],
  };
}

/**
 * Completes a document from a file or a link. The service checks its values; here only its shape
 * is checked, which the page relies on.
 *
 * @param {any} data
 * @returns {ScenarioDocument}
 */
export function completeScenario(data) {
  const account = data?.account;
  const events = data?.events ?? [];
  if (!isObject(account) || !Array.isArray(events) || !events.every(isObject)) {
    throw new Error(t("It contains no scenario."));
  }
  const title = typeof data.title === "string" ? data.title : "";
  return { title, ...completeSettings(data), events };
}

/**
 * Completes the settings of a document.
 *
 * @param {any} data
 * @returns {Settings}
 */
export function completeSettings(data) {
  if (!isObject(data?.account)) throw new Error(t("It contains no settings."));
  return {
    account: data.account,
    user: isObject(data.user) ? data.user : null,
    booking: isObject(data.booking) ? data.booking : null,
    meeting: {
      type: data.meeting?.type ?? "scheduled",
      grace: data.meeting?.grace ?? 0,
      end_when_empty: data.meeting?.end_when_empty ?? null,
    },
  };
}

/**
 * Returns the settings of a scenario alone.
 *
 * @param {Settings} scenario
 * @returns {Settings}
 */
export function settingsOf({ account, user, booking, meeting }) {
  return { account, user, booking, meeting };
}

/**
 * Returns the settings as text, to see whether two scenarios have the same.
 *
 * @param {Settings} settings
 */
export function settingsKey({ account, user, booking, meeting }) {
  return JSON.stringify([account, user, booking, meeting]);
}

/**
 * Returns the name of a step's event and its fields. A file may leave out the fields of an event
 * that needs none.
 *
 * @param {Step} step
 * @returns {[string, any]}
 */
export function eventOf(step) {
  const name = Object.keys(step).find((key) => key !== "expect") ?? "";
  return [name, step[name] ?? {}];
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
