"""A contest's log in a real Kafka, and the boards that the scorer wrote of it."""

from __future__ import annotations

from typing import Any

from schemas.codec import codec
from schemas.events import Event
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import read
from schemas.rows import AUDIENCES, BatchClosed, FirstToSolve, ScoreboardRow
from schemas.settings import Settings
from streams.scoring.canonical import canonical
from tests.contest_log import ContestLog


class KafkaLog(ContestLog):
    """Every event is on the topic `log` when it has been added; positions are Kafka's."""

    def __init__(self, producer: Producer, **fields: Any) -> None:
        self.producer = producer
        super().__init__(**({"contest": f"test-{new_id()}"} | fields))

    def add(self, event: Event) -> int:
        position = self.producer.append(event).result(60)
        self.events.append((position, event))
        return position

    def newer(self) -> int:
        """The position of a record that is there as if a newer podium had written it."""
        return add_newer(self.producer, self.contest)


def add_newer(producer: Producer, contest: str) -> int:
    """Append a record whose schema nobody has heard of; its position."""
    newer = b"\xc3\x01" + b"\1\2\3\4\5\6\7\x08"
    return producer.send("log", contest, newer, partition=partition_of(contest)).result(60)


def written_boards(settings: Settings, contest: str) -> dict[tuple[str, str], bytes]:
    """The boards as a sink has them: the latest row of each team; rows of a batch count once it is closed."""
    held: dict[tuple[str, str], dict[tuple[str, str], Any]] = {}
    waiting: dict[tuple[str, str], list[Any]] = {}
    for raw in read(settings, "scoreboard-rows", partition_of(contest)):
        if raw.key is None or raw.value is None or not raw.key.startswith(f"{contest}|".encode()):
            continue
        record = codec().decode(raw.value)
        board = (record.generation, record.audience)
        if isinstance(record, BatchClosed):
            for one in waiting.pop(board, []):
                _take(held.setdefault(board, {}), one)
        elif isinstance(record, ScoreboardRow | FirstToSolve):
            if record.batch:
                waiting.setdefault(board, []).append(record)
            else:
                _take(held.setdefault(board, {}), record)
    assert not any(waiting.values()), "a batch was never closed"
    return {board: _canonical(records.values()) for board, records in held.items() if board[1] in AUDIENCES}


def _take(held: dict[tuple[str, str], Any], record: Any) -> None:
    key = ("row", record.team_id) if isinstance(record, ScoreboardRow) else ("first", record.problem_id)
    if key not in held or held[key].position <= record.position:
        held[key] = record


def _canonical(records: Any) -> bytes:
    records = list(records)
    rows = [one for one in records if isinstance(one, ScoreboardRow)]
    return canonical(rows, [one for one in records if isinstance(one, FirstToSolve)])
