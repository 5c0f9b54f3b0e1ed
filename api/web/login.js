// Logging in, choosing a contest, and what is there where there is none.

import { Refused, get, request } from "./api.js";
import { h } from "./dom.js";

export class LoginPage {
  constructor(app, next) {
    this.app = app;
    // only to a page of this site
    this.next = next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
    this.said = h("p", { class: "error", role: "alert" });
    this.username = h("input", { name: "username", autocomplete: "username", autocapitalize: "off", required: true });
    this.password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
    this.button = h("button", { class: "primary", type: "submit" }, "Log in");
    this.element = h(
      "section",
      { class: "page" },
      h(
        "form",
        { class: "sheet narrow", onsubmit: (event) => this.send(event) },
        h("h1", {}, "Log in"),
        h("label", {}, "Login", this.username),
        h("label", {}, "Password", this.password),
        this.said,
        h("div", { class: "actions" }, this.button, app.provider ? h("a", { class: "button", href: app.provider }, "Log in elsewhere") : null),
      ),
    );
  }

  async send(event) {
    event.preventDefault();
    this.said.textContent = "";
    this.button.disabled = true;
    try {
      const { account } = await request("POST", "/api/session", {
        username: this.username.value.trim(),
        password: this.password.value,
      });
      this.app.setAccount(account);
      this.app.go(this.next);
    } catch (error) {
      this.said.textContent = error instanceof Refused ? error.message : "The server cannot be reached.";
      this.password.select();
    } finally {
      this.button.disabled = false;
    }
  }

  close() {}
}

export class ContestsPage {
  constructor(app) {
    this.app = app;
    this.waiting = h("p", { class: "empty" }, "Loading …");
    this.element = h("section", { class: "page" }, this.waiting);
    this.start();
  }

  async start() {
    const contests = await this.app.load(this, this.waiting, () => get("/api/contests"));
    if (!contests) return;
    if (contests.length === 1) {
      this.app.board(contests[0].id);
      return;
    }
    const when = (one) => (one.start_time ? new Date(one.start_time).toLocaleString() : "not yet scheduled");
    this.element.replaceChildren(
      h("h1", {}, contests.length > 0 ? "Contests" : "There is no contest yet"),
      h(
        "ul",
        { class: "cards" },
        ...contests.map((one) =>
          h(
            "li",
            {},
            h(
              "a",
              { class: "card", href: `/contests/${encodeURIComponent(one.id)}`, "data-link": true },
              h("b", {}, one.formal_name ?? one.name),
              h("small", {}, `${when(one)} · ${one.duration}`),
            ),
          ),
        ),
      ),
    );
  }

  close() {
    this.closed = true;
  }
}

const LOOK_AGAIN_MS = 15_000;

/** A contest that is not there (yet), or not for us: says so, and looks again. */
export class MissingPage {
  constructor(app, contestId, message) {
    this.app = app;
    this.path = `/api/contests/${encodeURIComponent(contestId)}/times`;
    this.element = h(
      "section",
      { class: "page" },
      h("p", { class: "empty" }, `${message}. `, h("a", { href: "/", "data-link": true }, "All contests")),
    );
    this.timer = setInterval(() => this.look(), LOOK_AGAIN_MS);
  }

  async look() {
    try {
      await get(this.path);
    } catch {
      return;
    }
    if (!this.closed) this.app.show();
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
  }
}
