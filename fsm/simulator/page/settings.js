/** The form of the settings. It is built once, so that the cursor stays while the plan changes. */

import { checkbox, field, optionsOf, select, setSelected } from "./controls.js";
import { element } from "./dom.js";
import { createIdleNotes } from "./idle-settings.js";
import { t } from "./language.js";

/** @import { Account, AutoRecord, Choice, IdleSetting, Settings, Vocabulary } from "./types.js" */

/**
 * Fills the form and returns the function that shows other settings in it.
 *
 * @param {HTMLElement} form
 * @param {Vocabulary} vocabulary
 * @param {(settings: Settings) => void} changed
 * @param {(message: string) => void} failed
 */
export function createSettingsForm(form, vocabulary, changed, failed) {
  const edition = select(optionsOf("edition", vocabulary.editions));
  const consolePart = createConsole(vocabulary);
  const user = createChoice(t("User's setting"), t("not set"), vocabulary);
  const booking = createChoice(t("Booking"), t("no choice"), vocabulary);
  const type = select(optionsOf("type", vocabulary.types));
  const grace = numberInput(0, vocabulary.max_grace);
  const empty = numberInput(1, vocabulary.max_end_when_empty, t("never"));

  form.append(
    field(t("Edition"), edition),
    consolePart.element,
    user.element,
    field(t("Meeting type"), type),
    booking.element,
    element(
      "div",
      { class: "times" },
      field(t("Grace"), grace, t("s")),
      field(t("End when empty"), empty, t("s")),
    ),
  );

  const showParts = () => {
    consolePart.element.hidden = !vocabulary.editions_with_console.includes(edition.value);
    booking.element.hidden = vocabulary.unbooked_types.includes(type.value);
  };
  const read = () => ({
    account: consolePart.element.hidden
      ? { edition: edition.value }
      : { edition: edition.value, ...consolePart.read() },
    user: user.read(),
    booking: booking.element.hidden ? null : booking.read(),
    meeting: {
      type: type.value,
      grace: Number(grace.value),
      end_when_empty: empty.value === "" ? null : Number(empty.value),
    },
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    showParts();
    const wrong = [grace, empty].find((control) => !control.checkValidity());
    for (const control of [grace, empty]) control.setAttribute("aria-invalid", String(control === wrong));
    // A number that is still being typed, or is out of its limits, is no setting yet.
    if (wrong) failed(limitsText(wrong === grace ? t("Grace") : t("End when empty"), wrong));
    else changed(read());
  });

  const showIdle = createIdleNotes([
    ...consolePart.noted,
    { names: ["user"], place: user.element, controls: [user.control] },
    { names: ["booking"], place: booking.element, controls: [booking.control] },
  ]);

  /**
   * @param {Settings} settings
   * @param {IdleSetting[]} idle - those that have no effect.
   */
  return (settings, idle) => {
    showIdle(idle);
    // While somebody types, the form is ahead of the page.
    if (JSON.stringify(read()) === JSON.stringify(settings)) return;
    setSelected(edition, settings.account.edition);
    consolePart.show(settings.account);
    user.show(settings.user);
    booking.show(settings.booking);
    setSelected(type, settings.meeting.type ?? "scheduled");
    grace.value = String(settings.meeting.grace ?? 0);
    empty.value = String(settings.meeting.end_when_empty ?? "");
    showParts();
  };
}

/** @param {Vocabulary} vocabulary */
function createConsole(vocabulary) {
  const cloud = checkbox(t("Cloud recording"));
  const local = checkbox(t("Local recording"));
  const enabled = checkbox(t("Auto-record"));
  const locked = checkbox(t("Locked"));
  const kind = select(optionsOf("kind", vocabulary.kinds));
  const anyJoin = checkbox(t("Start on anyone's join"));
  const mayPause = checkbox(t("Host may pause and stop"));
  const options = element("div", { class: "sub-options" }, anyJoin.label, mayPause.label);

  const showOptions = () => {
    options.hidden = !vocabulary.kinds_with_options.includes(kind.value);
  };
  const kindPart = element("div", {}, field(t("Kind"), kind));
  const fieldset = element(
    "fieldset",
    {},
    element("legend", {}, t("Admin console")),
    element("div", { class: "pair" }, cloud.label, local.label, enabled.label, locked.label),
    kindPart,
    options,
  );
  fieldset.addEventListener("input", showOptions);
  const noted = [
    { names: ["kind"], place: kindPart, controls: [kind] },
    { names: ["start_on_any_join", "host_may_pause"], place: options, controls: [anyJoin.control, mayPause.control] },
  ];
  return {
    element: fieldset,
    noted,
    /** @returns {Omit<Account, "edition">} */
    read: () => ({
      cloud_recording: cloud.control.checked,
      local_recording: local.control.checked,
      auto_record: {
        enabled: enabled.control.checked,
        locked: locked.control.checked,
        kind: kind.value,
        ...(options.hidden
          ? {}
          : { start_on_any_join: anyJoin.control.checked, host_may_pause: mayPause.control.checked }),
      },
    }),
    /** @param {Account} account */
    show: (account) => {
      /** @type {AutoRecord} */
      const automatic = account.auto_record ?? {};
      cloud.control.checked = account.cloud_recording ?? true;
      local.control.checked = account.local_recording ?? true;
      enabled.control.checked = automatic.enabled ?? false;
      locked.control.checked = automatic.locked ?? false;
      setSelected(kind, automatic.kind ?? "cloud");
      anyJoin.control.checked = automatic.start_on_any_join ?? false;
      mayPause.control.checked = automatic.host_may_pause ?? true;
      showOptions();
    },
  };
}

/**
 * @param {string} title
 * @param {string} none - the words for no choice.
 * @param {Vocabulary} vocabulary
 */
function createChoice(title, none, vocabulary) {
  const recorded = select([["", none], ["off", t("off")], ["on", t("on")]]);
  const kind = select(
    [["", t("by the form")], ...optionsOf("kind", vocabulary.kinds)],
    { "aria-label": t("Kind") },
  );
  const starter = select(
    [
      ["", t("default start")],
      ...optionsOf("starter", vocabulary.starters).map(([name, text]) =>
        /** @type {[string, string]} */ ([name, t("by {starter}", { starter: text })]),
      ),
    ],
    { "aria-label": t("Started by the join of") },
  );
  const details = element("span", { class: "choice-details" }, kind, starter);
  const showDetails = () => {
    details.hidden = recorded.value !== "on";
  };
  const fieldset = element(
    "div",
    { class: "choice", role: "group", "aria-label": title },
    field(title, recorded),
    details,
  );
  fieldset.addEventListener("input", showDetails);
  return {
    element: fieldset,
    control: recorded,
    /** @returns {Choice | null} */
    read: () => {
      if (recorded.value === "") return null;
      if (recorded.value === "off") return { auto_record: false };
      return {
        auto_record: true,
        ...(kind.value && { kind: kind.value }),
        ...(starter.value && { started_by: starter.value }),
      };
    },
    /** @param {Choice | null} choice */
    show: (choice) => {
      recorded.value = choice ? (choice.auto_record ? "on" : "off") : "";
      setSelected(kind, choice?.kind ?? "");
      setSelected(starter, choice?.started_by ?? "");
      showDetails();
    },
  };
}

/**
 * @param {number} min
 * @param {number} max
 * @param {string} [placeholder]
 */
function numberInput(min, max, placeholder = "") {
  return element("input", { type: "number", min, max, step: 1, inputmode: "numeric", placeholder });
}

/**
 * Returns the limits of a number, for one that is outside.
 *
 * @param {string} name
 * @param {HTMLInputElement} control
 */
function limitsText(name, { min, max }) {
  return t("{name}: a whole number from {min} to {max} is needed.", { name, min, max });
}
