// What somebody was told already, kept in this browser: so that what came while they were away is shown when they are back.

const MOST = 300; // things of which it is known what was told last: of the oldest one, the same may be told again

export class Told {
  constructor(whose) {
    this.key = `podium.told ${whose}`;
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      // no storage, or not ours: as if nothing had been told
    }
    this.id = typeof kept.id === "string" ? kept.id : "";
    this.last = new Map(Array.isArray(kept.last) ? kept.last : []);
    this.since = new Set(Array.isArray(kept.since) ? kept.since : []);
  }

  /** Up to where the stream has told: nothing before it comes again. */
  moved(id) {
    this.id = id;
    this.since.clear();
    this.keep();
  }

  /** Whether this is another state of a thing than the one that was told last; from now on it is the last one. */
  news(thing, state) {
    if (this.last.get(thing) === state) return false;
    this.last.delete(thing);
    this.last.set(thing, state);
    this.keep();
    return true;
  }

  /** Whether an event comes for the first time: the same again is one that was cut off before the stream said where it is. */
  first(event) {
    if (this.since.has(event)) return false;
    this.since.add(event);
    this.keep();
    return true;
  }

  keep() {
    const last = [...this.last].slice(-MOST);
    try {
      localStorage.setItem(this.key, JSON.stringify({ id: this.id, last, since: [...this.since] }));
    } catch {
      // full or forbidden: then it is shown again on return
    }
  }
}

const span = (ms) => {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
};

/** A notice of the stream as [title, text]. */
export function noticeText({ kind, by, start }) {
  switch (kind) {
    case "started":
      return ["The contest has started", "Good luck!"];
    case "rescheduled":
      return start === null
        ? ["The start is not known yet", "The countdown is stopped."]
        : ["The start was moved", `The contest starts at ${new Date(start).toLocaleString()}.`];
    case "paused":
      return ["The contest is paused", "Nobody loses time."];
    case "resumed":
      return ["The contest goes on", "Time counts again."];
    case "extended":
      return by > 0 ? ["There is more time", `You have ${span(by)} more.`] : ["There is less time", `You have ${span(by)} less.`];
    case "frozen":
      return ["The scoreboard is frozen", "You are told your own verdicts all the same."];
    case "unfrozen":
      return ["The scoreboard is not frozen any more", "It shows everything."];
    case "thawed":
      return ["The scoreboard is thawed", "It shows everything."];
    case "ended":
      return ["The contest is over", "The results are not final yet."];
    case "finalized":
      return ["The results are final", ""];
    default:
      return [kind, ""];
  }
}
