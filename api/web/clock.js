// The contest's clock: the server's time, the contest's times, and the strip that shows both.

import { clockText, h } from "./dom.js";

const server = { now: Date.now(), at: performance.now(), rate: 1 };

/** The server has said what time it is; rehearsals run faster than real time. */
export function setTime({ now, rate }) {
  Object.assign(server, { now, rate, at: performance.now() });
}

/** The server's time in ms. */
export const serverNow = () => server.now + (performance.now() - server.at) * server.rate;

/** How many ms of real time it is until a moment of the server's. */
export const realUntil = (at) => (at - serverNow()) / server.rate;

/** Contest time in ms at a moment, without the intervals that were taken out. */
export function contestTime(times, at) {
  let passed = at - times.start;
  if (passed > 0) {
    for (const [start, end] of times.removed) passed -= Math.max(0, Math.min(end, at) - Math.max(start, times.start));
  }
  return passed;
}

/** How many minutes were left when the board was frozen. */
export const frozenMinutes = (times) => Math.floor((times.duration - contestTime(times, times.freeze)) / 60_000);

export class ClockStrip {
  constructor(element) {
    this.element = element;
    this.left = h("span");
    this.right = h("span");
    this.done = h("div", { class: "done" });
    this.frozen = h("div", { class: "frozen" });
    element.replaceChildren(
      h("div", { class: "times", role: "timer" }, this.left, this.right),
      h("div", { class: "track", "aria-hidden": "true" }, this.frozen, this.done),
    );
    this.timer = setInterval(() => this.draw(), 250);
  }

  /** What the contest says of itself: its state and times. Null hides the strip. */
  show(contest, state, times) {
    this.contest = contest;
    this.state = state;
    this.times = times;
    this.element.hidden = !times;
    this.draw();
  }

  draw() {
    const { times, state, contest } = this;
    if (!times) return;
    if (times.start === null) {
      this.left.textContent = contest.countdown_pause_time
        ? `The countdown is paused with ${contest.countdown_pause_time} left`
        : "The start is not known yet";
      this.right.textContent = "";
      return;
    }
    const passed = contestTime(times, serverNow());
    const over = passed >= times.duration;
    const part = Math.min(1, Math.max(0, passed / times.duration));
    this.done.style.width = `${100 * part}%`;
    const cold = times.freeze === null || state.thawed ? 0 : 1 - contestTime(times, times.freeze) / times.duration;
    this.frozen.style.width = `${100 * Math.max(0, cold)}%`;
    if (passed < 0) {
      this.set(`Starts in ${clockText(-passed + 999)}`, `${clockText(times.duration)} long`);
    } else if (over) {
      this.set(state.finalized ? "Over, the results are final" : "Over", `${clockText(times.duration)} played`);
    } else {
      this.set(`${clockText(passed)} of ${clockText(times.duration)}`, `${clockText(times.duration - passed + 999)} left`);
    }
  }

  set(left, right) {
    if (this.left.textContent !== left) this.left.textContent = left;
    if (this.right.textContent !== right) this.right.textContent = right;
  }
}
