/** A participant who is present, and the commands that the participant may give or be refused. */

import { button } from "./controls.js";
import { nameElement, shorten } from "./content.js";
import { element } from "./dom.js";
import { named, t } from "./language.js";

/** @import { Participant, Permission, Step, Vocabulary } from "./types.js" */

/** @type {Record<string, string>} */
const LABELS = {
  start_cloud: t("start cloud"),
  start_local: t("start local"),
  pause: t("pause"),
  resume: t("resume"),
  stop: t("stop"),
  end: t("end meeting"),
};
let lastDescription = 0;

/**
 * Returns a participant with the buttons of all that may happen.
 *
 * @param {Participant} participant
 * @param {string | null} client - the participant who records locally.
 * @param {Vocabulary} vocabulary
 * @param {((step: Step) => void) | string} take - or why nothing may be taken.
 */
export function participantElement({ id, role, platform, allowed }, client, vocabulary, take) {
  const commands = Object.entries(allowed);
  const spoken = shorten(id, 80);
  const roles = vocabulary.roles.filter((other) => other !== role);
  return element(
    "article",
    { class: "participant", "aria-label": `${spoken}${t(", ")}${named("role", role)}` },
    element(
      "p",
      { class: "who" },
      nameElement(id),
      element("span", { class: "tag" }, named("role", role)),
      element("span", { class: "muted" }, named("platform", platform)),
      ...(id === client ? [element("span", { class: "tag strong" }, t("records"))] : []),
    ),
    element(
      "div",
      { class: "buttons commands" },
      ...commands.map(([name, permission]) => commandButton(id, name, permission, take)),
      ...(commands.length === 0
        ? [element("p", { class: "muted" }, t("Commands are shown for the last 100."))]
        : []),
    ),
    ...(typeof take === "string" ? [] : [factButtons(id, spoken, roles, take)]),
  );
}

/**
 * Returns the buttons of what a meeting server reports of a participant.
 *
 * @param {string} id
 * @param {string} spoken
 * @param {string[]} roles
 * @param {(step: Step) => void} take
 */
function factButtons(id, spoken, roles, take) {
  return element(
      "div",
      { class: "buttons facts" },
      button(t("leave"), () => take({ leave: { id } }), {
        "data-key": `leave ${id}`, "aria-label": t("{label}: {text}", { label: t("leave"), text: spoken }),
      }),
      ...roles.map((other) => {
        const label = t("make {role}", { role: named("role", other) });
        return button(label, () => take({ role: { id, role: other } }), {
          "data-key": `role ${other} ${id}`, "aria-label": t("{label}: {text}", { label, text: spoken }),
        });
      }),
  );
}

/**
 * Returns the button of a command. One that would be refused looks disabled and says why, and can
 * be pressed all the same: the refusal is an answer worth seeing.
 *
 * @param {string} id
 * @param {string} name
 * @param {Permission} permission
 * @param {((step: Step) => void) | string} take
 */
function commandButton(id, name, { allowed, refused, why, event }, take) {
  const label = LABELS[name] ?? named("trigger", name);
  const attributes = { "data-key": `${name} ${id}`, "aria-label": t("{label}: {text}", { label, text: shorten(id, 80) }) };
  const blocked = typeof take === "string" ? take : null;
  const press = () => typeof take !== "string" && take(event);
  if (allowed && blocked === null) return button(label, press, attributes);
  const reason = allowed ? (blocked ?? "") : (why ?? named("reason", refused ?? ""));
  const described = `why-${(lastDescription += 1)}`;
  return element(
    "span",
    {},
    button(label, press, {
      ...attributes, "aria-disabled": "true", "aria-describedby": described, "data-hint": shorten(reason, 400),
    }),
    element("span", { id: described, hidden: true }, reason),
  );
}
