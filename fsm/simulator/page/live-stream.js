/**
 * The live stream of a meeting. `EventSource` cannot send the header with the token, so the stream
 * is read with `fetch`. After a break it goes on from the last entry that is known.
 */

import { openStream } from "./api.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * @typedef {object} Listener
 * @property {() => number} known - returns the number of the last known entry.
 * @property {() => Promise<boolean>} changed - reads new entries; returns whether more may come.
 * @property {() => void} connected
 * @property {(pause: number, error: unknown) => void} lost - called before a pause in milliseconds.
 */

/**
 * Follows a meeting until its end, or until the signal.
 *
 * @param {string} meeting
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
export async function follow(meeting, listener, signal) {
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    /** @type {unknown} */
    let failure = null;
    try {
      // The meeting is read first: the stream begins after what is known then.
      if (!(await listener.changed())) return;
      const response = await openStream(meeting, listener.known(), signal);
      if (response.status === 204 || !response.body) {
        if (!(await listener.changed())) return;
      } else {
        listener.connected();
        for await (const number of entryNumbers(response.body)) {
          pause = FIRST_PAUSE;
          if (number > listener.known() && !(await listener.changed())) return;
        }
      }
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    listener.lost(pause, failure);
    await wait(pause, signal);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

/**
 * Yields the numbers of the entries in a stream of server-sent events.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<number>}
 */
export async function* entryNumbers(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      const ids = lines.filter((line) => line.startsWith("id:")).map((line) => Number(line.slice(3)));
      // What came together is read together.
      const last = ids.at(-1);
      if (last !== undefined) yield last;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function wait(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", resolve, { once: true });
  });
}
