// What is one's own: submissions and judgements as they change, shared by the pages that show them.

import { setTime } from "./clock.js";
import { Stream } from "./stream.js";

export class OwnFeed {
  /** `changed(kind, object)` is called for each message; object is null after a snapshot, the whole of it for a state. */
  constructor(app, contestId, changed) {
    this.submissions = new Map();
    this.judgements = new Map();
    this.loaded = false;
    this.stream = new Stream(
      `/api/contests/${encodeURIComponent(contestId)}/stream`,
      {
        clock: setTime,
        state: (data) => {
          app.contest(data);
          changed("state", data);
        },
        snapshot: (data) => {
          this.submissions = new Map(data.submissions.map((one) => [one.id, one]));
          this.judgements = new Map(data.judgements.map((one) => [one.id, one]));
          this.loaded = true;
          changed("snapshot", null);
        },
        submission: (one) => {
          this.submissions.set(one.id, one);
          changed("submission", one);
        },
        judgement: (one) => {
          this.judgements.set(one.id, one);
          changed("judgement", one);
        },
        removed: ({ type, id }) => {
          this[type].delete(id);
          changed("removed", null);
        },
      },
      (how) => app.connection(how, contestId),
    );
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

  close() {
    this.stream.close();
  }
}

/** A judgement as [class, text]; `types` are the contest's judgement types by id. */
export function verdict(judgement, types) {
  if (!judgement) return ["", "waiting"];
  if (!judgement.judgement_type_id) return ["judging", "judging …"];
  const type = types.get(judgement.judgement_type_id);
  const { score } = judgement; // in contests of points
  const points = score === undefined ? "" : `, ${score} ${score === 1 ? "point" : "points"}`;
  return [type?.solved ? "good" : "bad", `${type?.name ?? judgement.judgement_type_id}${points}`];
}
