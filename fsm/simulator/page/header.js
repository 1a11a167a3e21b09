/** The header: the title, files, the link and the sentence. */

import { fetchScenarioFile, parseScenarioFile } from "./api.js";
import { button } from "./controls.js";
import { choose, copyText, showText } from "./dialogs.js";
import { byId } from "./content.js";
import { element } from "./dom.js";
import { chooseExample } from "./examples.js";
import { t, titleText } from "./language.js";
import { encodeLink } from "./link.js";
import { showError, showNote } from "./messages.js";
import { completeScenario, exampleScenario } from "./scenario.js";
import { scenarioSentence } from "./sentence.js";

/** @import { View } from "./types.js" */
/** @import { Page } from "./app.js" */

/**
 * Connects the controls of the header and returns what shows a view in them.
 *
 * @param {Page} page
 */
export function installHeader(page) {
  const title = /** @type {HTMLInputElement} */ (byId("title"));
  const file = /** @type {HTMLInputElement} */ (byId("file"));
  title.addEventListener("input", () => page.changeTitle(title.value));
  onClick("new", async () => page.open(exampleScenario()));
  onClick("examples", async () => {
    const example = await chooseExample(page.vocabulary);
    if (example) await page.open(example);
  });
  onClick("open", async () => file.click());
  file.addEventListener("change", () => void attempt(() => openFile(page, file)));
  onClick("save", () => save(page));
  onClick("link", () => copyLink(page));
  onClick("compare", async () => page.toggleComparison());
  onClick("sentence", () => showSentence(page));
  return {
    /** @param {View} view */
    show: ({ document }) => {
      const text = titleText(document.title);
      if (title.value !== text) title.value = text;
      const name = t("Recording simulator");
      window.document.title = text === "" ? name : `${text.slice(0, 60)} – ${name}`;
    },
  };
}

/**
 * @param {string} id
 * @param {() => Promise<void>} action
 */
function onClick(id, action) {
  byId(id).addEventListener("click", () => void attempt(action));
}

/** @param {() => Promise<void>} action */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    showError(error);
  }
}

/**
 * @param {Page} page
 * @param {HTMLInputElement} input
 */
async function openFile(page, input) {
  const file = input.files?.[0];
  if (!file) return;
  const text = await file.text();
  // The same file may be chosen again after it was changed.
  input.value = "";
  const scenarios = (await parseScenarioFile(text)).map(completeScenario);
  const titles = scenarios.map(({ title }, position) => titleText(title) || t("Scenario {number}", { number: position + 1 }));
  const chosen = scenarios.length > 1 ? await choose(t("This file has several scenarios"), titles) : 0;
  const scenario = chosen === null ? null : scenarios[chosen];
  if (scenario) await page.open(scenario);
}

/** @param {Page} page */
async function save(page) {
  const text = await fetchScenarioFile(page.document());
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  element("a", { href: url, download: fileName(titleText(page.document().title)) }).click();
  // The browser reads the file after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Returns the name of a file for a title, in letters that every file system takes.
 *
 * @param {string} title
 */
function fileName(title) {
  const name = title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replace(/^-|-$/g, "");
  return `${name || "scenario"}.yaml`;
}

/** @param {Page} page */
async function copyLink(page) {
  const link = new URL(await encodeLink(page.document(), page.comparison.settings), location.href).href;
  const control = byId("link");
  if (await copyText(link)) {
    control.textContent = t("Copied");
    setTimeout(() => (control.textContent = t("Copy link")), 1_500);
    showNote(
      element("span", {}, reachText()),
      element("span", {}, t("For somebody without access to it:")),
      button(t("Save a file"), () => void attempt(() => save(page))),
      button(t("As a sentence"), () => void attempt(() => showSentence(page))),
      element("span", {}, t("or a book, one file to try everything in, which “fsm book” writes.")),
    );
  } else {
    await showText(t("Link to this scenario"), link, reachText());
  }
}

/** Returns for whom a link of this page opens. */
function reachText() {
  const { hostname, origin } = location;
  const here = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  return here
    ? t("The link opens on this machine only, at {origin}.", { origin })
    : t("The link opens for everybody who reaches {origin}.", { origin });
}

/** @param {Page} page */
async function showSentence(page) {
  if (page.view) await showText(t("As a sentence"), scenarioSentence(page.view));
}
