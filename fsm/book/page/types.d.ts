/** The shapes of the data of the book. */

export interface Plan {
  kind: string | null;
  started_by: string;
  host_may_pause: boolean;
  kinds: string[];
  grace: number;
  end_when_empty: number | null;
}

export interface Person {
  role: string;
  platform: string;
}

/** A situation without names: participants are positions. */
export interface Node {
  people: Person[];
  state: string;
  kind: string | null;
  client: number | null;
  timers: string[];
  ended: boolean;
}

/** An event by its name; in the graph with positions for participants. */
export type BookEvent = Record<string, Record<string, unknown>>;

export interface RecorderCommand {
  command: string;
  kind?: string | null;
  client?: number | string | null;
  reason?: string;
}

export interface TimerChange {
  set?: string;
  after?: number;
  cancel?: string;
  up?: string;
}

export interface Answer {
  refused: string | null;
  rules: string[];
  no_more: string[];
  recorder: RecorderCommand[];
  timers: TimerChange[];
  row: number | null;
  attempts: [number, string][];
  failed: string;
  places: number[];
}

/** The number of an answer, the distance to the situation after it, the number of a group. */
export type CellEntry = [number, number, number];

export interface GraphData {
  plans: Plan[];
  events: BookEvent[][];
  situations: Node[];
  opening: number;
  answers: Answer[];
  groups: number[][];
  cells: CellEntry[][];
  edges: number[][];
}

/** A situation with names for its positions. */
export interface Place {
  node: number;
  names: string[];
}

export interface PictureData {
  name: string;
  svg: Record<string, string>;
  rows: Record<string, number>;
}

export interface Attempt {
  transition: number;
  guard: string;
}

/** A step with its answer, as the view shows it. */
export interface ShownStep {
  event: BookEvent;
  before: string;
  state: string;
  refused: string | null;
  rules: string[];
  no_more: string[];
  recorder: RecorderCommand[];
  timers: TimerChange[];
  taken: number[];
  attempts: Attempt[];
  /** The guards that said no. */
  needs: string[];
  /** The decision as a sentence, by language; null where there is none. */
  why: Record<string, string | null>;
  unexpected: string[];
}

export interface Present {
  id: string;
  role: string;
  platform: string;
}

export interface RunningTimer {
  timer: string;
  remaining: number | null;
}

/** A meeting at a moment, as the view shows it. */
export interface ShownMoment {
  state: string;
  kind: string | null;
  client: string | null;
  ended: boolean;
  people: Present[];
  timers: RunningTimer[];
}

export interface ExampleStep extends Omit<ShownStep, "needs"> {
  step: number;
}

export interface ExampleMoment extends ShownMoment {
  node: number | null;
  names: string[];
}

export interface Example {
  rule: string | null;
  /** By language. */
  title: Record<string, string>;
  settings: Record<string, string[]>;
  status: string;
  plan: Plan;
  why: Record<string, string[]>;
  picture: number;
  number: number | null;
  steps: ExampleStep[];
  moments: ExampleMoment[];
}

export interface LangWords {
  texts: Record<string, string>;
  classes: Record<string, string>;
  labels: Record<string, string>;
  names: Record<string, string>;
  reasons: Record<string, string>;
  titles: Record<string, string>;
}

export interface BookData {
  graph: GraphData;
  pictures: PictureData[];
  /** The number of the picture of each plan. */
  plan_pictures: number[];
  examples: Example[];
  words: Record<string, LangWords>;
  roles: string[];
  kinds: string[];
  timers: string[];
  classes: string[];
  versions: (string | null)[];
}
