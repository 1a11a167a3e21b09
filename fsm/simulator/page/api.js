/** Requests to the service. */

import { lang, t } from "./language.js";

/** @import { Moment, OverviewPage, Step } from "./types.js" */
/** @import { ScenarioDocument, Settings, Simulation, Vocabulary } from "./types.js" */

const TOKEN_KEY = "token";

/** A request that the service answered with an error, or never answered. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status - the status code; 0 without an answer.
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @type {() => Promise<string | null>} */
let askForToken = async () => null;

/**
 * Sets the function that asks the user for a token.
 *
 * @param {() => Promise<string | null>} ask
 */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

/** @returns {Promise<Vocabulary>} */
export async function fetchVocabulary() {
  return (await request("GET", `/v1/vocabulary?lang=${lang}`)).json();
}

/**
 * Simulates a scenario.
 *
 * @param {ScenarioDocument} scenario
 * @param {number} after - the number of steps whose answers are known already.
 * @returns {Promise<Simulation>}
 */
export async function simulate(scenario, after) {
  const body = JSON.stringify({ ...scenario, after });
  return (await request("POST", `/v1/simulation?lang=${lang}`, body)).json();
}

/**
 * Returns the diagram of the plan as SVG.
 *
 * @param {Settings} settings
 */
export async function fetchDiagram({ account, user, booking, meeting }) {
  const body = JSON.stringify({ account, user, booking, meeting });
  return (await request("POST", `/v1/simulation/diagram?lang=${lang}`, body)).text();
}

/**
 * Returns the scenario as the text of a file, with the expected result of each step.
 *
 * @param {ScenarioDocument} scenario
 * @returns {Promise<string>}
 */
export async function fetchScenarioFile(scenario) {
  const response = await request("POST", "/v1/simulation/scenario", JSON.stringify(scenario));
  return (await response.json()).text;
}

/**
 * Returns the scenarios in the text of a file.
 *
 * @param {string} text
 * @returns {Promise<unknown[]>}
 */
export async function parseScenarioFile(text) {
  const response = await request("POST", "/v1/scenarios", JSON.stringify({ text }));
  return (await response.json()).scenarios;
}

/**
 * Returns a page of the meetings whose ids contain a text.
 *
 * @param {string} search
 * @param {string} after - the id after which the page begins.
 * @returns {Promise<OverviewPage>}
 */
export async function fetchMeetings(search, after) {
  return (await request("GET", `/v1/overview?${new URLSearchParams({ search, after })}`)).json();
}

/**
 * Returns a meeting at a moment.
 *
 * @param {string} meeting
 * @param {number} after - the number of entries that are known already.
 * @param {number} [upto] - the number of the entry to show; the last one without it.
 * @returns {Promise<Moment>}
 */
export async function fetchMoment(meeting, after, upto) {
  const query = `lang=${lang}&after=${after}${upto === undefined ? "" : `&upto=${upto}`}`;
  return (await request("GET", `${meetingPath(meeting)}/moment?${query}`)).json();
}

/**
 * Returns the past of a meeting up to an entry, as a scenario.
 *
 * @param {string} meeting
 * @param {number} upto
 * @returns {Promise<unknown>}
 */
export async function fetchPast(meeting, upto) {
  const response = await request("GET", `${meetingPath(meeting)}/scenario?lang=${lang}&upto=${upto}`);
  return (await response.json()).scenario;
}

/**
 * Sends an event. Its id makes it count once, should it be sent again because no answer came.
 *
 * @param {string} meeting
 * @param {Step} event
 */
export async function sendEvent(meeting, event) {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  const body = JSON.stringify({ ...event, id: `page-${[...numbers].join("-")}` });
  const path = `${meetingPath(meeting)}/events`;
  try {
    await request("POST", path, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 0) throw error;
    await request("POST", path, body);
  }
}

/**
 * Opens the live stream of a meeting after an entry.
 *
 * @param {string} meeting
 * @param {number} after
 * @param {AbortSignal} signal
 */
export function openStream(meeting, after, signal) {
  return request("GET", `${meetingPath(meeting)}/stream?after=${after}`, undefined, signal);
}

/** @param {string} meeting */
function meetingPath(meeting) {
  // An address must be exact: `encodeURIComponent` leaves these five as they are.
  const escaped = encodeURIComponent(meeting).replace(
    /[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `/v1/meetings/${escaped}`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string} [body] - JSON.
 * @param {AbortSignal} [signal] - ends the request.
 * @returns {Promise<Response>}
 */
async function request(method, path, body, signal) {
  /** @type {Record<string, string>} */
  const headers = { "Accept-Language": lang };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const token = sessionStorage.getItem(TOKEN_KEY);
  if (token) headers["Authorization"] = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body ?? null, signal: signal ?? null });
  } catch {
    throw new ApiError(t("The service does not answer. Check that it runs, and try again."), 0);
  }
  if (response.ok) return response;
  if (response.status === 401) {
    const given = await askForToken();
    if (given) {
      sessionStorage.setItem(TOKEN_KEY, given);
      return request(method, path, body, signal);
    }
    // The service tells programs which header to send.
    throw new ApiError(t("Without a token this service shows nothing."), response.status);
  }
  throw new ApiError(await problemText(response), response.status);
}

/**
 * Returns the text of problem details, or of an answer that has none.
 *
 * @param {Response} response
 */
async function problemText(response) {
  try {
    const problem = await response.json();
    if (typeof problem.detail === "string") return t("{label}: {text}", { label: problem.title, text: problem.detail });
    if (typeof problem.title === "string") return problem.title;
  } catch {
    // A proxy in between may answer with a page instead of problem details.
  }
  return t("The service answered with the status {status}.", { status: response.status });
}
