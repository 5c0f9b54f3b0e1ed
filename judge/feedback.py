"""The feedback folder of a validator: which of its files podium reads, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Self

from judge.blob import Blob
from schemas.definition import FileData

__all__ = ["NEXT_INPUT", "Feedback", "cut", "shown"]

NEXT_INPUT: Final = "nextpass.in"
"""What the validator of a multi-pass problem leaves for the next pass."""

_MESSAGE_BYTES: Final = 4096
"""Of a message that are kept: it is untrusted text for people."""

_GAP: Final = "\n[…]\n"
"""Stands for the middle of a message that was cut."""

_SCORE_BYTES: Final = 4096
"""Of a score's file, far above any number that is one."""

_READ: Final = frozenset({NEXT_INPUT, "judgemessage.txt", "teammessage.txt", "score.txt", "score_multiplier.txt"})

_KEPT_BYTES: Final = 16 << 10
"""Of one run's other files, with their names: they go into the log, where they stay."""

_NAME_CHARS: Final = 255

_LEFT_OUT: Final = "[left out].txt"
"""Names, beside the files that are kept, those that are not."""

_LEFT_OUT_BYTES: Final = 1 << 10
"""Of that list: some names are enough to know what to look for when the test is run again."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a validator wrote: untrusted text for jury and team, the files that score, as they are, and all the others."""

    message: str = ""
    team_message: str = ""
    score: bytes | None = None
    multiplier: bytes | None = None
    others: Mapping[str, Blob] = field(default_factory=dict)
    long_messages: tuple[Blob, ...] = ()
    """Whole, those to the jury of which `message` has only the beginning and the end."""

    @classmethod
    def read(cls, files: Mapping[str, Blob]) -> Self:
        """What the files of a feedback folder say, by their names."""
        message = files.get("judgemessage.txt")
        return cls(
            _text(message),
            _text(files.get("teammessage.txt")),
            _bytes(files.get("score.txt")),
            _bytes(files.get("score_multiplier.txt")),
            {name: content for name, content in files.items() if name not in _READ} if files.keys() - _READ else {},
            (message,) if message is not None and message.size > _MESSAGE_BYTES else (),
        )

    def then(self, later: Feedback) -> Feedback:
        """With what a later validator of the same output says: both messages, and the later score. Pure."""
        return Feedback(
            self.message + later.message,
            self.team_message + later.team_message,
            self.score if later.score is None else later.score,
            self.multiplier if later.multiplier is None else later.multiplier,
            {**self.others, **later.others},
            self.long_messages + later.long_messages,
        )

    def says(self, text: str) -> bool:
        """Whether this is in a message to the jury, however long that is."""
        data = text.encode("utf-8", "surrogatepass")
        return text in self.message or any(data in message.bytes() for message in self.long_messages)

    def kept(self, room: int) -> tuple[FileData, ...]:
        """The other files for the jury, whole and in order of their names: those that fit into 16 KiB, and into *room*.

        Behind them is a list of those that do not, with their sizes, of at most 1 KiB more; nothing where all fit.
        """
        room = min(room, _KEPT_BYTES)
        files, left_out = [], []
        for name, content in sorted(self.others.items()):
            shown_name = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:_NAME_CHARS]
            size = len(shown_name) + content.size
            if size <= room:
                room -= size
                files.append(FileData(shown_name, content.bytes()))
            else:
                left_out.append(f"{shown_name}: {content.size} bytes\n".encode())
        if left_out:
            files.append(FileData(_LEFT_OUT, _listed(left_out)))
        return tuple(files)


def _listed(lines: Sequence[bytes]) -> bytes:
    """As many whole lines as fit, and how many do not."""
    ends = accumulate(map(len, lines))
    fit = sum(end <= _LEFT_OUT_BYTES for end in ends)
    return b"".join(lines[:fit]) + (f"and {len(lines) - fit} more\n".encode() if fit < len(lines) else b"")


def shown(data: bytes) -> str:
    """Untrusted bytes as text for people, cut. Pure."""
    return data[:_MESSAGE_BYTES].decode("utf-8", "backslashreplace")


def cut(text: str, most: int) -> str:
    """The text, at most so many characters of it: the beginning and the end, where a validator sums up. Pure."""
    half = (most - len(_GAP)) // 2
    return text if len(text) <= most else text[:half] + _GAP + text[-half:]


def _text(file: Blob | None) -> str:
    if file is None:
        return ""
    if file.size <= _MESSAGE_BYTES:
        return shown(file.read(_MESSAGE_BYTES))
    half = _MESSAGE_BYTES // 2
    return shown(file.read(half)) + _GAP + shown(file.read(half, file.size - half))


def _bytes(file: Blob | None) -> bytes | None:
    return None if file is None else file.read(_SCORE_BYTES)
