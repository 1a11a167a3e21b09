/** The booking form as the user would see it, and the plan with its reasons. */

import { present, replaceContent } from "./content.js";
import { element } from "./dom.js";
import { withRules } from "./hints.js";
import { duration, plain } from "./words.js";

/** @import { Form, Option, Plan, Resolution, Vocabulary } from "./types.js" */

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
    element("h3", {}, "Because"),
    element(
      "ul",
      { class: "reasons" },
      ...why.map((reason) => element("li", {}, ...withRules(reason, vocabulary.rules))),
    ),
    element("h3", {}, "Booking form the user sees"),
    element("p", { class: "unseen" }, `Policy status: ${plain(status)}`),
    formElement(form),
  );
}

/**
 * Returns a plan as short texts.
 *
 * @param {Plan} plan
 */
export function planFacts(plan) {
  const recording = plan.kind === null ? ["No automatic recording"] : [
    `${capitalised(plan.kind)} recording`,
    plan.started_by === "host" ? "Started by a host's join" : `Started by ${plan.started_by}'s join`,
    plan.host_may_pause ? "A host may pause and stop" : "A host may not pause or stop",
  ];
  return [
    ...recording,
    ...(plan.grace > 0 ? [`Grace of ${duration(plan.grace * 1000)}`] : []),
    ...(plan.end_when_empty === null
      ? []
      : [`Ends when empty for ${duration(plan.end_when_empty * 1000)}`]),
  ];
}

/** @param {Form} form */
function formElement(form) {
  if (!form.visible) {
    return element("p", { class: "form-picture muted" }, "The form has no option for recording.");
  }
  return element(
    "div",
    { class: form.editable ? "form-picture" : "form-picture locked" },
    mark("box", form.ticked, "Record automatically"),
    ...form.options.map((option) => mark("dot", isSame(option, form.selected), optionText(option))),
    ...present(
      form.editable ? null : element("p", { class: "muted" }, "Cannot be changed here."),
      form.contact_admin ? element("p", { class: "muted" }, "Contact the admin to change it.") : null,
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
    element("span", { class: "unseen" }, marked ? " (selected)" : " (not selected)"),
  );
}

/** @param {Option} option */
function optionText({ kind, started_by }) {
  return `${capitalised(kind)}, started by ${started_by === "host" ? "a host" : started_by}`;
}

/**
 * @param {Option} option
 * @param {Option | null} selected
 */
function isSame(option, selected) {
  return option.kind === selected?.kind && option.started_by === selected.started_by;
}

/** @param {string} text */
function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
