// The list of problems, and a problem's statement.

import { Refused, get } from "./api.js";
import { dot, h } from "./dom.js";
import { OwnFeed, verdict } from "./own.js";

export class ProblemsPage {
  constructor(app, contestId) {
    this.app = app;
    this.contestId = contestId;
    this.base = `/contests/${encodeURIComponent(contestId)}`;
    this.content = h("div", {}, h("p", { class: "empty" }, "Loading …"));
    this.element = h("section", { class: "page" }, h("h1", {}, "Problems"), this.content);
    this.start();
  }

  async start() {
    const [problems, types] = await Promise.all([
      get(`/api${this.base}/problems`),
      get(`/api${this.base}/judgement-types`),
    ]);
    if (this.closed) return;
    this.types = new Map(types.map((one) => [one.id, one]));
    if (this.app.team(this.contestId)) {
      this.feed = new OwnFeed(this.app, this.contestId, () => this.show(problems));
    } else {
      await this.app.loadContest(this.contestId);
    }
    this.show(problems);
  }

  close() {
    this.closed = true;
    this.feed?.close();
  }

  show(problems) {
    if (problems.length === 0) {
      this.content.replaceChildren(h("p", { class: "empty" }, "The problems are shown when the contest starts."));
      return;
    }
    const team = this.app.team(this.contestId);
    const row = (problem) => {
      const link = `${this.base}/problems/${encodeURIComponent(problem.id)}`;
      return h(
        "tr",
        {},
        h("td", { class: "label" }, dot(problem), ` ${problem.label}`),
        h("td", {}, problem.statement ? h("a", { href: link, "data-link": true }, problem.name) : problem.name),
        h("td", { class: "num wide" }, problem.time_limit ? `${problem.time_limit} s` : ""),
        h("td", { class: "num wide" }, problem.memory_limit ? `${problem.memory_limit} MiB` : ""),
        team && h("td", {}, this.own(problem)),
        team &&
          h("td", {}, h("a", { href: `${this.base}/submit?problem=${encodeURIComponent(problem.id)}`, "data-link": true }, "Submit")),
      );
    };
    const heads = ["", "Problem", "Time", "Memory", ...(team ? ["Yours", ""] : [])];
    const head = (name) => h("th", { scope: "col", class: name === "Time" || name === "Memory" ? "num wide" : null }, name);
    this.content.replaceChildren(
      h(
        "div",
        { class: "scroll-x" },
        h(
          "table",
          { class: "list" },
          h("caption", { class: "unseen" }, "Problems"),
          h("thead", {}, h("tr", {}, ...heads.map(head))),
          h("tbody", {}, ...problems.map(row)),
        ),
      ),
    );
  }

  /** How the team stands with a problem: solved, or what its last attempt was that came in time. */
  own(problem) {
    const mine = this.feed?.latest().filter((one) => one.problem_id === problem.id && !one.late) ?? [];
    if (mine.length === 0) return "";
    const looks = mine.map((one) => verdict(this.feed.judgementOf(one.id), this.types));
    const [kind, text] = looks.find(([kind]) => kind === "good") ?? looks[0];
    return h("span", { class: `verdict ${kind}` }, text);
  }
}

export class StatementPage {
  constructor(app, contestId, problemId) {
    this.base = `/contests/${encodeURIComponent(contestId)}`;
    this.problemId = problemId;
    this.app = app;
    this.contestId = contestId;
    this.element = h("section", {}, h("p", { class: "empty" }, "Loading …"));
    this.start();
  }

  async start() {
    this.app.loadContest(this.contestId);
    const path = `/api${this.base}/problems/${encodeURIComponent(this.problemId)}`;
    let article;
    try {
      const problem = await get(path);
      const title = `${problem.label} · ${problem.name}`;
      document.title = title;
      article =
        problem.statement?.[0].mime === "application/pdf"
          ? h("div", { class: "statement" }, h("h1", {}, title), h("p", {}, h("a", { href: `${path}/statement` }, "The statement (PDF)")))
          : await this.html(`${path}/statement`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      article = h("div", { class: "statement" }, h("p", { class: "notice warn" }, error.message));
    }
    const links = [h("a", { href: `${this.base}/problems`, "data-link": true }, "All problems")];
    if (this.app.team(this.contestId)) {
      const submit = `${this.base}/submit?problem=${encodeURIComponent(this.problemId)}`;
      links.push(h("a", { class: "button primary", href: submit, "data-link": true }, "Submit"));
    }
    this.element.replaceChildren(h("div", { class: "actions statement-links" }, ...links), article);
  }

  /** The statement's page is safe HTML of the server's making; only its content is taken. */
  async html(path) {
    const page = new DOMParser().parseFromString(await get(path), "text/html");
    const article = h("article", { class: "statement" });
    article.append(...document.adoptNode(page.querySelector("main")).childNodes);
    return article;
  }

  close() {}
}
