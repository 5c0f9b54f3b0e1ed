// A row of the board as elements.

import { h, unseen } from "./dom.js";

const minutes = (ms) => Math.floor(ms / 60_000);

const tries = (n) => `${n} ${n === 1 ? "attempt" : "attempts"}`;

const shown = (kind, text, words) => [h("span", { class: `cell ${kind}`, "aria-hidden": "true" }, text), unseen(words)];

/** Scaled points in the contest's precision: `scale` is a power of ten. */
export const pointsText = (scaled, scale) => (scaled / scale).toFixed(Math.round(Math.log10(scale)));

/** A problem's cell, and the same in words; `scale` is null on a board that counts solved problems. */
export function cellContent(cell, first, scale) {
  if (!cell || (cell.num_judged === 0 && cell.num_pending === 0)) return [];
  return scale === null ? solvedContent(cell, first) : scoredContent(cell, first, scale);
}

/** Attempts and minutes. */
function solvedContent(cell, first) {
  if (cell.solved) {
    const words = `solved at minute ${minutes(cell.time)} with ${tries(cell.num_judged)}`;
    return shown(
      first ? "solved first" : "solved",
      `${cell.num_judged}/${minutes(cell.time)}`,
      first ? `${words}, first to solve` : words,
    );
  }
  if (cell.num_pending > 0) {
    const judged = cell.num_judged > 0 ? `${cell.num_judged}+` : "";
    return shown("pending", `${judged}${cell.num_pending} ?`, `${tries(cell.num_pending)} pending, ${cell.num_judged} wrong`);
  }
  return shown("wrong", `${cell.num_judged}/–`, `not solved, ${tries(cell.num_judged)}`);
}

/** Points; an attempt that waits may bring more, or take some, whatever there is already. */
function scoredContent(cell, first, scale) {
  const points = pointsText(cell.score ?? 0, scale);
  const words = `${points} points with ${tries(cell.num_judged)}`;
  if (cell.num_pending > 0) {
    const waiting = `${cell.num_pending} ?`;
    if (cell.num_judged === 0) return shown("pending", waiting, `${tries(cell.num_pending)} pending`);
    return shown("pending", `${points} + ${waiting}`, `${words}, ${tries(cell.num_pending)} pending`);
  }
  if (cell.solved) return shown(first ? "solved first" : "solved", points, first ? `${words}, first to solve` : words);
  return shown(cell.score > 0 ? "partial" : "wrong", points, words);
}

/** A team's row; `paint` brings it up to date. */
export class RowView {
  constructor(teamId, problems, scale) {
    this.scale = scale;
    this.rank = h("td", { class: "rank" });
    this.name = h("b");
    this.organization = h("small");
    this.totals = scale === null ? [h("td", { class: "solved-count" }), h("td", { class: "time" })] : [h("td", { class: "points" })];
    this.cells = new Map(problems.map((problem) => [problem.id, h("td")]));
    this.shown = new Map();
    this.element = h(
      "tr",
      { "data-team": teamId },
      this.rank,
      h("th", { scope: "row", class: "team" }, this.name, this.organization),
      ...this.totals,
      ...this.cells.values(),
    );
  }

  /** Show the row as it is now; `fresh` marks cells that have changed. */
  paint(rank, row, team, firsts, fresh) {
    set(this.rank, rank === null ? "–" : String(rank));
    set(this.name, team?.name ?? row.team_id);
    set(this.organization, [team?.organization, team?.country].filter(Boolean).join(" · "));
    for (const [place, text] of this.totalsOf(row).entries()) set(this.totals[place], text);
    for (const cell of row.cells) {
      const place = this.cells.get(cell.problem_id);
      if (!place) continue;
      const first = firsts[cell.problem_id]?.team_id === row.team_id;
      const look = JSON.stringify([cell.num_judged, cell.num_pending, cell.solved, cell.time, cell.score, first]);
      if (this.shown.get(cell.problem_id) === look) continue;
      this.shown.set(cell.problem_id, look);
      place.replaceChildren(...cellContent(cell, first, this.scale));
      if (fresh) place.firstElementChild?.classList.add("fresh");
    }
  }

  totalsOf(row) {
    if (this.scale !== null) return [pointsText(row.score ?? 0, this.scale)];
    return [String(row.num_solved), row.num_solved > 0 ? String(minutes(row.total_time)) : ""];
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
