// The scoreboard: a model that follows the stream, and a table that follows the model.

import { RowView, cellContent, pointsText } from "./cells.js";
import { scoreboardStream } from "./client.js";
import { frozenMinutes, setTime } from "./clock.js";
import { announce, dot, h } from "./dom.js";
import { gliding } from "./flip.js";
import { ranked } from "./ranks.js";

const PAINT_MS = 300; // what comes in between is painted together
const ANNOUNCE_MS = 8000; // a screen reader is not to be talked over

export class BoardPage {
  constructor(app, contestId) {
    this.app = app;
    this.contestId = contestId;
    this.rows = new Map();
    this.views = new Map();
    this.firsts = {};
    this.teams = {};
    this.news = [];
    this.scale = null; // of points; null where solved problems are counted
    this.legend = h("div", { class: "legend", "aria-hidden": "true" });
    this.notices = h("div", { role: "status" });
    this.caption = h("caption", { class: "unseen" }, "Scoreboard");
    this.head = h("thead");
    this.body = h("tbody");
    this.foot = h("tfoot");
    this.empty = h("p", { class: "empty" }, "Waiting for the scoreboard …");
    this.filter = h("input", {
      type: "search",
      placeholder: "Find a team",
      "aria-label": "Find a team",
      oninput: () => this.applyFilter(),
    });
    this.table = h("table", { class: "board", hidden: true }, this.caption, this.head, this.body, this.foot);
    this.element = h(
      "section",
      { class: "board-page", "aria-label": "Scoreboard" },
      this.notices,
      h("div", { class: "board-tools" }, this.filter, this.legend),
      h("div", { class: "board-scroll", tabindex: "0", role: "region", "aria-label": "Scoreboard table" }, this.empty, this.table),
    );
    this.stream = scoreboardStream(
      "/api",
      contestId,
      {
        clock: setTime,
        snapshot: (data) => this.onSnapshot(data),
        delta: (data) => this.onDelta(data),
        state: (data) => this.onState(data),
        teams: (data) => this.onTeams(data),
      },
      { said: (how) => app.connection(how, contestId) },
    );
    this.announcer = setInterval(() => this.tell(), ANNOUNCE_MS);
  }

  close() {
    this.stream.close();
    clearInterval(this.announcer);
    clearTimeout(this.painting);
  }

  // ---- what the stream says

  onSnapshot(data) {
    this.rows = new Map(data.rows.map((row) => [row.team_id, row]));
    this.firsts = data.firsts;
    this.teams = data.teams;
    this.digest = data.teams_digest;
    this.onState(data);
    this.paint(); // rows that were there go to their new places: a promoted board comes without a flicker
  }

  onDelta(data) {
    for (const row of data.rows) {
      if (row.listed === false) this.rows.delete(row.team_id);
      else {
        this.notice(row);
        this.rows.set(row.team_id, row);
      }
    }
    for (const [problem, first] of Object.entries(data.firsts)) {
      if (first === null) delete this.firsts[problem];
      else this.firsts[problem] = first;
    }
    this.paintSoon();
  }

  onState(data) {
    Object.assign(this, { contest: data.contest, state: data.state, times: data.times });
    const scale = data.contest.scoreboard_type === "score" ? data.score_scale : null;
    if (this.scale !== scale || JSON.stringify(this.problems) !== JSON.stringify(data.problems)) {
      this.setColumns(data.problems, scale);
    }
    this.app.contest(data);
    this.caption.textContent = `Scoreboard of ${data.contest.formal_name ?? data.contest.name}`;
    this.showNotices();
    if (data.teams_digest !== this.digest) this.stream.afresh();
  }

  onTeams(data) {
    this.teams = data.teams;
    this.digest = data.digest;
    this.paintSoon();
  }

  /** Keep in mind what a listener would like to hear. */
  notice(row) {
    const before = this.rows.get(row.team_id);
    for (const cell of row.cells) {
      const was = before?.cells.find((one) => one.problem_id === cell.problem_id);
      const better = this.scale === null ? cell.solved && !was?.solved : cell.score > (was?.score ?? 0);
      if (better) this.news.push([row.team_id, cell.problem_id, cell.score]);
    }
  }

  tell() {
    const news = this.news.splice(0);
    if (news.length === 0) return;
    const ranks = new Map(ranked(this.rows.values()).map(([rank, row]) => [row.team_id, rank]));
    const told = news.slice(-3).map(([team, problem, score]) => {
      const label = this.problems.find((one) => one.id === problem)?.label ?? problem;
      const first = this.firsts[problem]?.team_id === team ? ", first to solve it" : "";
      const what = this.scale === null ? `solved ${label}` : `has ${pointsText(score, this.scale)} points in ${label}`;
      return `${this.teams[team]?.name ?? team} ${what}${first}, now rank ${ranks.get(team) ?? "none"}.`;
    });
    const others = this.scale === null ? "other problems were solved" : "other problems gave points";
    if (news.length > 3) told.unshift(`${news.length - 3} ${others}.`);
    announce(told.join(" "));
  }

  // ---- what people see

  showNotices() {
    const { state, times } = this;
    const found = [];
    if (state.frozen && !state.thawed && times.freeze !== null) {
      const minutes = frozenMinutes(times);
      found.push(
        h(
          "p",
          { class: "notice", id: "frozen" },
          `The scoreboard was frozen with ${minutes} minutes remaining - submissions in the last ${minutes} minutes of the contest are still shown as pending.`,
        ),
      );
    }
    if (state.ended && !state.finalized) {
      found.push(h("p", { class: "notice warn", id: "not-final" }, "The contest is over, but the results are not final."));
    }
    const text = found.map((one) => one.textContent).join();
    if (text !== this.notices.textContent) this.notices.replaceChildren(...found);
  }

  setColumns(problems, scale) {
    Object.assign(this, { problems, scale });
    this.legend.replaceChildren(...legend(scale));
    const link = (problem) => `/contests/${encodeURIComponent(this.contestId)}/problems/${encodeURIComponent(problem.id)}`;
    this.head.replaceChildren(
      h(
        "tr",
        {},
        h("th", { scope: "col", class: "rank" }, "#"),
        h("th", { scope: "col", class: "team" }, "Team"),
        ...(scale === null
          ? [
              h("th", { scope: "col", class: "solved-count", title: "Problems solved" }, "="),
              h("th", { scope: "col", class: "time", title: "Penalty minutes" }, "Time"),
            ]
          : [h("th", { scope: "col", class: "points" }, "Points")]),
        ...problems.map((problem) =>
          h(
            "th",
            { scope: "col", class: "problem" },
            h(
              "a",
              { href: link(problem), title: problem.name, "aria-label": `${problem.label}, ${problem.name}`, "data-link": true },
              dot(problem),
              problem.label,
            ),
          ),
        ),
      ),
    );
    this.views.clear();
    this.body.replaceChildren();
    this.paintSoon();
  }

  paintSoon() {
    if (this.painting || !this.problems) return;
    const wait = Math.max(0, (this.painted ?? 0) + PAINT_MS - performance.now());
    this.painting = setTimeout(() => requestAnimationFrameOrNow(() => this.paint()), wait);
  }

  paint() {
    clearTimeout(this.painting);
    this.painting = null;
    const first = this.views.size === 0;
    const change = () => {
      const wanted = ranked(this.rows.values());
      const mine = this.app.team(this.contestId);
      const listed = new Set();
      let place = this.body.firstElementChild;
      for (const [rank, row] of wanted) {
        listed.add(row.team_id);
        let view = this.views.get(row.team_id);
        if (!view) this.views.set(row.team_id, (view = new RowView(row.team_id, this.problems, this.scale)));
        view.paint(rank, row, this.teams[row.team_id], this.firsts, !first);
        view.element.classList.toggle("mine", row.team_id === mine);
        if (view.element === place) place = place.nextElementSibling;
        else this.body.insertBefore(view.element, place);
      }
      for (const [team, view] of this.views) {
        if (!listed.has(team)) {
          view.element.remove();
          this.views.delete(team);
        }
      }
    };
    if (first) change();
    else gliding(this.body, change);
    this.paintFoot();
    this.table.hidden = this.rows.size === 0;
    this.empty.hidden = this.rows.size > 0;
    this.empty.textContent = "No teams on the scoreboard yet.";
    this.applyFilter();
    this.painted = performance.now();
  }

  paintFoot() {
    const counts = this.problems.map((problem) => {
      let solved = 0;
      let tried = 0;
      for (const row of this.rows.values()) {
        const cell = row.cells.find((one) => one.problem_id === problem.id);
        if (!cell) continue;
        solved += cell.solved ? 1 : 0;
        tried += cell.num_judged + cell.num_pending > 0 ? 1 : 0;
      }
      return h("td", { title: `${solved} of ${tried} teams that tried` }, `${solved} / ${tried}`);
    });
    const totals = this.scale === null ? [h("td"), h("td")] : [h("td")];
    this.foot.replaceChildren(
      h("tr", {}, h("td"), h("th", { scope: "row", class: "team" }, "Solved / tried"), ...totals, ...counts),
    );
  }

  applyFilter() {
    const wanted = this.filter.value.trim().toLocaleLowerCase();
    for (const view of this.views.values()) {
      const text = `${view.name.textContent} ${view.organization.textContent}`.toLocaleLowerCase();
      view.element.hidden = wanted !== "" && !text.includes(wanted);
    }
  }
}

function requestAnimationFrameOrNow(act) {
  if (document.hidden) act(); // a hidden page has no frames
  else requestAnimationFrame(act);
}

/** Samples of the board's cells. */
function legend(scale) {
  const sample = (cell, first, text) => h("span", {}, cellContent(cell, first, scale)[0], text);
  if (scale !== null) {
    const scored = (points, solved, pending = 0) => ({ num_judged: 1, num_pending: pending, solved, score: points * scale });
    return [
      sample(scored(100, true), true, "first to solve"),
      sample(scored(100, true), false, "all points"),
      sample(scored(40, false), false, "some points"),
      sample(scored(0, false), false, "no points"),
      sample(scored(40, false, 1), false, "pending"),
    ];
  }
  return [
    sample({ num_judged: 1, num_pending: 0, solved: true, time: 720_000 }, true, "first to solve"),
    sample({ num_judged: 2, num_pending: 0, solved: true, time: 2_040_000 }, false, "attempts/minutes"),
    sample({ num_judged: 3, num_pending: 0, solved: false }, false, "not solved"),
    sample({ num_judged: 1, num_pending: 1, solved: false }, false, "pending"),
  ];
}
