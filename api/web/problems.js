// The list of problems, and a problem's statement.

import { get } from "./api.js";
import { realUntil } from "./clock.js";
import { dot, h } from "./dom.js";
import { verdict } from "./own.js";

export class ProblemsPage {
  constructor(app, contestId) {
    this.app = app;
    this.contestId = contestId;
    this.base = `/contests/${encodeURIComponent(contestId)}`;
    this.waiting = h("p", { class: "empty" }, "Loading …");
    this.content = h("div", {}, this.waiting);
    this.element = h("section", { class: "page" }, h("h1", {}, "Problems"), this.content);
    this.start();
  }

  async start() {
    const found = await this.app.load(this, this.waiting, () =>
      Promise.all([get(`/api${this.base}/problems`), get(`/api${this.base}/judgement-types`)]),
    );
    if (!found) return;
    const [problems, types] = found;
    this.types = new Map(types.map((one) => [one.id, one]));
    this.problems = problems;
    if (this.app.team(this.contestId)) {
      this.feed = this.app.own;
      this.unlisten = this.feed.listen((kind, one) => this.changed(kind, one));
    } else {
      await this.app.loadContest(this, this.contestId);
      if (problems.length === 0) this.waitForStart();
    }
    this.show();
  }

  close() {
    this.closed = true;
    this.unlisten?.();
    clearTimeout(this.timer);
  }

  changed(kind, one) {
    if (kind === "state") this.problems = one.problems;
    this.show();
  }

  /** Without a stream: look again when the start has come, and now and then before, since it may be moved. */
  waitForStart() {
    const start = this.app.clock.times?.start ?? null;
    const wait = start === null ? Infinity : Math.max(1000, realUntil(start));
    this.timer = setTimeout(() => this.start(), Math.min(60_000, wait) + 2000 * Math.random()); // not everybody at once
  }

  show() {
    const { problems } = this;
    if (problems.length === 0) {
      this.waiting.textContent = "The problems are shown when the contest starts.";
      this.content.replaceChildren(this.waiting);
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
    this.waiting = h("p", { class: "empty" }, "Loading …");
    this.element = h("section", {}, this.waiting);
    this.start();
  }

  async start() {
    this.app.loadContest(this, this.contestId);
    const path = `/api${this.base}/problems/${encodeURIComponent(this.problemId)}`;
    const problem = await this.app.load(this, this.waiting, () => get(path));
    if (!problem) return;
    const title = `${problem.label} · ${problem.name}`;
    document.title = title;
    const article =
      problem.statement?.[0].mime === "application/pdf"
        ? h("div", { class: "statement" }, h("h1", {}, title), ...(await this.links(path)))
        : await this.html(`${path}/statement`);
    if (!article) return;
    const links = [h("a", { href: `${this.base}/problems`, "data-link": true }, "All problems")];
    if (this.app.team(this.contestId)) {
      const submit = `${this.base}/submit?problem=${encodeURIComponent(this.problemId)}`;
      links.push(h("a", { class: "button primary", href: submit, "data-link": true }, "Submit"));
    }
    this.element.replaceChildren(h("div", { class: "actions statement-links" }, ...links), article);
  }

  /** A PDF is shown by itself: the page has a link to it, and to what else there is. */
  async links(path) {
    const files = (await this.app.load(this, this.waiting, () => get(`${path}/attachments`))) ?? [];
    return [
      h("p", {}, h("a", { href: `${path}/statement` }, "The statement (PDF)")),
      ...files.map((one) => h("p", {}, h("a", { href: `/api/${one.href}` }, one.filename))),
    ];
  }

  /** The statement's page is safe HTML of the server's making; only its content is taken. */
  async html(path) {
    const text = await this.app.load(this, this.waiting, () => get(path));
    if (!text) return null;
    const page = new DOMParser().parseFromString(text, "text/html");
    const article = h("article", { class: "statement" });
    article.append(...document.adoptNode(page.querySelector("main")).childNodes);
    return article;
  }

  close() {
    this.closed = true;
  }
}
