"""Event feeds and contest packages of other systems, read as they are; and ours, written.

Reading goes in two steps, both pure but for the file that is read:

1. `read_feed(source) -> Feed`: the source's lines as a stream of normalised changes. `Feed.changes()` gives each
   `Change` (type, id, object or None for a deletion) in the order of the feed: objects as the Contest API 2026-01 has
   them, whatever version or dialect the source speaks, repaired where the dialect is known. `Feed.oddities` says what
   was odd, by kind with count and lines; it is complete when `changes()` has come to its end, and so is `Feed.version`.
2. `events(changes, contest_id, by=…) -> Iterator[Event]`: what the changes come to, as events of podium's log.

`events` reads all changes before it gives the first event, and what it gives follows from the **final** state of each
object: an object that was sent again, created twice, or sent in another order than the references makes no difference.
The events are in the order of their `recorded_at`, which is the feed's own time (of a submission, of the end of a
judgement, of a transition; what has no time stands before all that has one). They are the same for the same objects,
ids included, so that a second import brings nothing new. Their order is that of a log of their own: **`changes` of a
Definition is -1, or the index among these events of the definition that it changes**; who appends them to a log that holds
more puts the position there.

| of the feed | becomes |
|---|---|
| contest, judgement-types, languages, problems | one Definition, with package digest '' (podium has none of the packages) |
| groups, organizations, teams, persons | Group, Organization, Team, Person |
| submissions | Submission without files |
| judgements | the first that ended: JudgingStarted, Runs, Judgement of judging 0; each later one that showed: VerdictOverridden |
| state | Transitioned, Finalized, ThawScheduled; ScoreboardFrozen or ScoreboardUnfrozen where it froze otherwise than planned, or a freeze was lifted |
| clarifications, commentary | Clarification, Commentary |
| awards | AwardGiven, but for `first-to-solve-…`, which follows from submissions and judgements |
| accounts | nothing: no log of contests holds any |

For a feed that is still coming, `Follower(contest_id, by=…).take(change)` gives the events that this one change brings,
and holds back what refers to something that has not come; what makes the results final waits for the end of updates, or for
`finish()`, as nothing behind it counts. A freeze, that there was none, or that it was lifted, is recorded at the freeze's own
moment, though it may be told after later ones. A freeze moves to an earlier moment when the contest's object says so, or when a
submission comes that was made behind it by its `time` and before it by its contest time. The same objects come to the same
board both ways, but for what was submitted between a freeze and a later one that takes its place, where no state without either
was told: what the later one hides may be there already, so that all stays hidden.

`checks.validate` says what a version's text does not allow, and `export.feed` writes a contest of our own.
"""

from __future__ import annotations

from clics.feeds.fields import VERSIONS
from clics.feeds.follow import Follower
from clics.feeds.model import Change
from clics.feeds.oddities import Oddities, Oddity
from clics.feeds.read import Feed, read_feed
from clics.feeds.whole import events

__all__ = ["VERSIONS", "Change", "Feed", "Follower", "Oddities", "Oddity", "events", "read_feed"]
