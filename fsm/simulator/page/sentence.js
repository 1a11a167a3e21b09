/** A scenario as a sentence, to be pasted into a ticket. */

import { planFacts } from "./plan.js";
import { eventOf } from "./scenario.js";
import { duration, plain, stepWords } from "./words.js";

/** @import { SimulatedStep, View } from "./types.js" */

/**
 * Returns the sentence, such as: "alice (host, windows) joins, pauses, leaves → stopped, because
 * everyone left (R16)."
 *
 * @param {View} view
 */
export function scenarioSentence({ document: { title, account }, simulation, past }) {
  const { resolution, situation } = simulation;
  const settings = [`edition ${plain(account.edition)}`, ...planFacts(resolution.plan)].join(", ").toLowerCase();
  const heading = title.trim() === "" ? "" : `${title.trim()}: `;
  const end = situation.ended ? `${situation.state}, the meeting is over` : situation.state;
  const last = past.at(-1);
  if (!last) return `${heading}a meeting opens (${settings}) → ${end}.`;
  return `${heading}${clauses(past)} → ${end}${because(last)}. Settings: ${settings}.`;
}

/**
 * Returns the steps as clauses. The name is left out while one participant acts on.
 *
 * @param {SimulatedStep[]} steps
 */
function clauses(steps) {
  let subject = "";
  return steps
    .map(({ event, refused }) => {
      const [kind, fields] = eventOf(event);
      const { name, words } = stepWords(event);
      const clause = kind === "join" ? `${name} (${fields.role}, ${fields.platform}) joins` : shortWords(name, words, subject);
      subject = name ?? "";
      return refused ? `${clause} (refused: ${plain(refused)})` : clause;
    })
    .join(", ");
}

/**
 * @param {string | null} name
 * @param {string} words
 * @param {string} subject
 */
function shortWords(name, words, subject) {
  const short = words.replace(/^(pause|resume|stop)s the recording$/, "$1s");
  if (name === null) return short.charAt(0).toLowerCase() + short.slice(1);
  return name === subject ? short : `${name} ${short}`;
}

/** @param {SimulatedStep} step */
function because({ why, recorder, timers, rules }) {
  const ids = rules.length > 0 ? ` (${rules.join(", ")})` : "";
  const reason = recorder.find((command) => command.reason)?.reason;
  const timer = timers.find((change) => change.set);
  if (reason) return `, because ${plain(reason)}${ids}`;
  if (timer) return `, because the timer ${timer.set} runs for ${duration((timer.after ?? 0) * 1000)}${ids}`;
  return why === null ? ids : `, because ${why}${ids}`;
}
