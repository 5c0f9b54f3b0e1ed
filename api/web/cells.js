// A row of the board as elements.

import { h, unseen } from "./dom.js";

const minutes = (ms) => Math.floor(ms / 60_000);

/** A problem's cell: attempts and minutes, and the same in words. */
export function cellContent(cell, first) {
  if (!cell || (cell.num_judged === 0 && cell.num_pending === 0)) return [];
  const tries = (n) => `${n} ${n === 1 ? "attempt" : "attempts"}`;
  const shown = (kind, text, words) => [
    h("span", { class: `cell ${kind}`, "aria-hidden": "true" }, text),
    unseen(words),
  ];
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

/** A team's row; `paint` brings it up to date. */
export class RowView {
  constructor(teamId, problems) {
    this.rank = h("td", { class: "rank" });
    this.name = h("b");
    this.organization = h("small");
    this.solved = h("td", { class: "solved-count" });
    this.time = h("td", { class: "time" });
    this.cells = new Map(problems.map((problem) => [problem.id, h("td")]));
    this.shown = new Map();
    this.element = h(
      "tr",
      { "data-team": teamId },
      this.rank,
      h("th", { scope: "row", class: "team" }, this.name, this.organization),
      this.solved,
      this.time,
      ...this.cells.values(),
    );
  }

  /** Show the row as it is now; `fresh` marks cells that have changed. */
  paint(rank, row, team, firsts, fresh) {
    set(this.rank, rank === null ? "–" : String(rank));
    set(this.name, team?.name ?? row.team_id);
    set(this.organization, [team?.organization, team?.country].filter(Boolean).join(" · "));
    set(this.solved, String(row.num_solved));
    set(this.time, row.num_solved > 0 ? String(minutes(row.total_time)) : "");
    for (const cell of row.cells) {
      const place = this.cells.get(cell.problem_id);
      if (!place) continue;
      const first = firsts[cell.problem_id]?.team_id === row.team_id;
      const look = JSON.stringify([cell.num_judged, cell.num_pending, cell.solved, cell.time, first]);
      if (this.shown.get(cell.problem_id) === look) continue;
      this.shown.set(cell.problem_id, look);
      place.replaceChildren(...cellContent(cell, first));
      if (fresh) place.firstElementChild?.classList.add("fresh");
    }
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
