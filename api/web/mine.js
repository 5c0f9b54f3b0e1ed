// The submissions page: a team's own, live; for the jury everybody's.

import { get } from "./api.js";
import { h } from "./dom.js";
import { verdict } from "./own.js";

const MOST = 500; // rows; a jury that wants more asks the API

export class SubmissionsPage {
  constructor(app, contestId) {
    this.app = app;
    this.contestId = contestId;
    this.everybodys = !app.team(contestId);
    this.own = app.own;
    this.body = h("tbody");
    this.empty = h("p", { class: "empty" }, "Loading …");
    this.table = h(
      "table",
      { class: "list", hidden: true },
      h("caption", { class: "unseen" }, "Submissions, the latest first"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["#", this.everybodys && "Team", "Problem", "Verdict", "Time", "Language", "Source"]
            .filter(Boolean)
            .map((name) => h("th", { scope: "col", class: name === "Language" ? "wide" : null }, name)),
        ),
      ),
      this.body,
    );
    this.element = h(
      "section",
      { class: "page" },
      h("h1", {}, this.everybodys ? "All submissions" : "Your submissions"),
      h("div", { class: "scroll-x" }, this.table, this.empty),
    );
    this.start();
  }

  async start() {
    const base = `/api/contests/${encodeURIComponent(this.contestId)}`;
    const found = await this.app.load(this, this.empty, () =>
      Promise.all([
        get(`${base}/problems`),
        get(`${base}/judgement-types`),
        get(`${base}/languages`),
        this.everybodys ? get(`${base}/teams`) : [],
      ]),
    );
    if (!found) return;
    const [problems, types, languages, teams] = found;
    const byId = (list) => new Map(list.map((one) => [one.id, one]));
    Object.assign(this, {
      problems: byId(problems),
      types: byId(types),
      languages: byId(languages),
      teams: byId(teams),
    });
    this.unlisten = this.own.listen((kind, one) => this.changed(kind, one));
  }

  close() {
    this.closed = true;
    this.unlisten?.();
  }

  changed(kind, one) {
    if (kind === "state") {
      for (const problem of one.problems) this.problems.set(problem.id, problem); // those that the start has brought
      if (!this.own.loaded) return;
    }
    cancelAnimationFrame(this.painting);
    this.painting = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const current = new Map();
    for (const one of this.own.judgements.values()) if (one.current !== false) current.set(one.submission_id, one);
    this.body.replaceChildren(
      ...this.own
        .latest()
        .slice(0, MOST)
        .map((one) => this.row(one, current.get(one.id))),
    );
    this.table.hidden = this.own.submissions.size === 0;
    this.empty.hidden = !this.table.hidden;
    this.empty.textContent = "Nothing has been submitted yet.";
  }

  row(one, judgement) {
    const [kind, text] = verdict(judgement, this.types, this.own.progress.get(judgement?.id));
    const problem = this.problems.get(one.problem_id);
    return h(
      "tr",
      { "data-submission": one.id },
      h("td", {}, String(one.number)),
      this.everybodys && h("td", {}, this.teams.get(one.team_id)?.name ?? one.team_id),
      h("td", {}, problem?.label ?? one.problem_id, problem && h("span", { class: "wide" }, ` · ${problem.name}`)),
      h("td", {}, h("span", { class: `verdict ${kind}` }, text), one.late && h("span", { class: "late" }, "too late")),
      h("td", {}, one.contest_time.replace(/\.\d+$/, "")),
      h("td", { class: "wide" }, this.languages.get(one.language_id)?.name ?? one.language_id),
      h("td", {}, one.files ? h("a", { href: `/api/${one.files[0].href}`, download: true }, "zip") : ""),
    );
  }
}
