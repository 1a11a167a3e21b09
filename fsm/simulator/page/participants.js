/** A participant who is present, and the commands that the participant may give or be refused. */

import { button } from "./controls.js";
import { nameElement, shorten } from "./content.js";
import { element } from "./dom.js";
import { plain } from "./words.js";

/** @import { Participant, Permission, Step, Vocabulary } from "./types.js" */

/** @type {Record<string, string>} */
const SHORT_LABELS = { start_cloud: "start cloud", start_local: "start local", end: "end meeting" };
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
    { class: "participant", "aria-label": `${spoken}, ${role}` },
    element(
      "p",
      { class: "who" },
      nameElement(id),
      element("span", { class: "tag" }, role),
      element("span", { class: "muted" }, platform),
      ...(id === client ? [element("span", { class: "tag strong" }, "records")] : []),
    ),
    element(
      "div",
      { class: "buttons commands" },
      ...commands.map(([name, permission]) => commandButton(id, name, permission, take)),
      ...(commands.length === 0
        ? [element("p", { class: "muted" }, "Commands are shown for the last 100.")]
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
      button("leave", () => take({ leave: { id } }), {
        "data-key": `leave ${id}`, "aria-label": `leave: ${spoken}`,
      }),
      ...roles.map((other) =>
        button(`make ${other}`, () => take({ role: { id, role: other } }), {
          "data-key": `role ${other} ${id}`, "aria-label": `make ${other}: ${spoken}`,
        }),
      ),
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
  const label = SHORT_LABELS[name] ?? plain(name);
  const attributes = { "data-key": `${name} ${id}`, "aria-label": `${label}: ${shorten(id, 80)}` };
  const blocked = typeof take === "string" ? take : null;
  const press = () => typeof take !== "string" && take(event);
  if (allowed && blocked === null) return button(label, press, attributes);
  const reason = allowed ? (blocked ?? "") : (why ?? plain(refused ?? "refused"));
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
