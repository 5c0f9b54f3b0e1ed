"""The feedback folder of a validator: which of its files podium reads, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from judge.blob import Blob

__all__ = ["NEXT_INPUT", "Feedback", "shown"]

NEXT_INPUT: Final = "nextpass.in"
"""What the validator of a multi-pass problem leaves for the next pass."""

_MESSAGE_BYTES: Final = 4096
"""Of a message that are kept: it is untrusted text for people."""

_SCORE_BYTES: Final = 4096
"""Of a score's file, far above any number that is one."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a validator wrote: untrusted text for jury and team, and the files that score, as they are."""

    message: str = ""
    team_message: str = ""
    score: bytes | None = None
    multiplier: bytes | None = None

    @classmethod
    def read(cls, files: Mapping[str, Blob]) -> Self:
        """What the files of a feedback folder say, by their names. Whatever else lies there is not looked at."""
        return cls(
            _text(files.get("judgemessage.txt")),
            _text(files.get("teammessage.txt")),
            _bytes(files.get("score.txt")),
            _bytes(files.get("score_multiplier.txt")),
        )

    def then(self, later: Feedback) -> Feedback:
        """With what a later validator of the same output says: both messages, and the later score. Pure."""
        return Feedback(
            self.message + later.message,
            self.team_message + later.team_message,
            self.score if later.score is None else later.score,
            self.multiplier if later.multiplier is None else later.multiplier,
        )


def shown(data: bytes) -> str:
    """Untrusted bytes as text for people, cut. Pure."""
    return data[:_MESSAGE_BYTES].decode("utf-8", "backslashreplace")


def _text(file: Blob | None) -> str:
    return "" if file is None else shown(file.read(_MESSAGE_BYTES))


def _bytes(file: Blob | None) -> bytes | None:
    return None if file is None else file.read(_SCORE_BYTES)
