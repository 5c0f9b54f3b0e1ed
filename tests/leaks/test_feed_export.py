"""The feed that `podium feed export` prints for the public is the same, byte for byte, of two contests that differ in what
became of frozen submissions, and in what hidden teams submit.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clics.feeds.export import EXPORTED
from podium.feeds import export
from schemas.events import Event
from tests.feeds.small import exported
from tests.leaks.story import OTHERS, Pause, story
from tests.leaks.world import CONTEST, LATER


def logs(*, second: bool) -> Iterator[tuple[str, list[tuple[int, Event]]]]:
    """The log up to each pause of the story."""
    log: list[tuple[int, Event]] = []
    tale, given = story(CONTEST, OTHERS, second=second), None
    while True:
        try:
            said = tale.send(given)  # type: ignore[arg-type]
        except StopIteration:
            return
        if isinstance(said, Pause):
            given = None
            yield said.name, list(log)
        else:
            given = LATER + len(log)
            log.append((given, said.event))


def apart(audience: str = "public") -> dict[str, bool]:
    """By pause, whether the feeds of the two contests differ in any version."""
    found = {}
    for (pause, one), (_, other) in zip(logs(second=False), logs(second=True), strict=True):
        feeds = [
            [exported(log, CONTEST, version=version, audience=audience) for version in EXPORTED] for log in (one, other)
        ]
        found[pause] = feeds[0] != feeds[1]
    return found


def test_the_feed_for_the_public_tells_nothing_until_the_thaw():
    told = apart()
    assert told == dict.fromkeys(told, False) | {"thawed": True}
    assert all(apart("jury").values()), "there was something to hide"


def awards_of_the_jury(monkeypatch):
    of_state = export.of_state
    monkeypatch.setattr(
        export, "of_state", lambda state, generation, _, *more: of_state(state, generation, "jury", *more)
    )
    monkeypatch.setattr(export, "withheld", lambda *_: False)


@pytest.mark.parametrize(
    "leak",
    [
        lambda monkeypatch: monkeypatch.setattr("api.access.withheld", lambda *_: False),
        lambda monkeypatch: monkeypatch.setattr("clics.feeds.export.withheld", lambda *_: False),
        awards_of_the_jury,
    ],
    ids=["judgements that are shown", "a submission that the jury ignores is left out", "awards of the jury's board"],
)
def test_a_leak_is_found(monkeypatch, leak):
    leak(monkeypatch)
    assert apart()["over"]
