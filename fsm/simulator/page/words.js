/** Words for events, commands and times. They name; the service decides and explains. */

import { named, t } from "./language.js";
import { eventOf } from "./scenario.js";

/** The words of the list of examples. */
export const EXAMPLES = {
  title: t("Examples, by rule"),
  others: t("Of several rules"),
  missing: t("The service has no examples."),
  hint: t("Words, or a rule such as R16"),
  found: (/** @type {number} */ found, /** @type {number} */ all) => t("{found} of {all} examples", { found, all }),
};

/** The words of the player. */
export const PLAYER = { play: t("▶ Play"), pause: t("❚❚ Pause") };

/** The words about other settings that are compared. */
export const COMPARED = {
  other: t("Under the other settings:"),
  same: t("Under the other settings too:"),
  refused: t("refused:"),
  everywhere: t("The same answer at every step."),
};

/** @import { RecorderCommand, SimulatedStep, Step, TimerChange } from "./types.js" */

/**
 * Returns the participant of a step, and the step in words. The name is apart because the page
 * isolates its direction.
 *
 * @param {Step} step
 * @returns {{ name: string | null, words: string }}
 */
export function stepWords(step) {
  const [event, fields] = eventOf(step);
  const by = typeof fields.by === "string" ? fields.by : null;
  const role = named("role", String(fields.role));
  switch (event) {
    case "join": {
      const version = fields.version ? ` ${fields.version}` : "";
      const platform = named("platform", String(fields.platform)) + version;
      return { name: fields.id, words: t("joins as {role}, {platform}", { role, platform }) };
    }
    case "leave":
      return { name: fields.id, words: t("leaves") };
    case "role":
      return { name: fields.id, words: t("becomes {role}", { role }) };
    case "end":
      return { name: by, words: by ? t("ends the meeting") : t("The server ends the meeting") };
    case "start":
      return { name: by, words: t("starts a {kind} recording", { kind: named("kind", String(fields.kind)) }) };
    case "pause":
      return { name: by, words: t("pauses the recording") };
    case "resume":
      return { name: by, words: t("resumes the recording") };
    case "stop":
      return { name: by, words: t("stops the recording") };
    case "recorder_failed":
      return { name: null, words: t("The recorder fails") };
    case "wait":
      return { name: null, words: t("{duration} pass", { duration: duration(Number(step["wait"]) * 1000) }) };
    case "time_up":
      return { name: null, words: t("The timer {timer} is up", { timer: named("timer", String(fields.timer)) }) };
    default:
      return { name: by, words: named("trigger", event) };
  }
}

/** @type {Record<string, string>} */
const SHORT = { pause: t("pauses"), resume: t("resumes"), stop: t("stops") };

/**
 * Returns the shorter words of an event, for a sentence; undefined if it has none.
 *
 * @param {string} event
 */
export function shortStepText(event) {
  return SHORT[event];
}

/**
 * Returns a step as one text.
 *
 * @param {Step} step
 */
export function stepText(step) {
  const { name, words } = stepWords(step);
  return name === null ? words : `${name} ${words}`;
}

/**
 * Returns the ids of the rules that decided a step; of a step that none decided, those for which it
 * did no more.
 *
 * @param {SimulatedStep} step
 */
export function rulesOf({ rules, no_more }) {
  return rules.length > 0 ? rules : no_more;
}

/**
 * Returns a recorder command as words.
 *
 * @param {RecorderCommand} command
 */
export function commandText({ command, kind, client, reason }) {
  const details = [
    kind && named("kind", kind),
    client && t("on {client}", { client }),
    reason && named("stop_reason", reason),
  ].filter(Boolean);
  const name = named("command", command);
  return details.length === 0 ? name : t("{label}: {text}", { label: name, text: details.join(t(", ")) });
}

/**
 * Returns a change of a timer as words.
 *
 * @param {TimerChange} change
 */
export function timerText({ set, after, cancel, up }) {
  const timer = named("timer", set ?? cancel ?? up ?? "");
  if (set !== undefined) return t("timer {timer} set: {duration}", { timer, duration: duration((after ?? 0) * 1000) });
  if (cancel !== undefined) return t("timer {timer} cancelled", { timer });
  return t("timer {timer} is up", { timer });
}

/**
 * Returns a time as words, such as "1 min 30 s".
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const units = /** @type {const} */ ([
    [t("d"), 86_400_000], [t("h"), 3_600_000], [t("min"), 60_000],
  ]);
  let rest = Math.max(0, Math.round(milliseconds));
  const parts = [];
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * length;
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest / 1000} ${t("s")}`);
  return parts.join(" ");
}

/**
 * Returns a time as on a clock, such as "0:01:30".
 *
 * @param {number} milliseconds
 */
export function clockText(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const thousandths = Math.round(milliseconds % 1000);
  const fraction = thousandths ? `.${String(thousandths).padStart(3, "0")}` : "";
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
}

/** The words of the view of real meetings. */
export const LIVE = {
  loading: t("Reading the meetings…"),
  nothing: t("No meeting is found."),
  found: (/** @type {number} */ count) =>
    count === 1 ? t("1 meeting shown.") : t("{count} meetings shown.", { count }),
  present: (/** @type {number} */ count) =>
    count === 1 ? t("1 person present") : t("{count} people present", { count }),
  events: (/** @type {number} */ count) => (count === 1 ? t("1 event") : t("{count} events", { count })),
  opened: (/** @type {string} */ time) => t("opened {time}", { time }),
  over: t("over"),
  noPlan: t("no automatic recording"),
  nobody: t("Nobody is present."),
  connecting: t("Connecting to the meeting…"),
  connected: t("Live: each event appears as it happens."),
  unknown: t("There is no such meeting."),
  ended: t("The meeting is over. No more events come."),
  lost: (/** @type {number} */ seconds) => t("The connection is lost. Next attempt in {seconds} s.", { seconds }),
  whyPast: t("this is a past moment (press “Go to now” to act)"),
  whyReadOnly: t("your token may only read"),
  whyOver: t("the meeting is over"),
  readOnly: t("Read-only: the token of this tab may not send events."),
  acts: t("The buttons act on the real meeting."),
  past: (/** @type {number} */ number, /** @type {number} */ last) =>
    t("You see a past moment: after event {number} of {last}.", { number, last }),
  opening: (/** @type {number} */ last) => t("You see a past moment: the opening, before the first of {last} events.", { last }),
  time: t("Timers"),
  noTimers: t("No timer runs."),
  participants: t("Participants"),
  server: t("Server and recorder"),
  endByServer: t("End by server"),
  recorderFails: t("Recorder fails"),
  title: t("Live meetings"),
};
