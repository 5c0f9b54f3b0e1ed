"""The history sink: the log and the score rows into ClickHouse, in batches."""

from streams.history_sink.sink import run

__all__ = ["run"]
