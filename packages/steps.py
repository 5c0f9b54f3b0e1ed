"""The steps of judging as a tree: which failure ends what, and which group waits for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from packages.graders import IGNORE_SAMPLE
from packages.model import TestCase, TestGroup
from packages.results import Graded, Step
from packages.scores import most_of_case

__all__ = ["Node", "steps", "tree"]

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


def steps(package: Graded) -> tuple[Step, ...]:
    """Everything there is to judge, in order: samples first; in each group its static validation before its cases."""
    held: dict[str, list[TestCase]] = {group.name: [] for group in package.groups}
    for case in package.test_cases:
        held[case.group].append(case)
    groups = {group.name: group for group in package.groups}
    if "" in groups:  # legacy: the cases of a folder may stand between those of the folders in it
        return tuple(Step(n, groups[case.group], case) for n, case in enumerate(package.test_cases, 1))
    found: list[Step] = []
    for group in package.groups:
        cases = held[group.name]
        if group.static_score is not None:
            worth = None if group.aggregation == "pass-fail" else Fraction(group.static_score)
            found.append(Step(len(found) + 1, group, None, worth))
        if cases:
            most = most_of_case(group, len(cases))
            found += [Step(number, group, case, most) for number, case in enumerate(cases, len(found) + 1)]
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
