/** The data of the book, which stand compressed in the file. */

/** @import { BookData } from "./types.js" */

/** Whether this browser can read the data. */
export const canRead = typeof DecompressionStream === "function";

/**
 * Reads the data.
 *
 * @returns {Promise<BookData>}
 */
export async function readData() {
  const text = document.getElementById("data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}
