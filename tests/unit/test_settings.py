"""A wrong setting is one line that names it; the clock port tells every process the same time."""

import pytest

from schemas.clock import Clock
from schemas.errors import ConfigError
from schemas.settings import load


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("PODIUM_") or name == "SCHEMA_REGISTRY_URL":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODIUM_KAFKA", "nowhere"),
        ("PODIUM_KAFKA", "host:99999"),
        ("PODIUM_REDIS", "http://127.0.0.1"),
        ("PODIUM_CLICKHOUSE", "127.0.0.1:8123"),
        ("PODIUM_CLOCK", "soon@2"),
        ("PODIUM_CLOCK", "2026-01-01T10:00:00@2"),
        ("PODIUM_JUDGE_SLOTS", "many"),
        ("PODIUM_JUDGE_SLOTS", "-1"),
        ("PODIUM_KAFKA_SECURITY_PROTOCOL", "HOPE"),
        ("SCHEMA_REGISTRY_URL", "registry:8081"),
        ("PODIUM_KAFKAA", "127.0.0.1:9092"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_parts_are_embedded_unless_a_variable_names_them(monkeypatch):
    assert load().embedded == {"kafka", "redis", "clickhouse"}
    monkeypatch.setenv("PODIUM_KAFKA", "broker-1:9092,broker-2:9092")
    assert load().embedded == {"redis", "clickhouse"}
    assert load().kafka == "broker-1:9092,broker-2:9092"


def test_the_port_base_moves_every_embedded_part(monkeypatch):
    monkeypatch.setenv("PODIUM_PORT_BASE", "20000")
    settings = load()
    assert (settings.kafka, settings.api) == ("127.0.0.1:20092", "127.0.0.1:20080")


def test_real_time_is_the_default():
    clock = Clock.parse("")
    assert clock.is_real
    assert clock.event_ms(1234) == 1234


def test_a_rehearsals_clock_runs_fast_from_its_start_and_back():
    clock = Clock.parse("2026-01-01T10:00:00Z@100")
    start = clock.start_ms
    assert clock.event_ms(start) == start
    assert clock.event_ms(start + 1000) == start + 100_000
    assert clock.real_ms(start + 100_000) == start + 1000
    assert not clock.is_real
