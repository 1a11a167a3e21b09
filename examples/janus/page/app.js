/**
 * The page to join a meeting with. It knows no rule: the service says which commands are permitted,
 * and the buttons are drawn from that.
 *
 * @module
 */

/** @import { Moment } from "./types.js" */

import { RoomConnection } from "./janus.js";
import { LocalRecording } from "./local.js";
import { Seat, signIn } from "./service.js";

const ROLES = ["host", "cohost", "member"];
const PLATFORMS = ["web", "windows", "macos", "linux", "ios", "android", "phone", "room", "other"];

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function find(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`${id} is missing`);
  return found;
}

const message = find("message", HTMLElement);
const form = find("sign-in", HTMLFormElement);

/** @param {unknown} error */
function show(error) {
  message.textContent = error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} text
 * @param {string} [title]
 */
function item(text, title = "") {
  const line = document.createElement("li");
  line.textContent = text;
  line.title = title;
  return line;
}

/**
 * @param {string} url
 * @param {string} text
 */
function download(url, text) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.textContent = text;
  const line = document.createElement("li");
  line.append(link);
  return line;
}

/**
 * Shows a moment of the meeting.
 *
 * @param {Moment} moment
 * @param {Seat} seat
 */
function showMoment(moment, seat) {
  find("state", HTMLElement).textContent = moment.ended ? "the meeting is over" : moment.state;
  const present = Object.entries(moment.present).map(([id, { role, platform }]) => {
    return item(id === moment.participant ? `${id} (you)` : id, `${role}, ${platform}`);
  });
  find("present", HTMLElement).replaceChildren(...present);
  const buttons = Object.entries(moment.allowed).map(([command, { refused, rules }]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = command;
    button.disabled = refused !== null;
    button.title = refused === null ? "" : `${refused} (${rules.join(", ")})`;
    button.addEventListener("click", () => {
      seat.command(command).then((reason) => show(reason ?? ""), show);
    });
    return button;
  });
  find("commands", HTMLElement).replaceChildren(...buttons);
}

/** @param {Seat} seat */
async function showRecordings(seat) {
  const lines = (await seat.recordings()).map(({ recording, segments }) => {
    const parts = segments.map(({ reason }) => reason ?? "running").join(", ");
    return download(seat.fileOf(recording), `recording ${recording}: ${parts}`);
  });
  find("recordings", HTMLElement).replaceChildren(...lines);
}

/**
 * @param {HTMLElement} others
 * @param {number} feed
 * @returns {HTMLVideoElement | null}
 */
function videoOf(others, feed) {
  return others.querySelector(`video[data-feed="${feed}"]`);
}

async function join() {
  const value = (/** @type {string} */ id) =>
    /** @type {HTMLInputElement | HTMLSelectElement} */ (document.getElementById(id)).value;
  const meeting = value("meeting");
  const place = await signIn(meeting, {
    participant: value("name"),
    role: value("role"),
    platform: value("platform"),
    version: value("version") || null,
  });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  find("own", HTMLVideoElement).srcObject = stream;
  const ended = () => {
    for (const track of stream.getTracks()) track.stop();
    form.hidden = false;
  };
  const others = find("others", HTMLElement);
  const room = await RoomConnection.join(place, stream, {
    closed: ended,
    came: (feed, theirs) => {
      const video = videoOf(others, feed) ?? document.createElement("video");
      video.dataset.feed = String(feed);
      video.autoplay = true;
      video.srcObject = theirs;
      others.append(video);
    },
    went: (feed) => videoOf(others, feed)?.remove(),
  });
  form.hidden = true;
  find("meeting-view", HTMLElement).hidden = false;
  const seat = new Seat(meeting, place.token, room.feed);
  const local = new LocalRecording(stream, (file) => {
    const line = download(URL.createObjectURL(file), "local recording");
    find("recordings", HTMLElement).append(line);
  });
  try {
    for await (const line of seat.lines()) {
      if ("local" in line) {
        local.apply(line.local);
      } else {
        showMoment(line, seat);
        await showRecordings(seat);
      }
    }
  } finally {
    room.leave();
  }
}

for (const [id, names] of /** @type {[string, string[]][]} */ ([
  ["role", ROLES],
  ["platform", PLATFORMS],
])) {
  find(id, HTMLSelectElement).append(...names.map((name) => new Option(name)));
}
find("meeting", HTMLInputElement).value =
  new URLSearchParams(location.search).get("meeting") ?? "";
form.addEventListener("submit", (event) => {
  event.preventDefault();
  show("");
  join().catch(show);
});
