/**
 * The language of the page. Texts stand in the modules in English, and `t` translates them; the
 * Chinese words come from the service, which has one catalogue of them.
 */

/** @typedef {"en" | "zh"} Lang */
/**
 * @typedef {object} Words
 * @property {Record<string, string>} texts - by English text.
 * @property {Record<string, Record<string, string>>} names - by vocabulary.
 * @property {Record<string, string>} titles - those of the examples, by English title.
 */

const KEY = "language";
/** @type {Record<Lang, {tag: string, other: Lang, label: string}>} */
const LANGUAGES = {
  en: { tag: "en", other: "zh", label: "English" },
  zh: { tag: "zh-CN", other: "en", label: "中文" },
};
const PLACEHOLDER = /\{(\w+)\}/;
const ATTRIBUTES = ["aria-label", "placeholder"];

/**
 * The English words. A name that is not among them is its own words; those of a stop say a cause,
 * since "hosts left" could be hosts who remain.
 *
 * @type {Words}
 */
const ENGLISH = {
  texts: {},
  titles: {},
  names: {
    stop_reason: {
      host_stopped: "a host stopped it",
      everyone_left: "everyone has left",
      hosts_left: "every host has left",
      recording_client_left: "the recording client has left",
      meeting_ended: "the meeting has ended",
    },
  },
};
const chosen = chosenLanguage();
// Modules that import this one are evaluated after the words are there.
const words = chosen === "en" ? ENGLISH : await fetchWords(chosen);
/** The language that is shown: English, if the words of another one could not be loaded. */
export const lang = words === ENGLISH ? "en" : chosen;

/**
 * Returns the language of the address, else the stored one, else that of the browser.
 *
 * @returns {Lang}
 */
function chosenLanguage() {
  const asked = [new URLSearchParams(location.search).get("lang"), localStorage.getItem(KEY)];
  return asked.find(isLang) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
}

/**
 * @param {string | null} name
 * @returns {name is Lang}
 */
function isLang(name) {
  return name !== null && Object.hasOwn(LANGUAGES, name);
}

/**
 * @param {Lang} name
 * @returns {Promise<Words>}
 */
async function fetchWords(name) {
  try {
    const response = await fetch(`/page/words.${name}.json`);
    return response.ok ? await response.json() : ENGLISH;
  } catch {
    return ENGLISH;
  }
}

/**
 * Returns a text in the language of the page.
 *
 * @param {string} text - the English text; `{name}` stands for a value.
 * @param {Record<string, string | number>} [values]
 */
export function t(text, values = {}) {
  return translated(text)
    .split(PLACEHOLDER)
    .map((part, position) => (position % 2 ? String(values[part] ?? "") : part))
    .join("");
}

/**
 * Returns a text in the language of the page, with nodes as its values.
 *
 * @param {string} text
 * @param {Record<string, Node>} values
 * @returns {(Node | string)[]}
 */
export function nodesOf(text, values) {
  return translated(text)
    .split(PLACEHOLDER)
    .map((part, position) => (position % 2 ? (values[part] ?? "") : part));
}

/** @param {string} text */
function translated(text) {
  return Object.hasOwn(words.texts, text) ? (words.texts[text] ?? text) : text;
}

/**
 * Returns a name of a vocabulary as words; one that the vocabulary lacks stays as it is.
 *
 * @param {string} vocabulary
 * @param {string} name
 */
export function named(vocabulary, name) {
  const names = words.names[vocabulary] ?? {};
  return Object.hasOwn(names, name) ? (names[name] ?? name) : name.replaceAll("_", " ");
}

/**
 * Returns the title of a scenario, translated if it is that of an example. The scenario keeps its
 * English title, so that its link and its file are the same in every language.
 *
 * @param {string} title
 */
export function titleText(title) {
  return Object.hasOwn(words.titles, title) ? (words.titles[title] ?? title) : title;
}

/** Translates the document, and connects the button that switches the language. */
export function installLanguage() {
  const { tag, other } = LANGUAGES[lang];
  document.documentElement.lang = tag;
  document.title = t(document.title);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.textContent?.trim();
    if (text) node.textContent = t(text);
  }
  for (const name of ATTRIBUTES) {
    for (const part of document.querySelectorAll(`[${name}]`)) {
      part.setAttribute(name, t(part.getAttribute(name) ?? ""));
    }
  }
  document.body.classList.remove("loading");
  const button = document.getElementById("language");
  if (!button) return;
  button.textContent = LANGUAGES[other].label;
  button.lang = LANGUAGES[other].tag;
  button.addEventListener("click", () => switchTo(other));
}

/**
 * Loads the page in another language; the address keeps the scenario.
 *
 * @param {Lang} other
 */
function switchTo(other) {
  localStorage.setItem(KEY, other);
  const url = new URL(location.href);
  if (url.searchParams.has("lang")) {
    url.searchParams.delete("lang");
    history.replaceState(history.state, "", url);
  }
  location.reload();
}
