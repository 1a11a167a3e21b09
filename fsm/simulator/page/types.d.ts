/** The shapes of what the page and the service send each other. */

export interface Choice {
  auto_record: boolean;
  kind?: string | null;
  started_by?: string | null;
}

export interface AutoRecord {
  enabled?: boolean;
  locked?: boolean;
  kind?: string;
  start_on_any_join?: boolean;
  host_may_pause?: boolean;
}

export interface Account {
  edition: string;
  cloud_recording?: boolean;
  local_recording?: boolean;
  auto_record?: AutoRecord;
}

export interface MeetingInfo {
  type?: string;
  grace?: number;
  end_when_empty?: number | null;
}

/** The settings of a meeting: a scenario without its title and its steps. */
export interface Settings {
  account: Account;
  user: Choice | null;
  booking: Choice | null;
  meeting: MeetingInfo;
}

/** A step as in a scenario file: an event or a wait by its name, and possibly `expect`. */
export type Step = Record<string, unknown>;

export interface ScenarioDocument extends Settings {
  title: string;
  events: Step[];
}

/** A setting without an effect, and the settings that keep it from having one. */
export interface IdleSetting {
  setting: string;
  because: string[];
}

export interface Vocabulary {
  editions: string[];
  editions_with_console: string[];
  kinds: string[];
  kinds_with_options: string[];
  starters: string[];
  types: string[];
  unbooked_types: string[];
  roles: string[];
  platforms: string[];
  max_grace: number;
  max_end_when_empty: number;
  max_wait: number;
  max_steps: number;
  rules: Record<string, string>;
}

export interface Option {
  kind: string;
  started_by: string;
}

export interface Form {
  visible: boolean;
  ticked: boolean;
  editable: boolean;
  options: Option[];
  selected: Option | null;
  contact_admin: boolean;
}

export interface Plan {
  kind: string | null;
  started_by: string;
  host_may_pause: boolean;
  source: string;
  kinds: string[];
  grace: number;
  end_when_empty: number | null;
}

export interface Resolution {
  status: string;
  form: Form;
  plan: Plan;
  why: string[];
}

export interface Attempt {
  transition: number;
  guard: string;
}

export interface RecorderCommand {
  command: string;
  kind?: string | null;
  client?: string | null;
  reason?: string;
}

export interface TimerChange {
  set?: string;
  after?: number;
  cancel?: string;
  up?: string;
}

/** A step with the answer of the machine. */
export interface SimulatedStep {
  step: number;
  event: Step;
  before: string;
  state: string;
  recorder: RecorderCommand[];
  refused: string | null;
  rules: string[];
  no_more: string[];
  timers: TimerChange[];
  unexpected: string[];
  why: string | null;
  taken: number[];
  attempts: Attempt[];
  at: number;
}

export interface Permission {
  allowed: boolean;
  refused: string | null;
  why: string | null;
  event: Step;
}

export interface Participant {
  id: string;
  role: string;
  platform: string;
  allowed: Record<string, Permission>;
}

export interface RunningTimer {
  timer: string;
  remaining: number;
  means: string;
}

export interface Situation {
  state: string;
  kind: string | null;
  client: string | null;
  ended: boolean;
  at: number;
  participants: Participant[];
  timers: RunningTimer[];
}

export interface Simulation {
  resolution: Resolution;
  idle_settings: IdleSetting[];
  steps: SimulatedStep[];
  situation: Situation;
}

/** A meeting in the list of the service. */
export interface Overview {
  id: string;
  opened_at: number;
  events: number;
  state: string;
  ended: boolean;
  plan: Plan;
  present: number;
}

export interface OverviewPage {
  meetings: Overview[];
  next: string | null;
}

/** A real meeting after one of its entries. */
export interface Moment extends Simulation {
  meeting: string;
  opened_at: number;
  last: number;
  shown: number;
  may_send: boolean;
  settings: unknown;
}

/** All that the page shows at a moment. */
export interface View {
  vocabulary: Vocabulary;
  document: ScenarioDocument;
  simulation: Simulation;
  /** The same events under the settings that are compared; null without a comparison. */
  compared: Simulation | null;
  /** The settings that are compared; null without a comparison. */
  other: Settings | null;
  /** The steps that the two settings answer differently. */
  differences: Difference[];
  /** The steps from the opening to the current one, answered. */
  past: SimulatedStep[];
}

/** A step that two settings answer differently. */
export interface Difference {
  number: number;
  here: SimulatedStep;
  there: SimulatedStep;
}

/** What a step lights in a diagram. */
export interface LitStep {
  before: string;
  state: string;
  refused: string | null;
  taken: number[];
  attempts: { transition: number; guard: string }[];
}

/** The texts of the notes in a diagram. */
export interface NoteTexts {
  refused(reason: string): string;
  needs(guard: string): string;
}
