/** The page: language, theme, and the two parts to step through and to try. */

import { canRead, readData } from "./data.js";
import { Examples } from "./examples.js";
import { Explorer } from "./explorer.js";
import { pathOf } from "./link.js";
import { Words } from "./words.js";

/** @import { LangWords } from "./types.js" */

const root = document.documentElement;

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The book has no element ${id}.`);
  return found;
}

function switchTheme() {
  const dark = root.dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset["theme"] = dark === "dark" ? "light" : "dark";
}

/** Details are closed on a screen, and all of them are on paper. */
function openDetails() {
  for (const each of document.querySelectorAll("main details:not([open])")) {
    each.setAttribute("open", "");
    each.setAttribute("data-opened", "");
  }
}

function closeDetails() {
  for (const each of document.querySelectorAll("[data-opened]")) {
    each.removeAttribute("open");
    each.removeAttribute("data-opened");
  }
}

/** Shows the middle of each picture that is wider than the window: its left corner may be empty. */
function centrePictures() {
  for (const frame of document.querySelectorAll("figure .picture")) {
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
  }
}

async function begin() {
  const book = await readData();
  const langs = Object.keys(book.words);
  let lang = root.dataset["lang"] ?? langs[0] ?? "en";
  /** @param {string} chosen */
  const wordsOf = (chosen) => new Words(chosen, /** @type {LangWords} */ (book.words[chosen]));
  const explorer = new Explorer(byId("explorer"), book, wordsOf(lang));
  const examples = new Examples(byId("stepper"), book, wordsOf(lang), (plan, place) => {
    explorer.beginAt(plan, place);
    byId("try").scrollIntoView();
    byId("try").focus({ preventScroll: true });
  });

  /** @param {string} chosen */
  function showLanguage(chosen) {
    lang = chosen;
    const words = wordsOf(lang);
    root.dataset["lang"] = lang;
    root.lang = lang;
    document.title = words.text("title");
    byId("theme").title = words.text("theme");
    byId("theme").setAttribute("aria-label", words.text("theme"));
    explorer.show(words);
    examples.show(words);
    centrePictures();
  }

  /** Shows the path of a link, if the address has one. */
  function followLink() {
    const path = pathOf(location.hash);
    if (!path) return;
    explorer.follow(path.plan, path.events);
    byId("try").scrollIntoView();
  }

  document.getElementById("language")?.addEventListener("click", () => {
    showLanguage(langs.find((other) => other !== lang) ?? lang);
  });
  for (const link of document.querySelectorAll("a.to-example")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      examples.choose(Number(link.getAttribute("href")?.replace("#example-", "")));
      byId("examples").scrollIntoView();
      byId("examples").focus({ preventScroll: true });
    });
  }
  showLanguage(lang);
  followLink();
  addEventListener("hashchange", followLink);
  root.dataset["ready"] = "";
  return { book, explorer, examples };
}

root.classList.add("script");
byId("theme").addEventListener("click", switchTheme);
addEventListener("beforeprint", openDetails);
addEventListener("afterprint", closeDetails);
if (canRead) {
  try {
    // The console of a browser has it as `book`, to look up what the page does not offer.
    Object.assign(globalThis, { book: await begin() });
  } catch (error) {
    root.classList.add("too-old");
    throw error;
  }
} else root.classList.add("too-old");
