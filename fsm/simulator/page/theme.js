/** Light and dark: as the system says, until the toggle says otherwise. */

const KEY = "theme";

/** @param {HTMLElement} toggle */
export function installTheme(toggle) {
  const stored = localStorage.getItem(KEY);
  if (stored) document.documentElement.dataset["theme"] = stored;
  toggle.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(KEY, next);
  });
}

function isDark() {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
