/** Requests to the service. */

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
  return (await request("GET", "/v1/vocabulary")).json();
}

/**
 * Simulates a scenario.
 *
 * @param {ScenarioDocument} scenario
 * @param {number} after - the number of steps whose answers are known already.
 * @returns {Promise<Simulation>}
 */
export async function simulate(scenario, after) {
  return (await request("POST", "/v1/simulation", JSON.stringify({ ...scenario, after }))).json();
}

/**
 * Returns the diagram of the plan as SVG.
 *
 * @param {Settings} settings
 */
export async function fetchDiagram({ account, user, booking, meeting }) {
  const body = JSON.stringify({ account, user, booking, meeting });
  return (await request("POST", "/v1/simulation/diagram", body)).text();
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
 * @param {string} method
 * @param {string} path
 * @param {string} [body] - JSON.
 * @returns {Promise<Response>}
 */
async function request(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const token = sessionStorage.getItem(TOKEN_KEY);
  if (token) headers["Authorization"] = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body ?? null });
  } catch {
    throw new ApiError("The service does not answer. Check that it runs, and try again.", 0);
  }
  if (response.ok) return response;
  if (response.status === 401) {
    const given = await askForToken();
    if (given) {
      sessionStorage.setItem(TOKEN_KEY, given);
      return request(method, path, body);
    }
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
    if (typeof problem.detail === "string") return `${problem.title}: ${problem.detail}`;
    if (typeof problem.title === "string") return problem.title;
  } catch {
    // A proxy in between may answer with a page instead of problem details.
  }
  return `The service answered with the status ${response.status}.`;
}
