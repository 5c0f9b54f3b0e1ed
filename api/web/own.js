// What is one's own: submissions, judgements and messages as they change, for the pages that show them and for toasts.

import { get, insist } from "./api.js";
import { notificationStream } from "./client.js";
import { setTime } from "./clock.js";
import { Told, noticeText } from "./told.js";

export class Own {
  constructor(app) {
    this.app = app;
    this.listeners = new Set();
    this.turn = { closed: true };
    this.empty();
  }

  empty() {
    this.submissions = new Map();
    this.judgements = new Map();
    this.clarifications = new Map();
    this.progress = new Map();
    this.problems = [];
    this.types = new Map();
    this.loaded = false;
    this.state = null;
    this.how = null;
  }

  /** Follow a contest for the account, or none. A team is told of everything as long as it is there. */
  open(contestId) {
    const { account } = this.app;
    const of = contestId && account && this.app.mayOpen(contestId, "submissions") ? JSON.stringify([contestId, account.username]) : null;
    if (of === this.of) return;
    this.close();
    Object.assign(this, { of, contestId, team: contestId && this.app.team(contestId) });
    if (of && this.team) this.start();
  }

  async start() {
    const { contestId } = this;
    const turn = (this.turn = { closed: false });
    this.told = new Told(this.of);
    const types = `/api/contests/${encodeURIComponent(contestId)}/judgement-types`;
    try {
      const found = await insist(() => get(types), turn, () => {});
      if (turn.closed) return;
      this.types = new Map(found.map((one) => [one.id, one]));
    } catch {
      if (turn.closed) return; // what refuses this refuses the stream, too, which says so
    }
    const put = (name) => (one) => {
      this[`${name}s`].set(one.id, one);
      this.tell(name, one);
    };
    this.stream = notificationStream(
      "/api",
      contestId,
      {
        clock: setTime,
        state: (data) => {
          this.state = data;
          this.problems = data.problems;
          this.app.contest(data);
          this.tell("state", data);
        },
        snapshot: (data) => {
          for (const name of ["submissions", "judgements", "clarifications"]) {
            this[name] = new Map(data[name].map((one) => [one.id, one]));
          }
          this.progress = new Map(data.progress.map((one) => [one.judgement_id, one]));
          this.loaded = true;
          this.tell("snapshot", null);
        },
        submission: put("submission"),
        judgement: (one) => {
          put("judgement")(one);
          this.onVerdict(one);
        },
        clarification: (one) => {
          put("clarification")(one);
          this.onMessage(one);
        },
        progress: (one) => {
          this.progress.set(one.judgement_id, one);
          this.tell("progress", one);
        },
        notice: (one) => this.onNotice(one),
        removed: ({ type, id }) => {
          this[type].delete(id);
          this.tell("removed", null);
        },
      },
      {
        said: (how) => this.said(how),
        moved: (id) => this.told.moved(id),
        lastId: this.told.id,
        whole: true,
        background: true, // who has other windows before them hears of it all the same
      },
    );
  }

  close() {
    this.turn.closed = true;
    this.stream?.close();
    Object.assign(this, { stream: null, of: null });
    this.empty();
  }

  // ---- pages

  /** Have a page told of every change: `changed(kind, object)`. Returns what ends it. */
  listen(changed) {
    this.listeners.add(changed);
    if (this.of && this.turn.closed) this.start(); // the jury's has everybody's: while a page shows it
    queueMicrotask(() => {
      if (!this.listeners.has(changed)) return;
      if (this.how) this.app.connection(this.how, this.contestId);
      if (this.state) changed("state", this.state);
      if (this.loaded) changed("snapshot", null);
    });
    return () => {
      this.listeners.delete(changed);
      if (this.listeners.size > 0 || this.team) return;
      const { of } = this;
      this.close();
      this.of = of;
    };
  }

  tell(kind, one) {
    for (const changed of this.listeners) changed(kind, one);
  }

  said(how) {
    if (how === "refused") this.app.connection(how, this.contestId);
    else {
      this.how = how;
      if (this.listeners.size > 0) this.app.connection(how, this.contestId);
    }
  }

  /** The judgement of a submission that counts now, begun or ended; undefined while it waits. */
  judgementOf(submissionId) {
    let found;
    for (const one of this.judgements.values()) {
      if (one.submission_id === submissionId && one.current !== false) found = one;
    }
    return found;
  }

  /** All submissions, the latest first. */
  latest() {
    return [...this.submissions.values()].sort((a, b) => b.number - a.number);
  }

  // ---- toasts

  onVerdict(one) {
    const submission = this.submissions.get(one.submission_id);
    if (!this.team || !one.judgement_type_id || one.current === false || !submission) return;
    const label = this.problems.find((problem) => problem.id === submission.problem_id)?.label ?? submission.problem_id;
    const [kind, text] = verdict(one, this.types);
    const late = submission.late ? ", too late" : "";
    // of the submission, not of the judging: one that says the same is no news, and what comes back after another one is
    const [thing, state] = [`verdict ${one.submission_id}`, `${one.judgement_type_id} ${one.score ?? ""}`];
    if (this.told.news(thing, state)) this.toast(thing, state, kind, `Problem ${label}: ${text}`, `Submission ${submission.number}${late}`);
  }

  onMessage(one) {
    if (!this.team || one.from_team_id) return; // what the team itself has asked
    const label = this.problems.find((problem) => problem.id === one.problem_id)?.label;
    const about = label ? `, problem ${label}` : "";
    const what = one.reply_to_id ? "Answer" : one.to_team_ids || one.to_group_ids ? "Message" : "Announcement";
    const [thing, state] = [`message ${one.id}`, one.text];
    if (this.told.news(thing, state)) this.toast(thing, state, "message", `${what} from the jury${about}`, one.text);
  }

  onNotice(one) {
    const state = JSON.stringify(one);
    if (this.team && this.told.first(state)) this.toast("notice", state, "notice", ...noticeText(one));
  }

  toast(thing, state, kind, title, text) {
    this.app.toasts.show(kind, title, text, `${this.of} ${thing} ${state}`);
  }
}

/** A judgement as [class, text]; `types` are the contest's judgement types by id, `progress` how far it has come. */
export function verdict(judgement, types, progress) {
  if (!judgement) return ["", "waiting"];
  if (!judgement.judgement_type_id) {
    const of = progress?.tests ? ` of ${progress.tests}` : "";
    return ["judging", progress ? `judging, ${progress.judged}${of} tests …` : "judging …"];
  }
  const type = types.get(judgement.judgement_type_id);
  const { score } = judgement; // in contests of points
  const points = score === undefined ? "" : `, ${score} ${score === 1 ? "point" : "points"}`;
  return [type?.solved ? "good" : "bad", `${type?.name ?? judgement.judgement_type_id}${points}`];
}
