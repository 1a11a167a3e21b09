/**
 * Requests to the service.
 *
 * @module
 */

/** @import { Line, Place, Recording } from "./types.js" */

/**
 * @param {string} meeting
 * @param {string} [rest]
 */
function address(meeting, rest = "") {
  return `/meetings/${encodeURIComponent(meeting)}${rest}`;
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/**
 * Signs in, and returns the place in the room.
 *
 * @param {string} meeting
 * @param {Record<string, string | null>} person
 * @returns {Promise<Place>}
 */
export async function signIn(meeting, person) {
  const body = JSON.stringify(person);
  return answerOf(await fetch(address(meeting, "/sign-in"), { method: "POST", body }));
}

/** A participant, towards the service. */
export class Seat {
  #meeting;
  #token;
  #feed;

  /**
   * @param {string} meeting
   * @param {string} token
   * @param {number} feed
   */
  constructor(meeting, token, feed) {
    this.#meeting = meeting;
    this.#token = token;
    this.#feed = feed;
  }

  get #headers() {
    return { Authorization: `Bearer ${this.#token}` };
  }

  /**
   * Sends a command, and returns the reason of a refusal.
   *
   * @param {string} command
   * @returns {Promise<string | null>}
   */
  async command(command) {
    const [name, kind] = command.split("_");
    const body = JSON.stringify({ feed: this.#feed, command: name, ...(kind ? { kind } : {}) });
    const url = address(this.#meeting, "/commands");
    const request = { method: "POST", body, headers: this.#headers };
    const answer = await answerOf(await fetch(url, request));
    return answer.refused ?? null;
  }

  /**
   * Yields the moments of the meeting, and commands for a local recording, as they come.
   *
   * @returns {AsyncGenerator<Line>}
   */
  async *lines() {
    const url = address(this.#meeting, `/moments?feed=${this.#feed}`);
    const response = await fetch(url, { headers: this.#headers });
    if (!response.ok || !response.body) throw new Error((await response.json()).error);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line);
    }
  }

  /** @returns {Promise<Recording[]>} */
  async recordings() {
    return answerOf(await fetch(address(this.#meeting, "/recordings")));
  }

  /** @param {number} recording */
  fileOf(recording) {
    return address(this.#meeting, `/recordings/${recording}`);
  }
}
