/** A scenario as a sentence, to be pasted into a ticket. */

import { named, t } from "./language.js";
import { planFacts } from "./plan.js";
import { eventOf } from "./scenario.js";
import { duration, shortStepText, stepWords } from "./words.js";

/** @import { SimulatedStep, View } from "./types.js" */

/**
 * Returns the sentence, such as: "alice (host, windows) joins, pauses, leaves → stopped, because
 * everyone left (R16)."
 *
 * @param {View} view
 */
export function scenarioSentence({ document: { title, account }, simulation, past }) {
  const { resolution, situation } = simulation;
  const edition = t("edition {edition}", { edition: named("edition", account.edition) });
  const status = t("policy {status}", { status: named("status", resolution.status) });
  const settings = [edition, status, ...planFacts(resolution.plan)].join(t(", ")).toLowerCase();
  const state = named("state", situation.state);
  const end = situation.ended ? t("{state}, the meeting is over", { state }) : state;
  const last = past.at(-1);
  const sentence = last
    ? t("{steps} → {end}{because}. Settings: {settings}.", { steps: clauses(past), end, because: because(last), settings })
    : t("a meeting opens ({settings}) → {end}.", { settings, end });
  const heading = title.trim();
  return heading === "" ? sentence : t("{label}: {text}", { label: heading, text: sentence });
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
      const clause =
        kind === "join"
          ? t("{name} ({role}, {platform}) joins", {
              name: String(name), role: named("role", fields.role), platform: named("platform", fields.platform),
            })
          : shortWords(name, shortStepText(kind) ?? words, subject);
      subject = name ?? "";
      return refused ? t("{step} (refused: {reason})", { step: clause, reason: named("reason", refused) }) : clause;
    })
    .join(t(", "));
}

/**
 * @param {string | null} name
 * @param {string} words
 * @param {string} subject
 */
function shortWords(name, words, subject) {
  if (name === null) return words.charAt(0).toLowerCase() + words.slice(1);
  return name === subject ? words : `${name} ${words}`;
}

/** @param {SimulatedStep} step */
function because({ why, recorder, timers, rules }) {
  const ids = rules.length > 0 ? t(" ({rules})", { rules: rules.join(t(", ")) }) : "";
  const reason = recorder.find((command) => command.reason)?.reason;
  const timer = timers.find((change) => change.set);
  if (reason) return t(", because {reason}", { reason: named("stop_reason", reason) }) + ids;
  if (timer) {
    const name = named("timer", timer.set ?? "");
    return t(", because the timer {timer} runs for {duration}", { timer: name, duration: duration((timer.after ?? 0) * 1000) }) + ids;
  }
  return why === null ? ids : t(", because {reason}", { reason: why }) + ids;
}
