"""Looking for a submission in the log while the view is away: bounded, and what was read once is not read again."""

import pytest

from api import sources
from api.sources import Sources
from schemas.definition import FileData
from schemas.errors import DependencyError
from schemas.events import Submission
from schemas.producer import Producer


def submission(contest, id_, account="a"):
    return Submission(
        recorded_at=1, recorded_by="test", contest=contest, id=id_, team_id="t1", problem_id="pa", language_id="cpp",
        submitted_at=1, account=account, digest="d", files=(FileData("a", b"x"),),
    )  # fmt: skip


@pytest.fixture
def searcher(kafka, settings):
    settings = settings.model_copy(update={"kafka": kafka})
    with Producer(settings) as producer:
        made = Sources(settings)
        made.log = lambda contest, *ids: producer.append_all([submission(contest, *one) for one in ids])
        yield made
        made.close()


async def test_the_first_record_of_an_id_is_found_and_the_log_read_once(searcher, monkeypatch):
    c, other = "searched", "neighbour"
    positions = searcher.log(c, ("s1", "first"), ("s2",), ("s1", "second"))
    starts = []

    def reading(*args, **more):
        starts.append(args[3])
        return real(*args, **more)

    real = sources.read
    monkeypatch.setattr(sources, "read", reading)
    assert (await searcher.first(c, "s1", 0, None)).account == "first"
    assert await searcher.first(c, "s1", 0, positions[0]) is None, "not before the end that was asked for"
    assert await searcher.first(c, "nope", 0, None) is None
    assert await searcher.first(other, "s1", 0, None) is None
    del starts[:]
    (later,) = searcher.log(c, ("s3",))
    assert (await searcher.first(c, "s3", 0, None)).id == "s3"
    assert (await searcher.first(c, "s2", 0, None)).id == "s2"
    assert min(starts) >= positions[1], "no search began at the beginning again"
    assert (await searcher.first(c, "s3", later, later + 1)).id == "s3"


async def test_a_search_that_takes_too_long_is_given_up(searcher, monkeypatch):
    c = "endless"
    searcher.log(c, ("s1",))
    with monkeypatch.context() as slow:
        slow.setattr(sources, "SCAN_S", -1.0)
        for start in (0, 1):
            with pytest.raises(DependencyError, match="in time"):
                await searcher.first(c, "nope", start, start + 2)
    assert (await searcher.first(c, "s1", 0, None)).id == "s1"
