// The submissions page: a team's own, live; for the jury everybody's.

import { get } from "./api.js";
import { announce, h } from "./dom.js";
import { OwnFeed, verdict } from "./own.js";

const MOST = 500; // rows; a jury that wants more asks the API

export class SubmissionsPage {
  constructor(app, contestId) {
    this.app = app;
    this.contestId = contestId;
    this.everybodys = !app.team(contestId);
    this.told = new Map();
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
    this.feed = new OwnFeed(this.app, this.contestId, (kind, one) => this.changed(kind, one));
  }

  close() {
    this.closed = true;
    this.feed?.close();
  }

  changed(kind, one) {
    if (kind === "state") {
      for (const problem of one.problems) this.problems.set(problem.id, problem); // those that the start has brought
      if (!this.feed.loaded) return;
    }
    if (kind === "judgement" && one.judgement_type_id && this.told.get(one.submission_id) !== one.judgement_type_id) {
      this.told.set(one.submission_id, one.judgement_type_id);
      const submission = this.feed.submissions.get(one.submission_id);
      if (submission && !this.everybodys) {
        const label = this.problems.get(submission.problem_id)?.label ?? submission.problem_id;
        const late = submission.late ? ", too late" : "";
        announce(`Submission ${submission.number}, problem ${label}: ${verdict(one, this.types)[1]}${late}.`);
      }
    }
    cancelAnimationFrame(this.painting);
    this.painting = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const current = new Map();
    for (const one of this.feed.judgements.values()) if (one.current !== false) current.set(one.submission_id, one);
    this.body.replaceChildren(
      ...this.feed
        .latest()
        .slice(0, MOST)
        .map((one) => this.row(one, current.get(one.id))),
    );
    this.table.hidden = this.feed.submissions.size === 0;
    this.empty.hidden = !this.table.hidden;
    this.empty.textContent = "Nothing has been submitted yet.";
  }

  row(one, judgement) {
    const [kind, text] = verdict(judgement, this.types);
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
