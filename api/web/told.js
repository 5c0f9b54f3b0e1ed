// What somebody was told already, kept in this browser: so that what came while they were away is shown when they are back.

const MOST = 300; // things that were shown; what is older comes no second time, since the stream goes on behind it

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
    this.shown = new Set(Array.isArray(kept.shown) ? kept.shown : []);
  }

  /** Up to where the stream has told. */
  moved(id) {
    this.id = id;
    this.keep();
  }

  /** Whether this is told for the first time; from now on it is not. */
  first(key) {
    if (this.shown.has(key)) return false;
    this.shown.add(key);
    this.keep();
    return true;
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ id: this.id, shown: [...this.shown].slice(-MOST) }));
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
