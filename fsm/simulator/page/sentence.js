/** A scenario as a sentence, to be pasted into a ticket. */

import { answerText, stepNumbers } from "./compare.js";
import { named, t, titleText } from "./language.js";
import { planFacts } from "./plan.js";
import { eventOf } from "./scenario.js";
import { duration, shortStepText, stepWords } from "./words.js";

/** @import { Resolution, SimulatedStep, View } from "./types.js" */

/** The number of differences of two policies that the sentence has in words. */
const MAX_DIFFERENCES = 3;

/**
 * Returns the sentence, such as: "alice (host, windows) joins, pauses, leaves → stopped, because
 * everyone has left (R16)."
 *
 * @param {View} view
 */
export function scenarioSentence(view) {
  const { document: { title, account }, simulation, past } = view;
  const { resolution, situation } = simulation;
  const settings = settingsText(account.edition, resolution);
  const state = named("state", situation.state);
  const end = situation.ended ? t("{state}, the meeting is over", { state }) : state;
  const last = past.at(-1);
  const played = last
    ? t("{steps} → {end}{because}. Settings: {settings}.", { steps: clauses(past), end, because: because(last), settings })
    : t("a meeting opens ({settings}) → {end}.", { settings, end });
  const sentence = [played, comparison(view)].filter(Boolean).join(t(" "));
  const heading = titleText(title.trim());
  return heading === "" ? sentence : t("{label}: {text}", { label: heading, text: sentence });
}

/**
 * Returns settings as a text.
 *
 * @param {string} edition
 * @param {Resolution} resolution
 */
function settingsText(edition, { status, plan }) {
  const account = t("edition {edition}", { edition: named("edition", edition) });
  const policy = t("policy {status}", { status: named("status", status) });
  return [account, policy, ...planFacts(plan)].join(t(", ")).toLowerCase();
}

/**
 * Returns what differs under the settings that are compared; empty without a comparison.
 *
 * @param {View} view
 */
function comparison({ compared, other, differences }) {
  if (!compared || !other) return "";
  const settings = settingsText(other.account.edition, compared.resolution);
  const [first] = differences;
  if (!first) return t("The same under other settings: {settings}.", { settings });
  const steps = stepNumbers(differences.map(({ number }) => number));
  const shown = differences.slice(0, MAX_DIFFERENCES).map(({ number, here, there }) => {
    const change = t("{there} instead of {here}", { there: answerText(there), here: answerText(here) });
    const { name, words } = stepWords(here.event);
    const text = `${shortWords(name, words, "")} → ${change}`;
    return differences.length === 1 ? text : `${number}. ${text}`;
  });
  const rest = differences.length > MAX_DIFFERENCES ? ["…"] : [];
  return t("Under other settings ({settings}) it differs at {steps}: {differences}.", {
    settings, steps, differences: [...shown, ...rest].join(t("; ")),
  });
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
