"""What a contest may set of a rule: read by name, with an error that says what there is."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Parameters"]

_MOST = 1_000_000
"""The greatest number that a parameter takes: with times and scores that fit the log's 64 bits its products do, too."""


class Parameters:
    """The parameters that a contest gives to a rule; each is a text.

    Raises:
        ValueError: for a parameter that the rule does not have.
    """

    def __init__(self, rule: str, given: Mapping[str, str], *known: str) -> None:
        self._rule, self._given = rule, given
        unknown = sorted(given.keys() - set(known))
        if unknown:
            raise ValueError(f"the rule {rule} has no parameter {unknown[0]!r}; it has {', '.join(sorted(known))}")

    def one_of(self, name: str, *values: str) -> str:
        """One of these values; the first of them when it is not given.

        Raises:
            ValueError: for any other.
        """
        found = self._given.get(name, values[0])
        if found not in values:
            raise ValueError(f"{self._rule}: {name} is {' or '.join(values)}, not {found!r}")
        return found

    def whole(self, name: str, default: int, *, most: int = _MOST) -> int:
        """A whole number from 0 to *most*; *default* when it is not given.

        Raises:
            ValueError: for anything else.
        """
        found = self._given.get(name)
        if found is None:
            return default
        # digits are counted first: Python refuses to read numbers of thousands of them
        if not (found.isascii() and found.isdigit() and len(found) <= len(str(most)) and int(found) <= most):
            raise ValueError(f"{self._rule}: {name} is a whole number up to {most}, not {found!r}")
        return int(found)
