/** The booking form as the user would see it, and the plan with its reasons. */

import { present, replaceContent } from "./content.js";
import { element } from "./dom.js";
import { withRules } from "./hints.js";
import { named, t } from "./language.js";
import { duration } from "./words.js";

/** @import { Form, Option, Plan, Resolution, Vocabulary } from "./types.js" */

/** @type {Record<string, string>} */
const KINDS = { cloud: t("Cloud"), local: t("Local") };
/** @type {Record<string, string>} */
const RECORDINGS = { cloud: t("Cloud recording"), local: t("Local recording") };
/** @type {Record<string, string>} */
const STARTERS = { host: t("a host"), anyone: t("anyone") };

/**
 * Shows a resolution.
 *
 * @param {HTMLElement} container
 * @param {Resolution} resolution
 * @param {Vocabulary} vocabulary
 */
export function showPlan(container, { status, form, plan, why }, vocabulary) {
  replaceContent(
    container,
    element("ul", { class: "facts" }, ...planFacts(plan).map((fact) => element("li", {}, fact))),
    element("h3", {}, t("Because")),
    element(
      "ul",
      { class: "reasons" },
      ...why.map((reason) => element("li", {}, ...withRules(reason, vocabulary.rules))),
    ),
    element("h3", {}, t("Booking form the user sees")),
    element("p", { class: "unseen" }, t("Policy status: {status}", { status: named("status", status) })),
    formElement(form),
  );
}

/**
 * Returns a plan as short texts.
 *
 * @param {Plan} plan
 */
export function planFacts(plan) {
  const recording = plan.kind === null ? [t("No automatic recording")] : [
    RECORDINGS[plan.kind] ?? named("kind", plan.kind),
    t("Started by {starter}'s join", { starter: starterText(plan.started_by) }),
    plan.host_may_pause ? t("A host may pause and stop") : t("A host may not pause or stop"),
  ];
  return [
    ...recording,
    ...(plan.grace > 0 ? [t("Grace of {duration}", { duration: duration(plan.grace * 1000) })] : []),
    ...(plan.end_when_empty === null
      ? []
      : [t("Ends when empty for {duration}", { duration: duration(plan.end_when_empty * 1000) })]),
  ];
}

/** @param {Form} form */
function formElement(form) {
  if (!form.visible) {
    return element("p", { class: "form-picture muted" }, t("The form has no option for recording."));
  }
  return element(
    "div",
    { class: form.editable ? "form-picture" : "form-picture locked" },
    mark("box", form.ticked, t("Record automatically")),
    ...form.options.map((option) => mark("dot", isSame(option, form.selected), optionText(option))),
    ...present(
      form.editable ? null : element("p", { class: "muted" }, t("Cannot be changed here.")),
      form.contact_admin ? element("p", { class: "muted" }, t("Contact the admin to change it.")) : null,
    ),
  );
}

/**
 * A picture of a checkbox or a radio button. It is no control: the form belongs to the user of the
 * simulated account, and is shown before that user has chosen anything.
 *
 * @param {"box" | "dot"} shape
 * @param {boolean} marked
 * @param {string} text
 */
function mark(shape, marked, text) {
  return element(
    "p",
    { class: `mark ${shape}` },
    element("span", { class: marked ? "sign marked" : "sign", "aria-hidden": "true" }),
    text,
    element("span", { class: "unseen" }, marked ? t(" (selected)") : t(" (not selected)")),
  );
}

/** @param {Option} option */
function optionText({ kind, started_by }) {
  const name = KINDS[kind] ?? named("kind", kind);
  return t("{kind}, started by {starter}", { kind: name, starter: starterText(started_by) });
}

/** @param {string} starter */
function starterText(starter) {
  return STARTERS[starter] ?? named("starter", starter);
}

/**
 * @param {Option} option
 * @param {Option | null} selected
 */
function isSame(option, selected) {
  return option.kind === selected?.kind && option.started_by === selected.started_by;
}
