// A team's own time, in contests where each team has a window: the button that begins it, and what is left of it.

import { Refused, get, request } from "./api.js";
import { serverNow } from "./clock.js";
import { clockText, h } from "./dom.js";

export class OwnTime {
  constructor(app, element) {
    this.app = app;
    this.element = element;
    this.turn = { closed: true };
    setInterval(() => this.draw(), 500);
  }

  /** Show it for a team in a contest; nothing without a team. */
  open(contestId, team) {
    const of = team ? JSON.stringify([contestId, team]) : null;
    if (of === this.of) return;
    this.of = of;
    this.path = `/api/contests/${encodeURIComponent(contestId)}/start`;
    this.turn.closed = true; // what is under way is of another team
    this.turn = { closed: of === null };
    this.found = null;
    this.element.hidden = true;
    this.look();
  }

  /** The contest has changed, and the team's time perhaps with it. */
  changed() {
    if (this.found?.window) this.look();
  }

  async look() {
    const { turn } = this;
    if (turn.closed) return;
    const found = await this.app.load(turn, null, () => get(this.path));
    if (found) this.show(found);
  }

  show(found) {
    if (JSON.stringify(found) === JSON.stringify(this.found)) return;
    this.found = found;
    this.element.hidden = !found.window;
    if (!found.window) return;
    if (found.start_time) {
      this.left = h("p", { role: "timer" });
      this.element.replaceChildren(this.left);
      this.draw();
    } else this.offer();
  }

  /** The button, and a second one: beginning cannot be undone. */
  offer() {
    const hours = this.found.window.replace(/\.\d+$/, "");
    this.said = h("p", { class: "error", role: "alert" });
    const sure = h("span", { class: "actions", hidden: true });
    const button = h("button", { type: "button", class: "primary" }, "Begin …");
    const ask = (asked) => {
      button.hidden = asked;
      sure.hidden = !asked;
      (asked ? sure.lastChild : button).focus();
    };
    button.addEventListener("click", () => ask(true));
    this.yes = h("button", { type: "button", class: "primary", onclick: () => this.begin() }, "Yes, begin now");
    sure.append("This cannot be undone.", this.yes, h("button", { type: "button", onclick: () => ask(false) }, "Not yet"));
    this.element.replaceChildren(
      h("p", {}, `Your team has ${hours} of its own, from when you begin, and no longer than the contest.`),
      h("div", { class: "actions" }, button, sure),
      this.said,
    );
  }

  async begin() {
    const { turn, yes, said } = this;
    yes.disabled = true;
    said.textContent = "";
    try {
      const found = await request("POST", this.path);
      if (!turn.closed) this.show(found);
    } catch (error) {
      if (turn.closed) return;
      if (error.status === 401) this.app.sessionEnded();
      else said.textContent = error instanceof Refused ? error.message : "The server cannot be reached. Try again: it counts once.";
    } finally {
      yes.disabled = false;
    }
  }

  draw() {
    if (!this.left || !this.found?.start_time) return;
    const begins = Date.parse(this.found.start_time) - serverNow();
    const left = Date.parse(this.found.end_time) - serverNow();
    const text =
      begins > 0
        ? `Your team's time begins in ${clockText(begins + 999)}.`
        : left > 0
          ? `Your team's own time: ${clockText(left + 999)} left.`
          : "Your team's own time is over.";
    if (this.left.textContent !== text) this.left.textContent = text;
  }
}
