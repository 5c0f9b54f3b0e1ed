"""A line before a door, whoever comes, is let in and goes, in any order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from api.line import Line

MOST = 6
NETWORKS = ("a", "b", "c")


class World:
    """A line, and what is true of those who wait in it."""

    def __init__(self):
        self.line = Line(MOST)
        self.waiting = {}
        self.count = 0

    def lane(self, network, *, known=None):
        return [one for one, (of, is_known) in self.waiting.items() if of == network and known in (None, is_known)]

    def enter(self, network, known):
        before, mine = {of: len(self.lane(of)) for of in NETWORKS}, self.lane(network, known=False)
        self.count += 1
        out = self.line.enter(self.count, network, known=known)
        self.waiting[self.count] = network, known
        if out is None:
            assert sum(before.values()) < MOST
        else:
            assert sum(before.values()) == MOST
            of, is_known = self.waiting.pop(out)
            if of == network:
                assert before[network] + 1 >= max(before.values()), "who has more gives way"
                assert out == (self.count if not known or not mine else mine[-1])
            else:
                assert before[network] + 1 < before[of] == max(before.values())
                assert not is_known or not self.lane(of, known=False), "of a network those nobody knows go first"
        assert len(self.line) == len(self.waiting) <= MOST

    def take(self):
        one = self.line.take()
        if one is None:
            assert not self.waiting
            return
        network, known = self.waiting.pop(one)
        assert all(one < other for other in self.lane(network, known=known)), "first come, first let in"
        assert known or not self.lane(network, known=True)

    def leave(self, place):
        if self.waiting:
            one = sorted(self.waiting)[place % len(self.waiting)]
            self.line.leave(one)
            del self.waiting[one]


PLACE = st.integers(0, MOST - 1)
STEPS = st.one_of(
    st.tuples(st.just("enter"), st.sampled_from(NETWORKS), st.booleans()),
    st.tuples(st.just("take")),
    st.tuples(st.just("leave"), PLACE),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_nobody_is_lost_and_the_longest_gives_way(steps):
    world = World()
    for name, *values in steps:
        getattr(world, name)(*values)
    while world.waiting:
        world.take()
    assert world.line.take() is None
    assert len(world.line) == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NETWORKS), st.booleans()), min_size=1, max_size=MOST))
def test_each_network_has_its_turn_before_another_has_two(entered):
    line, waiting = Line(MOST), {}
    for one, (network, known) in enumerate(entered):
        line.enter(one, network, known=known)
        waiting.setdefault(network, set()).add(one)
    passed = dict.fromkeys(waiting, 0)
    while waiting:
        one = line.take()
        (network,) = (of for of, those in waiting.items() if one in those)
        waiting[network].remove(one)
        if not waiting[network]:
            del waiting[network]
        passed[network] = 0
        for other in waiting.keys() - {network}:
            passed[other] += 1
            assert passed[other] < len(NETWORKS)


def test_a_network_has_all_places_while_no_other_wants_any():
    line = Line(400)
    assert [line.enter(n, "hall", known=True) for n in range(401)] == [None] * 400 + [400]
    assert line.enter("team", "elsewhere", known=True) == 399
    assert [line.take(), line.take()] == [0, "team"]
