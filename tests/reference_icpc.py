"""A second ICPC scoreboard, from the text of the CCS requirements, to hold against podium's: imports nothing of podium.

It reads a whole log at once, slowly and plainly: first what was said, then which judgement of each submission stands,
then for each team problem by problem. Events are recognised by the name of their class.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import unicodedata
from typing import Any

MINUTE = 60_000
PAUSE = 365 * 24 * 60 * MINUTE

BIG_FIVE = {
    "AC": "AC APE",
    "WA": "WA RE OLE PE EO IO NO",
    "TLE": "TLE WTL ILE TCO TWA TPE TEO TIO TNO",
    "RTE": "RTE MLE SV IF RCO RWA RPE REO RIO RNO",
    "CE": "CE CTL",
    "JE": "JE",
}
WITHOUT_PENALTY = {"AC", "CE", "JE"}


def scoreboard(log: list[tuple[int, Any]], audience: str, *, thawed: bool | None = None) -> bytes:
    """The canonical scoreboard after the events of one contest, given with their positions in order.

    Args:
        log: what podium's log holds of the contest.
        audience: "public" or "jury".
        thawed: as if the contest were thawed, or were not, whatever the log says.
    """
    contest = _Reading(log)
    if contest.definition is None:
        return _json({"awards": [], "rows": []})
    if thawed is not None:
        contest.thawed = thawed
    awards = []
    teams = contest.teams.values()
    rows = [_team_row(contest, t, audience) for t in teams if contest.on_board(t, audience)]
    guests = [_team_row(contest, t, audience) for t in teams if contest.out_of_competition(t)]
    for problem in contest.problems:
        winner = _first_to_solve(contest, problem, audience)
        if winner is not None:
            awards.append({"id": f"first-to-solve-{problem}", "team_ids": [winner]})
    document = {"awards": sorted(awards, key=lambda award: award["id"]), "rows": _with_ranks(rows)}
    if guests:
        theirs = [row["team_id"] for _, _, row in guests]
        apart = [(key, tie, dict(row)) for key, tie, row in rows + guests]
        document["unlisted"] = [row for row in _with_ranks(apart) if row["team_id"] in theirs]
    return _json(document)


def digest(board: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(board).hexdigest()


class _Times:
    """What the events that stand say of start, length, removed time and freeze, read from front to back.

    Each comes with the moment that had come when it did: that of its record, or one that the clock had noted before.
    """

    def __init__(self, said: list[tuple[int, Any]]) -> None:
        self.said = said
        self.definition: Any = None
        self.moved: list[int | None] = []
        self.extension = 0
        self.removed: list[tuple[int, int]] = []
        self.freeze_begun: int | None = None
        for now, event in said:
            freeze = self.planned_freeze() if self.definition else None
            if freeze is not None and now >= max(freeze, self.start):
                self.freeze_begun = max(freeze, self.start)
            match type(event).__name__:
                case "Definition":
                    self.definition = event
                case "StartMoved":
                    self.moved = [event.start_time]
                case "ContestExtended":
                    self.extension += event.by
                case "IntervalRemoved":
                    self.removed.append((event.start, event.end))

    @property
    def start(self):
        return self.moved[0] if self.moved else self.definition.start_time

    @property
    def length(self):
        return self.definition.duration + self.extension

    def passed(self, begin, moment):
        """Milliseconds from the one to the other, without those that lie in a removed interval."""
        if moment < begin:
            return moment - begin
        edges = {begin, moment}
        for interval in self.removed:
            edges.update(edge for edge in interval if begin < edge < moment)
        cuts = sorted(edges)
        return sum(
            right - left
            for left, right in itertools.pairwise(cuts)
            if not any(start <= left and right <= end for start, end in self.removed)
        )

    def freeze_as_timed(self):
        """The first moment with so much contest time as is played before the freeze; found by halving."""
        freeze = self.definition.scoreboard_freeze_duration if self.definition else None
        if not freeze or self.start is None:
            return None
        played = self.length - freeze
        before = self.start + min(played, 0) - 1
        after = self.start + max(played, 0) + sum(max(end - start, 0) for start, end in self.removed)
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (before, middle) if self.passed(self.start, middle) >= played else (middle, after)
        return after

    def planned_freeze(self):
        """A freeze that has begun stays, unless the contest now starts behind it."""
        if self.start is None:
            return None
        if self.freeze_begun is not None and self.freeze_begun >= self.start:
            return self.freeze_begun
        return self.freeze_as_timed()


def _removes(event, start, end):
    return type(event).__name__ == "IntervalRemoved" and (event.start, event.end) == (start, end)


class _Reading:
    """What the log says, read from front to back."""

    def __init__(self, log: list[tuple[int, Any]]) -> None:
        self.definition: Any = None
        self.defined_at = -1
        self.teams: dict[str, Any] = {}
        self.hidden_groups: set[str] = set()
        self.submissions: dict[str, tuple[int, Any]] = {}
        self.judgements: dict[tuple[str, int], str] = {}
        self.members: dict[int, dict[str, int]] = {}
        self.rejudgings: list[tuple[int, int]] = []
        self.cancelled: set[int] = set()
        self.by_hand: dict[str, tuple[int, str]] = {}
        self.ignored: dict[str, bool] = {}
        self.penalties: dict[str, int] = {}
        self.out: dict[str, bool] = {}
        self.times = _Times([])
        self.thaw_by_act: list[int | None] = []
        self.noted: list[int] = []
        self.frozen_from: int | None = None
        self.frozen_at_once = False
        self.lifted_at: int | None = None
        self.thawed = False
        self.extra: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self.verified: set[tuple[str, int]] = set()
        self.hacks: dict[str, list[int]] = {}
        self.ends: list[int] = []
        self.finalized: int | None = None
        seen: set[str] = set()
        for position, event in log:
            kind = type(event).__name__
            reads = getattr(self, f"_{kind}", None)
            if reads is None:
                continue
            if kind not in ("Definition", "Team", "Group", "Submission", "Judgement"):
                if event.id in seen or (kind == "Transitioned" and self.not_planned(event)):
                    continue
                seen.add(event.id)
            reads(position, event)
            if self.no_more_updates():
                break

    # ---- one kind of event each ----------------------------------------------------------------------------------

    def _Definition(self, position, event):
        if event.changes == self.defined_at:
            self.times = _Times([*self.times.said, self.now_said(event)])
            self.definition, self.defined_at = event, position

    def _Team(self, position, event):
        self.teams[event.id] = event

    def _Group(self, position, event):
        (self.hidden_groups.add if event.hidden else self.hidden_groups.discard)(event.id)

    def _Submission(self, position, event):
        self.submissions.setdefault(event.id, (position, event))

    def _Judgement(self, position, event):
        self.judgements.setdefault((event.submission_id, event.judging), event.verdict)

    def _RejudgingCreated(self, position, event):
        number = position if event.chunk == 0 else event.rejudging
        for submission in event.submission_ids:
            self.members.setdefault(number, {}).setdefault(submission, position)

    def _RejudgingApplied(self, position, event):
        if event.rejudging not in self.cancelled and event.rejudging not in dict(self.rejudgings):
            self.rejudgings.append((event.rejudging, position))

    def _RejudgingCancelled(self, position, event):
        if event.rejudging not in dict(self.rejudgings):
            self.cancelled.add(event.rejudging)

    def _RejudgingReverted(self, position, event):
        self.rejudgings = [pair for pair in self.rejudgings if pair[0] != event.rejudging]

    def _VerdictOverridden(self, position, event):
        if event.verdict is None:
            self.by_hand.pop(event.submission_id, None)
        else:
            self.by_hand[event.submission_id] = (position, event.verdict)

    def _SubmissionIgnored(self, position, event):
        self.ignored[event.submission_id] = event.ignored

    def _PenaltyAdded(self, position, event):
        self.penalties[event.team_id] = self.penalties.get(event.team_id, 0) + event.by

    def _TeamDisqualified(self, position, event):
        self.out[event.team_id] = event.disqualified

    def _TeamTimeExtended(self, position, event):
        self.extra[event.team_id] = self.extra.get(event.team_id, 0) + event.by

    def _TeamStarted(self, position, event):
        self.starts.setdefault(event.team_id, event.start_time)

    def _SubmissionVerified(self, position, event):
        self.verified.add((event.submission_id, event.judging))

    def _SubmissionHacked(self, position, event):
        if event.successful:
            self.hacks.setdefault(event.submission_id, []).append(position)

    def _Finalized(self, position, event):
        self.finalized = event.recorded_at

    def _StartMoved(self, position, event):
        self.times = _Times([*self.times.said, self.now_said(event)])

    _ContestExtended = _StartMoved

    def now_said(self, event):
        return max([event.recorded_at, *self.noted]), event

    def _IntervalRemoved(self, position, event):
        """Restored, it was never removed: whatever came between is read again without it.

        Who resumes a pause removes what it lasted until then: that has been known since the pause is.
        """
        said = self.times.said
        end = event.end if event.restored else event.start + PAUSE
        same = [place for place, (_, one) in enumerate(said) if _removes(one, event.start, end)]
        if event.restored and same:
            said = said[: same[-1]] + said[same[-1] + 1 :]
        elif same and event.end == event.recorded_at:
            known, _ = said[same[-1]]
            said = [*said[: same[-1] + 1], (known, event), *said[same[-1] + 1 :]]
        elif not event.restored:
            said = [*said, self.now_said(event)]
        self.times = _Times(said)

    def _ScoreboardFrozen(self, position, event):
        if self.thawed or self.is_frozen(event.recorded_at) or (self.has_frozen() and event.at >= self.freeze()):
            return
        self.frozen_from, self.frozen_at_once = event.at, event.at <= event.recorded_at

    def _ScoreboardUnfrozen(self, position, event):
        at = event.recorded_at
        if not self.thawed and not self.nobody_has_time(at) and self.is_frozen(at):
            self.frozen_from = None
            if self.past_planned_freeze(at):
                self.lifted_at = max(at, self.lifted_at or at)

    def _ThawScheduled(self, position, event):
        if not self.thawed:
            self.thaw_by_act = [event.thaw_time]

    def _Transitioned(self, position, event):
        if event.kind == "thawed":
            self.thawed = True
        else:
            self.noted.append(event.planned_at)
        if event.kind == "ended":
            self.ends.append(event.planned_at)

    # ---- what follows --------------------------------------------------------------------------------------------

    @property
    def problems(self):
        shown = [p for p in self.definition.problems if not p.withdrawn]
        return [p.id for p in sorted(shown, key=lambda p: (p.ordinal, p.id))]

    @property
    def weights(self):
        return {p.id: p.weight for p in self.definition.problems}

    @property
    def precision(self):
        return 1000 if self.definition.parameters.get("time_precision") == "seconds" else MINUTE

    @property
    def penalty(self):
        given = self.definition.parameters.get("penalty_minutes")
        return self.definition.penalty_time if given is None else int(given) * MINUTE

    @property
    def start(self):
        return self.times.start

    @property
    def length(self):
        return self.times.length

    def start_of(self, team):
        """When the team's time begins: with the contest, or, where teams have windows, when it started its own."""
        if self.definition.window is None or self.start is None:
            return self.start
        return max(self.start, self.starts[team]) if team in self.starts else None

    def contest_time(self, moment, team=None):
        return self.times.passed(self.start if team is None else self.start_of(team), moment)

    def not_planned(self, transition):
        """Whether it is a thaw for another time than is planned: the later of the end and of what was scheduled."""
        if transition.kind != "thawed" or self.definition is None:
            return transition.kind == "thawed"
        planned = self.thaw_by_act[0] if self.thaw_by_act else self.definition.scoreboard_thaw_time
        at = transition.planned_at
        if planned is None or self.start is None or at < planned:
            return True
        if self.thawed:
            return True
        return not self.nobody_has_time(at) or not (at == planned or not self.nobody_has_time(at - 1))

    def nobody_has_time(self, moment):
        """Whether the contest is over at this moment, and the extra time of every team."""
        if self.definition is None or self.start is None:
            return False
        return self.contest_time(moment) >= self.length + max([0, *self.extra.values()])

    def no_more_updates(self):
        """Finalized when nobody had time, thawed if it was frozen, and the end that is planned was noted."""
        if self.definition is None or self.finalized is None or not self.nobody_has_time(self.finalized):
            return False
        ended = any(self.contest_time(at) >= self.length > self.contest_time(at - 1) for at in self.ends)
        return ended and (self.thawed or self.freeze() is None)

    def holds_by_hand(self):
        """Whether the board is frozen by hand from some moment on: one before the start is of a contest that began anew."""
        begun = self.definition is not None and self.start is not None
        return begun and self.frozen_from is not None and self.frozen_from >= self.start

    def freeze(self):
        if self.holds_by_hand():
            return self.frozen_from
        return None if self.definition is None or self.is_lifted() else self.planned_freeze()

    def has_frozen(self):
        """Whether the log says that the freeze has come: by the act itself, or by what the clock has noted."""
        freeze = self.freeze()
        if freeze is None:
            return False
        return (self.holds_by_hand() and self.frozen_at_once) or any(freeze <= moment for moment in self.noted)

    def in_contest(self, moment, team):
        begin = self.start_of(team)
        if begin is None or moment < begin:
            return False
        left = self.length
        if self.definition.window is not None:
            left = min(self.definition.window, left - self.contest_time(begin))
        return self.contest_time(moment, team) < left + self.extra.get(team, 0)

    def planned_freeze(self):
        return self.times.planned_freeze()

    def past_planned_freeze(self, moment):
        freeze = self.planned_freeze()
        return freeze is not None and moment >= freeze

    def is_lifted(self):
        return self.lifted_at is not None and self.past_planned_freeze(self.lifted_at)

    def is_frozen(self, moment):
        """Whether the board is frozen then: by hand, or as planned."""
        if self.holds_by_hand():
            return moment >= self.frozen_from
        return self.definition is not None and not self.is_lifted() and self.past_planned_freeze(moment)

    def hidden_from_public(self, moment):
        return not self.thawed and self.is_frozen(moment)

    def secret(self, team):
        return team.hidden or any(group in self.hidden_groups for group in team.group_ids)

    def on_board(self, team, audience):
        main = self.definition.main_scoreboard_group_id
        if team.removed or (main is not None and main not in team.group_ids):
            return False
        return audience == "jury" or not self.secret(team)

    def holds_rank(self, team):
        return not (team.removed or self.secret(team) or self.out.get(team.id, False))

    def in_ranking(self, team):
        return self.on_board(team, "jury") and self.holds_rank(team)

    def out_of_competition(self, team):
        return not self.on_board(team, "jury") and self.holds_rank(team)

    def attempts(self, audience, *, team=None, problem=None):
        """(moment, position, submission, judgement) of what counts, in order; judgement "?" while pending."""
        found = []
        for position, one in self.submissions.values():
            if team not in (None, one.team_id) or problem not in (None, one.problem_id):
                continue
            unknown = audience == "public" and self.hidden_from_public(one.submitted_at)
            if self.in_contest(one.submitted_at, one.team_id) and (unknown or not self.ignored.get(one.id, False)):
                found.append((one.submitted_at, position, one, self.judgement(one, audience)))
        return sorted(found, key=lambda attempt: attempt[:2])

    def judgement(self, one, audience):
        if audience == "public" and self.hidden_from_public(one.submitted_at):
            return "?"
        stands = (-1, self.seen(one.id, 0))
        for number, position in self.rejudgings:
            if self.members.get(number, {}).get(one.id, position) < position:
                stands = max(stands, (position, self.seen(one.id, number)), key=lambda s: s[0])
        if one.id in self.by_hand:
            stands = max(stands, self.by_hand[one.id], key=lambda s: s[0])
        said = self.simplified(stands[1])
        last_word = self.by_hand.get(one.id, (-1, ""))[0]
        broken = any(position > last_word for position in self.hacks.get(one.id, []))
        return "hacked" if broken and self.accepted(said) else said

    def seen(self, submission, judging):
        """The verdict of a judging; none while it waits for somebody to verify it."""
        if self.definition.verification and (submission, judging) not in self.verified:
            return None
        return self.judgements.get((submission, judging))

    def simplified(self, verdict):
        types = {t.id for t in self.definition.judgement_types} or set(BIG_FIVE)
        names = [self.definition.publish.get(verdict), verdict]
        names += [big for big, precise in BIG_FIVE.items() if verdict in precise.split()]
        if any(verdict in precise.split() for big, precise in BIG_FIVE.items() if big not in ("AC", "JE")):
            names.append("RE")
        known = [name for name in names if name in types]
        return known[0] if known and known[0] != "JE" else "?"

    def accepted(self, judgement):
        if not self.definition.judgement_types:
            return judgement == "AC"
        return any(t.id == judgement and t.solved for t in self.definition.judgement_types)

    def costs(self, judgement):
        if judgement == "hacked" or not self.definition.judgement_types:
            return judgement not in WITHOUT_PENALTY
        return any(t.id == judgement and t.penalty for t in self.definition.judgement_types)


def _team_row(contest, team, audience):
    solved, total, last, cells = 0, contest.penalties.get(team.id, 0), None, []
    for problem in contest.problems:
        judged = pending = 0
        time = None
        for moment, _, _, judgement in contest.attempts(audience, team=team.id, problem=problem):
            if judgement == "?":
                pending += 1
            elif contest.accepted(judgement):
                time = contest.contest_time(moment, team.id) // contest.precision * contest.precision
                break
            elif contest.costs(judgement):
                judged += 1
        cell = {"problem_id": problem, "num_judged": judged, "num_pending": pending, "solved": time is not None}
        if time is not None:
            cell["num_judged"] += 1
            cell["time"] = _reltime(time)
            if contest.weights[problem] > 0:
                solved += contest.weights[problem]
                total += time + judged * contest.penalty
                last = time if last is None else max(last, time)
        cells.append(cell)
    score = {"num_solved": solved, "total_time": _reltime(total)}
    score["time"] = None if last is None else _reltime(last)
    row = {"team_id": team.id, "score": score, "problems": cells}
    decomposed = unicodedata.normalize("NFKD", team.name)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return (not contest.holds_rank(team), -solved, total, last or 0), (plain, team.name, team.id), row


def _with_ranks(found):
    found.sort(key=lambda one: one[:2])
    rows = []
    for place, (key, _, row) in enumerate(found, 1):
        if not key[0]:
            row["rank"] = next(at for at, other in enumerate(found, 1) if other[0] == key)
            assert row["rank"] <= place
        rows.append(row)
    return rows


def _first_to_solve(contest, problem, audience):
    undecided = set()
    for _, _, one, judgement in contest.attempts(audience, problem=problem):
        if one.team_id not in contest.teams or not contest.in_ranking(contest.teams[one.team_id]):
            continue
        if contest.accepted(judgement):
            return None if undecided - {one.team_id} else one.team_id
        if judgement == "?":
            undecided.add(one.team_id)
    return None


def _reltime(ms):
    sign, seconds = ("-" if ms < 0 else ""), abs(ms) / 1000
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    fraction = "" if abs(ms) % 1000 == 0 else f".{abs(ms) % 1000:03d}"
    return f"{sign}{int(hours)}:{int(minutes):02d}:{int(rest):02d}{fraction}"


def _json(document):
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
