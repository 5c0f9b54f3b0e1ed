"""What a feed tells, brought to a log in both ways: by an import, and by a shadow."""

from clics.feeds import events, read_feed
from podium.feeds.append import BY, bring
from podium.feeds.shadow import Shadow
from tests.feeds.small import ndjson, written


def imported(log, told):
    """An import of all that is told."""
    feed = read_feed(ndjson(written(told)))
    return bring(None, "tiny", list(events(feed.changes(), "tiny", by=BY)), log)


def followed(log, told):
    """A shadow's run that hears it line by line."""
    one = Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for change in read_feed(ndjson(written(told))).changes():
        one.take(change)
    one.end()
