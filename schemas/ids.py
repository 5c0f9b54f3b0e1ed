"""Identities: opaque CLICS ids, derived where two records must agree on one, and the partition of a contest."""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import lru_cache

from schemas.errors import DataError

__all__ = [
    "CONTEST_PARTITIONS",
    "account_id",
    "check_id",
    "check_place",
    "derived_id",
    "judgement_id",
    "judgement_of_run",
    "new_id",
    "partition_of",
    "run_id",
    "skip_id",
]

CONTEST_PARTITIONS = 12
"""Partitions of every contest-keyed topic, everywhere and for ever; more is a migration by export and import."""

_ID = re.compile(r"[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,34}[a-zA-Z0-9_-])?", re.ASCII)


def check_id(value: str, what: str) -> str:
    """The id itself, when it is a CLICS id: 1 to 36 of `[a-zA-Z0-9_.-]`, not beginning with `.` or `-`, not ending with `.`.

    Raises:
        DataError: otherwise, naming *what* the id is of.
    """
    if not _ID.fullmatch(value):
        raise DataError(
            f"{what}: {value!r} is not an id (1 to 36 letters, digits, '_', '.', '-', not beginning with '.' or '-', not ending with '.')"
        )
    return value


def account_id(username: str) -> str:
    """The id of an account: its login where that is one, else derived from it. Pure."""
    return username if _ID.fullmatch(username) else derived_id("account", username)


def derived_id(*parts: str) -> str:
    """An id of 26 characters that is the same for the same parts, wherever it is made. Pure."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return _base32(digest[:16])


def new_id() -> str:
    """A new id of 26 characters that nobody can guess."""
    return _base32(secrets.token_bytes(16))


def judgement_id(submission_id: str, rejudging: str = "0") -> str:
    """The CLICS id of a submission's judgement: of the initial one, or of the rejudging that this act created. Pure."""
    return derived_id("judgement", submission_id, rejudging)


def run_id(judgement: str, ordinal: int) -> str:
    """The CLICS id of one run of a judgement: the judgement's, and its ordinal of at most 9 digits. Pure."""
    return f"{judgement}.{ordinal}"


def judgement_of_run(run: str) -> str:
    """The id of the judgement that a run of this id would belong to. Pure."""
    return run.partition(".")[0]


def skip_id(contest: str, position: int, fold_version: int) -> str:
    """The id of the act that says that this fold version has skipped a position. Pure."""
    return derived_id("skipped", contest, str(position), str(fold_version))


def _base32(data: bytes) -> str:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = int.from_bytes(data, "big")
    out = []
    for _ in range(26):
        out.append(alphabet[number & 31])
        number >>= 5
    return "".join(reversed(out))


@lru_cache(4096)  # every reader asks for the contest of every record
def partition_of(key: str, partitions: int = CONTEST_PARTITIONS) -> int:
    """The partition of a key, as Kafka's own clients compute it (murmur2). Pure."""
    return (_murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def check_place(contest: str, key: bytes | None, partition: int) -> None:
    """Nothing, when a record of the log about this contest belongs where it stands: the one check of all readers.

    Raises:
        DataError: when its key is another contest's, or the partition.
    """
    if key != contest.encode():
        raise DataError(f"the key {key!r} is not the record's contest {contest!r}")
    if partition_of(contest) != partition:
        raise DataError(f"contest {contest} does not belong into partition {partition}")


def _murmur2(data: bytes) -> int:
    """Kafka's murmur2 (32 bits, seed 0x9747b28c): librdkafka's default partitioner differs from the Java client's."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = (int.from_bytes(data[at : at + 4], "little") * m) & mask
        k = ((k ^ (k >> 24)) * m) & mask
        h = ((h * m) & mask) ^ k
    if rest := data[whole:]:
        h = ((h ^ int.from_bytes(rest, "little")) * m) & mask
    h = ((h ^ (h >> 13)) * m) & mask
    return h ^ (h >> 15)
