/** Words for events, commands and times. They name; the service decides and explains. */

import { eventOf } from "./scenario.js";

/** The words of the list of examples. */
export const EXAMPLES = {
  title: "Examples, by rule",
  others: "Of several rules",
  missing: "The service has no examples.",
};

/** The words of the player. */
export const PLAYER = { play: "▶ Play", pause: "❚❚ Pause" };

/** The words about other settings that are compared. */
export const COMPARED = {
  other: "Under the other settings:",
  same: "Under the other settings too:",
  refused: "refused:",
};

/** @import { RecorderCommand, Step, TimerChange } from "./types.js" */

/**
 * Returns a name of the vocabulary as words.
 *
 * @param {string} name
 */
export function plain(name) {
  return name.replaceAll("_", " ");
}

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
  switch (event) {
    case "join": {
      const version = fields.version ? ` ${fields.version}` : "";
      return { name: fields.id, words: `joins as ${fields.role}, ${fields.platform}${version}` };
    }
    case "leave":
      return { name: fields.id, words: "leaves" };
    case "role":
      return { name: fields.id, words: `becomes ${fields.role}` };
    case "end":
      return { name: by, words: by ? "ends the meeting" : "The server ends the meeting" };
    case "start":
      return { name: by, words: `starts a ${fields.kind} recording` };
    case "pause":
    case "resume":
    case "stop":
      return { name: by, words: `${event}s the recording` };
    case "recorder_failed":
      return { name: null, words: "The recorder fails" };
    case "wait":
      return { name: null, words: `${duration(Number(step["wait"]) * 1000)} pass` };
    case "time_up":
      return { name: null, words: `The timer ${fields.timer} is up` };
    default:
      return { name: by, words: plain(event) };
  }
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
 * Returns a recorder command as words.
 *
 * @param {RecorderCommand} command
 */
export function commandText({ command, kind, client, reason }) {
  const details = [kind, client && `on ${client}`, reason && plain(reason)].filter(Boolean);
  return details.length === 0 ? command : `${command}: ${details.join(", ")}`;
}

/**
 * Returns a change of a timer as words.
 *
 * @param {TimerChange} change
 */
export function timerText({ set, after, cancel, up }) {
  if (set !== undefined) return `timer ${set} set: ${duration((after ?? 0) * 1000)}`;
  if (cancel !== undefined) return `timer ${cancel} cancelled`;
  return `timer ${up} is up`;
}

/**
 * Returns a time as words, such as "1 min 30 s".
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const units = /** @type {const} */ ([["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]]);
  let rest = Math.max(0, Math.round(milliseconds));
  const parts = [];
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * length;
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest / 1000} s`);
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
  loading: "Reading the meetings…",
  nothing: "No meeting is found.",
  found: (/** @type {number} */ count) => `${count} ${count === 1 ? "meeting" : "meetings"} shown.`,
  present: (/** @type {number} */ count) => (count === 1 ? "1 person present" : `${count} people present`),
  entries: (/** @type {number} */ count) => (count === 1 ? "1 entry" : `${count} entries`),
  over: "over",
  noPlan: "no automatic recording",
  nobody: "Nobody is present.",
  connecting: "Connecting to the meeting…",
  connected: "Live: new entries appear as they come.",
  ended: "The meeting is over. No more entries come.",
  lost: (/** @type {number} */ seconds) => `The connection is lost. Next attempt in ${seconds} s.`,
  past: (/** @type {number} */ number, /** @type {number} */ last) => `You see the moment after entry ${number} of ${last}.`,
  whyPast: "this is a past moment (go to the last entry to act)",
  whyReadOnly: "your token may only read",
  whyOver: "the meeting is over",
  readOnly: "Read-only: the token of this tab may not send events.",
  time: "Timers",
  noTimers: "No timer runs.",
  participants: "Participants",
  server: "Server and recorder",
  endByServer: "End by server",
  recorderFails: "Recorder fails",
  title: "Live meetings",
};
