"""The steps of judging as a tree: which failure ends what, and which group waits for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from packages.graders import IGNORE_SAMPLE
from packages.model import TestCase, TestGroup
from packages.results import Graded, Step
from packages.scores import most_of_case

__all__ = ["Node", "in_order", "steps", "tree"]

_ROOT = TestGroup("")
"""What holds `sample` and `secret` where no folder of the package does: in the 2025-09 format."""


@dataclass(slots=True, eq=False)
class Node:
    """A group, or a legacy package's folder, with what it holds in the order of judging.

    `breaks`: what stands behind a failure in it does not matter. `ignored` is a child whose failure ends nothing.
    `requires` are the groups that must be accepted before it may run.
    """

    group: TestGroup
    breaks: bool
    children: list[Node | Step] = field(default_factory=list)
    requires: tuple[Node, ...] = ()
    ignored: Node | None = None

    def ends_at(self, child: Node | Step) -> bool:
        """Whether the failure of this child is the end of the group's judging."""
        return self.breaks and child is not self.ignored


def in_order(
    cases: Sequence[TestCase], groups: Sequence[TestGroup]
) -> Iterator[tuple[TestGroup, Sequence[TestCase | None]]]:
    """What there is to judge in each group, in the order of judging: None, its static validation, before its cases. Pure.

    A legacy group comes once for each of its cases: the cases of a folder may stand between those of the folders in it.
    """
    by_name = {group.name: group for group in groups}
    if "" in by_name:
        yield from ((by_name[case.group], [case]) for case in cases)
        return
    held: dict[str, list[TestCase | None]] = {}
    for group in groups:
        held[group.name] = [] if group.static_score is None else [None]
    for case in cases:
        held[case.group].append(case)
    yield from ((by_name[name], mine) for name, mine in held.items())


def steps(package: Graded) -> tuple[Step, ...]:
    """Everything there is to judge, in order: samples first; in each group its static validation before its cases."""
    legacy = any(group.name == "" for group in package.groups)
    found: list[Step] = []
    for group, held in in_order(package.test_cases, package.groups):
        cases = sum(case is not None for case in held)
        most = most_of_case(group, cases) if cases and not legacy else None
        for case in held:
            worth = most
            if case is None:
                worth = None if group.aggregation == "pass-fail" else Fraction(group.static_score or 0)
            found.append(Step(len(found) + 1, group, case, worth))
    return tuple(found)


def tree(package: Graded, ordered: Sequence[Step], *, all_tests: bool = False) -> Node:
    """The tree of a package's steps. With *all_tests* no failure ends anything."""
    if any(group.name == "" for group in package.groups):
        return _legacy_tree(package, ordered, all_tests=all_tests)
    within = any(group.name.startswith("secret/") for group in package.groups)
    root = Node(_ROOT, breaks=not package.scoring and not all_tests)
    nodes: dict[str, Node] = {}
    for group in package.groups:
        # what is failed already gets no score: in a scoring problem that holds inside one group alone
        lost = group.aggregation in ("pass-fail", "min") and not (group.name == "secret" and within)
        breaks = not package.scoring or (lost and group.name != "sample")
        node = nodes[group.name] = Node(group, breaks=breaks and not all_tests)
        node.requires = tuple(nodes[name] for name in group.require_pass if name in nodes)
        (nodes["secret"] if group.name.startswith("secret/") else root).children.append(node)
    _hang(nodes, ordered)
    return root


def _legacy_tree(package: Graded, ordered: Sequence[Step], *, all_tests: bool) -> Node:
    nodes: dict[str, Node] = {}
    for group in package.groups:
        legacy = group.legacy
        breaks = legacy is not None and legacy.on_reject == "break" and not all_tests
        node = nodes[group.name] = Node(group, breaks=breaks)
        above, _, name = group.name.rpartition("/")
        if name:
            nodes[above].children.append(node)
            if above == "" and name == "sample" and _ignores_sample(nodes[""].group):
                nodes[""].ignored = node
    _hang(nodes, ordered)
    for node in reversed(nodes.values()):
        node.children = [c for c in node.children if isinstance(c, Step) or c.children]
        node.children.sort(key=_base_name)
    return nodes[""]


def _hang(nodes: dict[str, Node], ordered: Sequence[Step]) -> None:
    """Steps before the groups of the same group: there are both only in legacy packages, which sort them."""
    own: dict[str, list[Node | Step]] = {}
    for step in ordered:
        own.setdefault(step.group.name, []).append(step)
    for name, children in own.items():
        nodes[name].children[:0] = children


def _base_name(child: Node | Step) -> str:
    """What a folder's test cases and folders are ordered by."""
    name = child.group.name if isinstance(child, Node) else child.name
    return name.rpartition("/")[2]


def _ignores_sample(root: TestGroup) -> bool:
    """Samples that are ignored do not end the judging before it has come to the secret data."""
    return root.legacy is not None and not root.legacy.custom and IGNORE_SAMPLE in root.legacy.flags
