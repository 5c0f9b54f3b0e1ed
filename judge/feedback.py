"""The feedback folder of a validator: which of its files podium reads, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from judge.blob import Blob
from schemas.definition import FileData

__all__ = ["NEXT_INPUT", "Feedback", "shown"]

NEXT_INPUT: Final = "nextpass.in"
"""What the validator of a multi-pass problem leaves for the next pass."""

_MESSAGE_BYTES: Final = 4096
"""Of a message that are kept: it is untrusted text for people."""

_SCORE_BYTES: Final = 4096
"""Of a score's file, far above any number that is one."""

_READ: Final = frozenset({NEXT_INPUT, "judgemessage.txt", "teammessage.txt", "score.txt", "score_multiplier.txt"})

_KEPT_BYTES: Final = 16 << 10
"""Of one run's other files, with their names: they go into the log, where they stay."""

_NAME_CHARS: Final = 255


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a validator wrote: untrusted text for jury and team, the files that score, as they are, and all the others."""

    message: str = ""
    team_message: str = ""
    score: bytes | None = None
    multiplier: bytes | None = None
    others: Mapping[str, Blob] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Mapping[str, Blob]) -> Self:
        """What the files of a feedback folder say, by their names."""
        return cls(
            _text(files.get("judgemessage.txt")),
            _text(files.get("teammessage.txt")),
            _bytes(files.get("score.txt")),
            _bytes(files.get("score_multiplier.txt")),
            {name: content for name, content in files.items() if name not in _READ} if files.keys() - _READ else {},
        )

    def then(self, later: Feedback) -> Feedback:
        """With what a later validator of the same output says: both messages, and the later score. Pure."""
        return Feedback(
            self.message + later.message,
            self.team_message + later.team_message,
            self.score if later.score is None else later.score,
            self.multiplier if later.multiplier is None else later.multiplier,
            {**self.others, **later.others},
        )

    def kept(self, room: int) -> tuple[FileData, ...]:
        """The other files for the jury, whole and in order of their names: those that fit into 16 KiB, and into *room*."""
        room = min(room, _KEPT_BYTES)
        files = []
        for name, content in sorted(self.others.items()):
            shown_name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:_NAME_CHARS]
            size = len(shown_name) + content.size
            if size <= room:
                room -= size
                files.append(FileData(shown_name, content.bytes()))
        return tuple(files)


def shown(data: bytes) -> str:
    """Untrusted bytes as text for people, cut. Pure."""
    return data[:_MESSAGE_BYTES].decode("utf-8", "backslashreplace")


def _text(file: Blob | None) -> str:
    return "" if file is None else shown(file.read(_MESSAGE_BYTES))


def _bytes(file: Blob | None) -> bytes | None:
    return None if file is None else file.read(_SCORE_BYTES)
