// The page: which view is shown, who is logged in, how the connection is.

import { get, request } from "./api.js";
import { BoardPage } from "./board.js";
import { ClockStrip, setTime } from "./clock.js";
import { h } from "./dom.js";
import { ContestsPage, LoginPage } from "./login.js";
import { SubmissionsPage } from "./mine.js";
import { ProblemsPage, StatementPage } from "./problems.js";
import { SubmitPage } from "./submit.js";

const byId = (id) => document.getElementById(id);

class App {
  constructor() {
    this.main = byId("main");
    this.clock = new ClockStrip(byId("clock"));
    this.account = null;
    addEventListener("popstate", () => this.show());
    document.addEventListener("click", (event) => this.clicked(event));
  }

  async start() {
    try {
      this.account = (await get("/api/session")).account;
    } catch {
      this.connection("lost"); // the views say what does not work
    }
    this.showAccount();
    this.show();
  }

  // ---- where we are

  clicked(event) {
    const link = event.target.closest?.("a[data-link]");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.go(link.getAttribute("href"));
  }

  go(path) {
    history.pushState(null, "", path);
    this.show();
    this.main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  show() {
    const { pathname, searchParams } = new URL(location.href);
    const [kind, contest, view, item] = pathname.split("/").slice(1).map(decodeURIComponent);
    this.contestId = kind === "contests" ? contest : null;
    byId("connection").hidden = true;
    if (kind === "login") this.put(new LoginPage(this, searchParams.get("next")), "Log in");
    else if (kind === "contests" && contest) this.showContest(contest, view ?? "", item, searchParams);
    else this.put(new ContestsPage(this), "podium");
    this.showNav(view ?? "");
  }

  showContest(contest, view, item, query) {
    const needsLogin = (view === "submit" || view === "submissions") && !this.mayOpen(contest, view);
    if (needsLogin) this.put(new LoginPage(this, location.pathname + location.search), "Log in");
    else if (view === "problems" && item) this.put(new StatementPage(this, contest, item), "Problem");
    else if (view === "problems") this.put(new ProblemsPage(this, contest), "Problems");
    else if (view === "submit") this.put(new SubmitPage(this, contest, query.get("problem")), "Submit");
    else if (view === "submissions") this.put(new SubmissionsPage(this, contest), "Submissions");
    else this.board(contest);
  }

  board(contest) {
    this.contestId = contest;
    this.put(new BoardPage(this, contest), "Scoreboard");
    this.showNav("");
  }

  put(page, title) {
    this.page?.close();
    this.page = page;
    this.main.replaceChildren(page.element);
    document.title = title === "podium" ? title : `${title} · podium`;
    if (!this.contestId) {
      byId("contest-name").textContent = "";
      this.clock.show(null, null, null);
    }
  }

  showNav(view) {
    const id = this.contestId;
    const base = `/contests/${encodeURIComponent(id)}`;
    const links = id ? [["", "Scoreboard"], ["problems", "Problems"]] : [];
    if (id && this.mayOpen(id, "submit")) links.push(["submit", "Submit"]);
    if (id && this.mayOpen(id, "submissions")) links.push(["submissions", "Submissions"]);
    byId("nav").replaceChildren(
      ...links.map(([name, text]) =>
        h(
          "a",
          { href: name ? `${base}/${name}` : base, "data-link": true, "aria-current": name === view ? "page" : null },
          text,
        ),
      ),
    );
  }

  // ---- who we are

  /** The team that the account acts for in a contest. */
  team(contestId) {
    return this.account?.contests[contestId] ?? null;
  }

  mayOpen(contestId, view) {
    if (this.team(contestId)) return true;
    const { role, contests } = this.account ?? {};
    const jury = role === "admin" || (role === "jury" && (contestId in contests || Object.keys(contests).length === 0));
    return view === "submissions" && jury;
  }

  setAccount(account) {
    this.account = account;
    this.showAccount();
  }

  showAccount() {
    const { account } = this;
    const logout = async () => {
      await request("DELETE", "/api/session");
      this.setAccount(null);
      this.show();
    };
    byId("account").replaceChildren(
      ...(account
        ? [h("span", {}, `${account.name} `), h("button", { type: "button", onclick: logout }, "Log out")]
        : [h("a", { href: "/login", "data-link": true, onclick: (event) => this.toLogin(event) }, "Log in")]),
    );
  }

  toLogin(event) {
    event.preventDefault();
    this.go(`/login?next=${encodeURIComponent(location.pathname)}`);
  }

  // ---- what the views say

  /** The contest as the server tells it: for the header. */
  contest({ contest, state, times }) {
    byId("contest-name").textContent = contest.formal_name ?? contest.name;
    this.clock.show(contest, state, times);
  }

  /** For views without a stream: the contest's name and times, once. */
  async loadContest(id) {
    if (this.clock.contest?.id === id) return;
    const base = `/api/contests/${encodeURIComponent(id)}`;
    const { contest, state, times, clock } = await get(`${base}/times`);
    setTime(clock);
    if (this.contestId === id) this.contest({ contest, state, times });
  }

  connection(how) {
    const element = byId("connection");
    const text = how === "live" ? "live" : "reconnecting …";
    element.hidden = false;
    element.classList.toggle("lost", how !== "live");
    if (element.textContent !== text) element.textContent = text;
  }
}

new App().start();
