/** The graph of all situations: answers are looked up in it, none is decided. */

/** @import { Answer, BookEvent, GraphData, Node, Place } from "./types.js" */

export class Graph {
  /** @param {GraphData} data */
  constructor(data) {
    this.data = data;
    /** The number of each event, by the number of participants. */
    this.numbers = data.events.map((events) => new Map(events.map((event, number) => [keyOf(event), number])));
    this.groups = data.groups.map((plans) => new Set(plans));
  }

  /** Returns the place in which a meeting opens. */
  opening() {
    return { node: this.data.opening, names: [] };
  }

  /**
   * Returns the situation of a place.
   *
   * @param {Place} place
   * @returns {Node}
   */
  situation(place) {
    return at(this.data.situations, place.node);
  }

  /**
   * Looks up the answer to an event.
   *
   * @param {number} plan - the number of the plan.
   * @param {Place} place
   * @param {BookEvent} event - with names for participants.
   * @returns {{ answer: Answer, after: Place }}
   */
  answer(plan, place, event) {
    const { names } = place;
    const numbers = at(this.numbers, names.length);
    const number = numbers.get(keyOf(withPositions(event, names)));
    if (number === undefined) throw new Error(`The book has no event ${JSON.stringify(event)}.`);
    const entries = at(this.data.cells, at(at(this.data.edges, place.node), number));
    const entry = entries.find(([, , group]) => at(this.groups, group).has(plan));
    if (!entry) throw new Error(`The book has no answer to ${JSON.stringify(event)}.`);
    const [found, distance] = entry;
    const answer = at(this.data.answers, found);
    const all = [...names, participantOf(event) ?? ""];
    return {
      answer: { ...answer, recorder: answer.recorder.map((command) => withName(command, all)) },
      after: { node: place.node + distance, names: answer.places.map((position) => at(all, position)) },
    };
  }
}

/**
 * Returns the participant whom an event is about, or who sends it.
 *
 * @param {BookEvent} event
 * @returns {string | null}
 */
export function participantOf(event) {
  const fields = Object.values(event)[0] ?? {};
  const id = fields["id"] ?? fields["by"];
  return typeof id === "string" ? id : null;
}

/**
 * Returns an event with positions for names; somebody who is absent has the position after the last.
 *
 * @param {BookEvent} event
 * @param {string[]} names
 * @returns {BookEvent}
 */
function withPositions(event, names) {
  const [[trigger, fields] = ["", {}]] = Object.entries(event);
  const changed = { ...fields };
  for (const key of ["id", "by"]) {
    const name = changed[key];
    if (typeof name !== "string") continue;
    const position = names.indexOf(name);
    changed[key] = position < 0 ? names.length : position;
  }
  return { [trigger]: changed };
}

/**
 * @param {Answer["recorder"][number]} command
 * @param {string[]} names
 */
function withName(command, names) {
  return typeof command.client === "number" ? { ...command, client: at(names, command.client) } : command;
}

/**
 * Returns the identity of an event, whatever the order of its fields.
 *
 * @param {BookEvent} event
 */
function keyOf(event) {
  const [[trigger, fields] = ["", {}]] = Object.entries(event);
  return JSON.stringify([trigger, Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1))]);
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} number
 * @returns {T}
 */
function at(list, number) {
  const found = list[number];
  if (found === undefined) throw new Error(`The data of the book end before ${number}.`);
  return found;
}
