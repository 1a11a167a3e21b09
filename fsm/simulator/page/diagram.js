/** The diagram of the plan's machine: the current state lit, the last step traced at its lines. */

import { fetchDiagram } from "./api.js";
import { byId } from "./content.js";
import { named, t } from "./language.js";
import { bringIntoView, light } from "./lighting.js";

/** @import { NoteTexts, Settings, SimulatedStep, Situation, Plan } from "./types.js" */

/** @type {NoteTexts} */
const NOTES = {
  refused: (reason) => t("refused: {reason}", { reason: named("reason", reason) }),
  needs: (guard) => t("needs: {guard}", { guard }),
};

export class DiagramView {
  /**
   * @param {HTMLElement} container
   * @param {HTMLElement} whole - the button that shows the whole diagram.
   */
  constructor(container, whole = byId("whole")) {
    this.container = container;
    this.whole = whole;
    /** @type {SVGSVGElement | null} */
    this.svg = null;
    this.plan = "";
    /** @type {SVGGraphicsElement[]} - what the last step lit, and should be in sight. */
    this.shown = [];
    // The panel may have been hidden, or may become smaller by the words above it.
    new ResizeObserver(() => this.reveal()).observe(container);
    whole.addEventListener("click", () => this.toggleWhole());
  }

  /** Shows the whole diagram, or the part where something happened in a size that can be read. */
  toggleWhole() {
    const whole = this.container.classList.toggle("fit");
    this.whole.setAttribute("aria-pressed", String(whole));
    this.reveal();
  }

  /** Brings into sight what the last step lit. */
  reveal() {
    bringIntoView(this.container, this.shown, matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
  }

  /**
   * Shows a situation in the diagram of its plan, which is fetched again only for another plan.
   *
   * @param {Settings} settings
   * @param {Plan} plan
   * @param {Situation} situation
   * @param {SimulatedStep | null} step - the last step.
   */
  async show(settings, plan, situation, step) {
    const key = JSON.stringify(plan);
    if (key !== this.plan) {
      const svg = parseSvg(await fetchDiagram(settings));
      this.plan = key;
      this.svg = svg;
      this.container.replaceChildren(svg);
    }
    if (this.svg) this.shown = light(this.svg, situation.state, step, NOTES);
    this.reveal();
    this.container.dataset["step"] = String(step?.step ?? 0);
  }
}

/**
 * @param {string} text
 * @returns {SVGSVGElement}
 */
function parseSvg(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(root, true);
  if (!(svg instanceof SVGSVGElement)) throw new Error(t("The service sent no diagram."));
  // Screen readers hear states and reasons from the page; hundreds of labels would bury them.
  svg.setAttribute("aria-hidden", "true");
  // Graphviz gives each part its technical name, which browsers would show on hover.
  for (const title of svg.querySelectorAll("title")) title.remove();
  return svg;
}
