/** Notes at the settings that have no effect beside the others. */

import { element } from "./dom.js";
import { t } from "./language.js";

/** @import { IdleSetting } from "./types.js" */

/** @type {Record<string, string>} */
const REASONS = {
  enabled: t("auto-record is off"),
  locked: t("locked (contact the admin)"),
  cloud_recording: t("cloud recording is off"),
  local_recording: t("local recording is off"),
  booking: t("the booking decides"),
  user: t("the user's setting decides"),
};
let notes = 0;

/**
 * Adds notes below settings, and returns the function that shows why settings have no effect.
 *
 * @param {{ names: string[], place: HTMLElement, controls: HTMLElement[] }[]} parts - the settings
 *   that share a note, where it stands, and their controls.
 */
export function createIdleNotes(parts) {
  const noted = parts.map((part) => {
    const note = element("p", { class: "idle-note", id: `idle-${(notes += 1)}`, hidden: true });
    part.place.append(note);
    return { ...part, note };
  });
  /** @param {IdleSetting[]} idle */
  return (idle) => {
    let above = /** @type {HTMLElement | null} */ (null);
    for (const { names, place, controls, note } of noted) {
      const text = noteText(idle.find(({ setting }) => names.includes(setting)));
      // One note serves settings that stand below each other.
      /** @type {HTMLElement | null} */
      const shared = above?.textContent === text && above.parentElement?.nextElementSibling === place ? above : null;
      note.textContent = text;
      note.hidden = text === "" || shared !== null;
      place.classList.toggle("idle", text !== "");
      for (const control of controls) {
        if (text === "") control.removeAttribute("aria-describedby");
        else control.setAttribute("aria-describedby", (shared ?? note).id);
      }
      above = shared ?? note;
    }
  };
}

/** @param {IdleSetting | undefined} setting */
function noteText(setting) {
  if (!setting) return "";
  const reasons = setting.because.map((name) => REASONS[name] ?? name);
  return t("No effect: {reasons}.", { reasons: reasons.join(t(", ")) });
}
