/** The link of a scenario: its JSON, compressed, in the hash of the address. */

import { t } from "./language.js";
import { completeScenario, completeSettings } from "./scenario.js";

/** @import { ScenarioDocument, Settings } from "./types.js" */

const VERSION = "1.";
/** The maximum size of the JSON in a link. A short link can expand to gigabytes. */
const MAX_LENGTH = 2_000_000;

/**
 * Returns the hash for a scenario, with its "#".
 *
 * @param {ScenarioDocument} scenario
 * @param {Settings | null} other - the settings that it is compared with.
 */
export async function encodeLink(scenario, other) {
  const compared = other ? { other: compactSettings(other) } : {};
  const text = JSON.stringify({ ...compact(scenario), ...compared });
  const bytes = new TextEncoder().encode(text);
  const packed = await readAll(stream(bytes).pipeThrough(new CompressionStream("deflate-raw")));
  return `#${VERSION}${toBase64(packed)}`;
}

/**
 * Returns the scenario of a hash and the settings that it is compared with; null for an empty hash.
 *
 * @param {string} hash
 * @returns {Promise<{scenario: ScenarioDocument, other: Settings | null} | null>}
 */
export async function decodeLink(hash) {
  const text = hash.replace(/^#/, "");
  if (text === "") return null;
  if (!text.startsWith(VERSION)) throw new Error(t("It is not a link of this page."));
  let data;
  try {
    const packed = fromBase64(text.slice(VERSION.length));
    const unpacked = stream(packed).pipeThrough(new DecompressionStream("deflate-raw"));
    data = JSON.parse(new TextDecoder().decode(await readAll(unpacked)));
  } catch {
    throw new Error(t("It is damaged or incomplete."));
  }
  return {
    scenario: completeScenario(data),
    other: data.other === undefined ? null : completeSettings(data.other),
  };
}

/**
 * Leaves out what is empty or a default of `completeScenario`.
 *
 * @param {ScenarioDocument} scenario
 */
function compact(scenario) {
  return { title: scenario.title || undefined, ...compactSettings(scenario), events: scenario.events };
}

/** @param {Settings} settings */
function compactSettings({ account, user, booking, meeting }) {
  return {
    account,
    user: user ?? undefined,
    booking: booking ?? undefined,
    meeting: {
      type: meeting.type === "scheduled" ? undefined : meeting.type,
      grace: meeting.grace || undefined,
      end_when_empty: meeting.end_when_empty ?? undefined,
    },
  };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function stream(bytes) {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** @param {ReadableStream<Uint8Array>} source */
async function readAll(source) {
  const reader = source.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MAX_LENGTH) throw new RangeError();
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    all.set(chunk, position);
    position += chunk.length;
  }
  return all;
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
function fromBase64(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
}
