"""Doing what the jury decides: acts onto the log, looked at again once they stand there."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from api.access import viewer_of
from podium.accounts import read_accounts
from podium.jury.record import Record, Rejudging, read_record
from podium.jury.rejudgings import refuse_overlap
from schemas.clock import Clock
from schemas.definition import ChangedPackage
from schemas.errors import ConflictError, UsageError
from schemas.events import Act, AuditEntry, Event, RejudgingCancelled, RejudgingCreated
from schemas.ids import new_id
from schemas.passwords import verify_password
from schemas.producer import Producer
from schemas.settings import Settings

__all__ = ["CHUNK", "act", "append", "create", "extend", "proven", "reason_of"]

CHUNK = 10_000
"""Submissions of one record: ids of at most 36 characters, so that it stays below half of the 2 MB of an event."""

A = TypeVar("A", bound=Act)


def reason_of(text: str) -> str:
    """The reason as it was given.

    Raises:
        UsageError: when it says nothing: it is what `podium audit` tells those who ask why.
    """
    if not text.strip():
        raise UsageError("say why: --reason TEXT")
    return text.strip()


def act(settings: Settings, contest: str, kind: type[A], *, by: str = "", **fields: Any) -> A:
    """An act that is made now, by whoever is logged in to this machine unless somebody is named."""
    now = Clock.parse(settings.clock).now_ms()
    return kind(contest=contest, recorded_at=now, recorded_by=by or getpass.getuser(), id=new_id(), **fields)


def append(settings: Settings, *events: Event) -> list[int]:
    """Append the events in their order; their positions.

    Raises:
        DependencyError: when the broker did not take one. A ProduceTimeoutError leaves open whether it did.
    """
    with Producer(settings) as producer:
        return producer.append_all(events)


def create(
    settings: Settings,
    record: Record,
    ids: Sequence[str],
    *,
    reason: str,
    lane: str,
    changed: ChangedPackage | None = None,
    repeat: int = 1,
) -> list[int]:
    """Create a rejudging of these submissions, or *repeat* of them as a set; their numbers.

    Two who create overlapping ones at once may both have found none: each looks at the log again behind its own act. The
    earlier one in the log stays; the later one is cancelled by who created it. Should that process die in between, the
    later one cannot be applied while the earlier one is open.

    Raises:
        ConflictError: when an open rejudging has one of the submissions; nothing of this one is judged.
        DependencyError: as `append`.
    """
    refuse_overlap(record, ids)
    parts = _parts(ids)
    numbers: list[int] = []
    with Producer(settings) as producer:
        for _ in range(repeat):
            fields: dict[str, Any] = {"reason": reason, "lane": lane, "changed": changed, "chunks": len(parts)}
            fields["repeats"] = numbers[0] if numbers else 0
            make = _maker(settings, record.contest, fields)
            number = producer.append(make(parts[0])).result()
            numbers.append(number)
            producer.append_all(make(part, number, chunk) for chunk, part in enumerate(parts[1:], 1))
            if len(numbers) == 1:
                _stand(settings, record, number, ids, producer)
    return numbers


def _parts(ids: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[first : first + CHUNK]) for first in range(0, len(ids), CHUNK)]


def _maker(settings: Settings, contest: str, fields: dict[str, Any]) -> Callable[..., RejudgingCreated]:
    def make(part: tuple[str, ...], rejudging: int = 0, chunk: int = 0) -> RejudgingCreated:
        return act(settings, contest, RejudgingCreated, submission_ids=part, rejudging=rejudging, chunk=chunk, **fields)

    return make


def _stand(settings: Settings, record: Record, number: int, ids: Sequence[str], producer: Producer) -> None:
    """Cancel the rejudging again if the log has an overlapping one before it that was not seen when it was created."""
    read_record(settings, record.contest, record)
    try:
        refuse_overlap(record, ids, set_=number, before=number)
    except ConflictError as error:
        why = "somebody else created an overlapping one at the same time, which stands before it in the log"
        producer.append(act(settings, record.contest, RejudgingCancelled, rejudging=number, reason=why)).result()
        raise ConflictError(f"{error}\nrejudging {number} is cancelled: {why}") from None


def extend(settings: Settings, record: Record, rejudging: Rejudging, ids: Sequence[str], *, reason: str) -> None:
    """Add submissions to an open rejudging.

    Raises:
        ConflictError: when another open rejudging has one of them.
        DependencyError: as `append`.
    """
    refuse_overlap(record, ids, set_=rejudging.set_)
    fields: dict[str, Any] = {
        "reason": reason,
        "lane": rejudging.lane,
        "changed": rejudging.changed,
        "chunks": rejudging.declared,
        "repeats": rejudging.repeats,
    }
    make = _maker(settings, record.contest, fields)
    begin = max(rejudging.chunks, default=0) + 1
    append(settings, *(make(part, rejudging.number, chunk) for chunk, part in enumerate(_parts(ids), begin)))


def proven(settings: Settings, contest: str, username: str, password: str, action: str, target: str) -> str:
    """The account of the jury that acts, whose password was given again; its username.

    A refusal is written to the topic `audit`, as the api does at its door.

    Raises:
        UsageError: when there is no such account of this contest's jury, or this is not its password. It does not say which.
    """
    account = read_accounts(settings).get(username)
    if account is not None and viewer_of(account, contest).sees_all and verify_password(account.password, password):
        return username
    entry = AuditEntry(
        recorded_at=Clock.parse(settings.clock).now_ms(),
        recorded_by=getpass.getuser(),
        account=username,
        address="",
        action=action,
        target=target,
        status=403,
        detail="no account of the jury with this password",
    )
    with Producer(settings) as producer:
        producer.send("audit", username, entry).result()
    raise UsageError(
        f"{username} is no account of contest {contest}'s jury with this password; nothing was changed, and `podium audit` "
        "tells of it. --as names the account"
    )
