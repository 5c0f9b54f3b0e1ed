// The page: which view is shown, who is logged in, how the connection is.

import { Refused, get, insist, request } from "./api.js";
import { BoardPage } from "./board.js";
import { ClockStrip, setTime } from "./clock.js";
import { h } from "./dom.js";
import { ContestsPage, LoginPage, MissingPage } from "./login.js";
import { SubmissionsPage } from "./mine.js";
import { Own } from "./own.js";
import { OwnTime } from "./owntime.js";
import { ProblemsPage, StatementPage } from "./problems.js";
import { SubmitPage } from "./submit.js";
import { Toasts } from "./toasts.js";

const byId = (id) => document.getElementById(id);

/** That somebody has logged out here: they are not logged in again by the machine's address alone. */
const LEFT = "podium-left";

class App {
  constructor() {
    this.main = byId("main");
    this.clock = new ClockStrip(byId("clock"));
    this.ownTime = new OwnTime(this, byId("own-time"));
    this.toasts = new Toasts(byId("toasts"), byId("notify"));
    this.own = new Own(this);
    Object.assign(this, { account: null, asked: {} });
    this.tabs = new BroadcastChannel("podium"); // the other tabs of this browser, which have the same session
    this.tabs.onmessage = ({ data }) => data !== this.login && this.recheck();
    document.addEventListener("visibilitychange", () => !document.hidden && this.account && this.recheck());
    addEventListener("popstate", () => this.show());
    document.addEventListener("click", (event) => this.clicked(event));
  }

  async start() {
    const waiting = h("p", { class: "empty" }, "Loading …");
    this.main.replaceChildren(h("section", { class: "page" }, waiting));
    const session = await this.load({}, waiting, () => get("/api/session"));
    if (!session) return;
    this.provider = session.openid_connect;
    this.setAccount(session.account ?? (session.address && !sessionStorage.getItem(LEFT) ? await this.byAddress() : null));
    this.show();
  }

  /** Whose machine this is, where the contest says so. */
  async byAddress() {
    try {
      return (await request("POST", "/api/session/address")).account;
    } catch {
      return null;
    }
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
    else if (view === "submit") this.submit(contest, query.get("problem"));
    else if (view === "submissions") this.put(new SubmissionsPage(this, contest), "Submissions");
    else this.board(contest);
  }

  /** Show the page with what was typed into it and not sent yet, as long as it is the same team's. */
  submit(contest, problem) {
    const { username } = this.account;
    if (this.unsent?.contestId !== contest || this.unsent.username !== username) {
      this.unsent = new SubmitPage(this, contest, username);
    }
    this.put(this.unsent, "Submit");
    this.unsent.open(problem); // after `put`, which closes the page that is shown, and that may be this one
  }

  board(contest) {
    this.contestId = contest;
    this.put(new BoardPage(this, contest), "Scoreboard");
    this.showNav("");
  }

  put(page, title) {
    this.page?.close();
    this.page = page;
    byId("connection").hidden = true;
    byId("connection").textContent = ""; // what the page before said is not how this one is
    this.main.replaceChildren(page.element);
    this.ownTime.open(this.contestId, this.team(this.contestId));
    this.follow();
    document.title = title === "podium" ? title : `${title} · podium`;
    if (!this.contestId) {
      byId("contest-name").textContent = "";
      this.clock.show(null, null, null);
    }
  }

  /** What is one's own in this contest, as whoever is logged in now. */
  follow() {
    this.own.open(this.contestId);
    this.toasts.offer(this.team(this.contestId) !== null);
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

  get login() {
    return this.account?.username ?? null;
  }

  /** Be who is logged in now, with nothing of anybody else, and have the other tabs look whether they are. */
  setAccount(account) {
    const before = this.login;
    this.account = account;
    if (this.login !== before) this.toasts.clear();
    if (account && this.unsent?.username !== account.username) this.unsent = null;
    this.showAccount();
    this.tabs.postMessage(this.login);
  }

  /** Ask who we are; whether that is another account than before. Nothing is shown anew where it is the same. */
  async recheck() {
    const before = this.account;
    this.asked.closed = true;
    this.asked = {};
    const found = await insist(() => get("/api/session"), this.asked, () => {});
    if (!found || this.account !== before || JSON.stringify(found.account) === JSON.stringify(before)) return false;
    this.setAccount(found.account);
    this.show();
    return true;
  }

  showAccount() {
    const { account } = this;
    byId("logout-failed").textContent = "";
    byId("account").replaceChildren(
      ...(account
        ? [h("span", {}, `${account.name} `), h("button", { type: "button", onclick: () => this.logout() }, "Log out")]
        : [h("a", { href: "/login", "data-link": true, onclick: (event) => this.toLogin(event) }, "Log in")]),
    );
  }

  async logout() {
    byId("logout-failed").textContent = "";
    try {
      await request("DELETE", "/api/session");
    } catch (error) {
      const why = error instanceof Refused ? error.message : "the server cannot be reached";
      byId("logout-failed").textContent = `You are still logged in: ${why}. Try again.`;
      return;
    }
    sessionStorage.setItem(LEFT, "yes");
    this.unsent = null;
    this.setAccount(null);
    this.show();
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
    this.ownTime.changed();
  }

  /** For views without a stream: the contest's name and times as they are now. */
  async loadContest(page, id) {
    const found = await this.load(page, null, () => get(`/api/contests/${encodeURIComponent(id)}/times`));
    if (!found) return;
    setTime(found.clock);
    this.contest(found);
  }

  /**
   * What a page needs: tried again while the server is away, which `place` says meanwhile. Undefined when the page is
   * left, or when the server refuses for good; then `place` says why, or the login is shown.
   */
  async load(page, place, load) {
    let waited = false;
    try {
      return await insist(load, page, (why) => {
        waited = true;
        this.connection("lost");
        if (!place) return;
        const refused = why instanceof Refused ? `${why.message}.` : "The server cannot be reached.";
        place.textContent = `${refused} Trying again …`;
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (await this.loggedOut(error)) this.sessionEnded();
      else if (place) place.textContent = error.message;
      return undefined;
    } finally {
      if (waited && !page.closed) byId("connection").hidden = true; // a stream says by itself how it is
    }
  }

  /** Whether a refusal comes of a session that has ended: to the public a private contest is not there. */
  async loggedOut(error) {
    if (error.status === 401) return true;
    if (!this.account || (error.status !== 403 && error.status !== 404)) return false;
    try {
      return (await get("/api/session")).account === null;
    } catch {
      return false;
    }
  }

  /** The server does not know us any more: log in again, and go on here. */
  sessionEnded() {
    this.setAccount(null);
    this.put(new LoginPage(this, location.pathname + location.search), "Log in");
    this.showNav("");
  }

  /** A stream was refused: are we somebody else now, is there no such contest, or is only the server away? */
  async refused(contestId) {
    const { page } = this;
    let missing = null;
    try {
      if ((await this.recheck()) || this.page !== page) return;
      await get(`/api/contests/${encodeURIComponent(contestId)}/times`);
    } catch (error) {
      if (error.status === 404) missing = error.message; // otherwise the stream goes on trying
    }
    if (missing && this.page === page) this.put(new MissingPage(this, contestId, missing), "Not found");
  }

  /** How the stream of a contest is. */
  connection(how, contestId = null) {
    if (how === "refused") {
      this.refused(contestId);
      return;
    }
    const element = byId("connection");
    const text = how === "live" ? "live" : "reconnecting …";
    element.hidden = false;
    element.classList.toggle("lost", how !== "live");
    if (element.textContent !== text) element.textContent = text;
  }
}

new App().start();
