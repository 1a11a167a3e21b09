/** Words for events, commands and times, in the language of the reader. */

/** @import { BookEvent, LangWords, Plan, RecorderCommand, TimerChange } from "./types.js" */

const UNITS = /** @type {const} */ ([["day", 86_400], ["hour", 3_600], ["minute", 60]]);

export class Words {
  /**
   * @param {string} lang
   * @param {LangWords} words
   */
  constructor(lang, words) {
    this.lang = lang;
    this.words = words;
  }

  /**
   * Returns a text of the book, with values for the words in braces.
   *
   * @param {string} name
   * @param {Record<string, string>} [values]
   */
  text(name, values = {}) {
    const text = this.words.texts[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (all, word) => values[word] ?? all);
  }

  /**
   * Returns a label of the machine in words.
   *
   * @param {string} label
   */
  label(label) {
    return (this.words.labels[label] ?? label).replaceAll("_", " ");
  }

  /**
   * Returns the reason of a refusal in words.
   *
   * @param {string} reason
   */
  reason(reason) {
    return (this.words.reasons[reason] ?? reason).replaceAll("_", " ");
  }

  /**
   * Returns a role or a platform in words.
   *
   * @param {string} name
   */
  name(name) {
    return (this.words.names[name] ?? name).replaceAll("_", " ");
  }

  /**
   * Returns a class of platforms in words.
   *
   * @param {string} platform - its representative.
   */
  platformClass(platform) {
    return this.words.classes[platform] ?? this.name(platform);
  }

  /**
   * Returns a list in words.
   *
   * @param {string[]} texts
   */
  list(texts) {
    return texts.join(this.words.labels[", "] ?? ", ");
  }

  /**
   * Returns the title of a rule.
   *
   * @param {string} rule
   */
  title(rule) {
    return this.words.titles[rule] ?? rule;
  }

  /**
   * Returns a number of seconds in words, such as "1 min 30 s".
   *
   * @param {number} seconds
   */
  duration(seconds) {
    let rest = seconds;
    const parts = [];
    for (const [unit, length] of UNITS) {
      const count = Math.floor(rest / length);
      if (count > 0) parts.push(this.text(unit, { count: String(count) }));
      rest -= count * length;
    }
    if (rest > 0 || parts.length === 0) parts.push(this.text("second", { count: String(Math.round(rest * 1000) / 1000) }));
    return parts.join(" ");
  }

  /**
   * Returns the name of a timer.
   *
   * @param {string} timer
   */
  timer(timer) {
    return this.text(`timer ${timer}`);
  }

  /**
   * Returns an event in words.
   *
   * @param {BookEvent} event
   * @param {boolean} [classes] - whether platforms stand for their class.
   */
  event(event, classes = false) {
    const [[trigger, fields] = ["", {}]] = Object.entries(event);
    const who = String(fields["id"] ?? fields["by"] ?? "");
    switch (trigger) {
      case "join":
        return this.join(who, fields, classes);
      case "role":
        return this.text("event role", { who, role: this.name(String(fields["role"])) });
      case "start":
        return this.text("event start", { who, kind: this.label(String(fields["kind"])) });
      case "leave":
      case "pause":
      case "resume":
      case "stop":
        return this.text(`event ${trigger}`, { who });
      case "end":
        return who === "" ? this.text("event server end") : this.text("event end", { who });
      case "recorder_failed":
        return this.text("event fail");
      case "time_up": {
        const name = fields["set"] === "stale" ? "event stale" : "event up";
        return this.text(name, { timer: this.timer(String(fields["timer"])) });
      }
      case "wait":
        return this.text("event wait", { length: this.duration(Number(event["wait"])) });
      default:
        return this.label(trigger);
    }
  }

  /**
   * @param {string} who
   * @param {Record<string, unknown>} fields
   * @param {boolean} classes
   */
  join(who, { role, platform, version }, classes) {
    const client = String(platform);
    const joins = this.text("event join", {
      who, role: this.name(String(role)), platform: classes ? this.platformClass(client) : this.name(client),
    });
    if (!classes && !version) return joins;
    const words = classes ? this.version(/** @type {string | null} */ (version)) : String(version);
    return joins + this.text("event version", { version: words });
  }

  /**
   * Returns a version that the book tries, in words.
   *
   * @param {string | null} version
   */
  version(version) {
    if (version === null) return this.text("version unknown");
    return this.text(version === "3.17" ? "version new" : "version old");
  }

  /**
   * Returns a recorder command in words.
   *
   * @param {RecorderCommand} command
   */
  command({ command, kind, client, reason }) {
    const details = [];
    if (kind) details.push(this.label(kind));
    if (client) details.push(this.text("client is", { client: String(client) }));
    if (reason) details.push(this.label(reason));
    const colon = this.words.labels[": "] ?? ": ";
    const words = details.length === 0 ? this.label(command) : `${this.label(command)}${colon}${this.list(details)}`;
    return this.text("command", { command: words });
  }

  /**
   * Returns a change of a timer in words.
   *
   * @param {TimerChange} change
   */
  change({ set, after, cancel, up }) {
    if (set !== undefined) return this.text("timer set", { timer: this.timer(set), length: this.duration(after ?? 0) });
    if (cancel !== undefined) return this.text("timer cancelled", { timer: this.timer(cancel) });
    return this.text("timer up", { timer: this.timer(String(up)) });
  }

  /**
   * Returns the facts of a plan in words.
   *
   * @param {Plan} plan
   */
  planFacts({ kind, started_by, host_may_pause, grace, end_when_empty }) {
    const { texts } = this.words;
    const facts = [texts[`plan ${kind ?? "none"} ${started_by}`] ?? this.text(`plan ${kind ?? "none"}`)];
    if (!host_may_pause) facts.push(this.text("no pause"));
    if (grace) facts.push(this.text("with grace", { length: this.duration(grace) }));
    if (end_when_empty) facts.push(this.text("with empty", { length: this.duration(end_when_empty) }));
    return facts;
  }
}
