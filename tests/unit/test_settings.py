"""A wrong setting is one line that names it; the clock port tells every process the same time."""

import pytest

from schemas.addresses import redacted
from schemas.clock import Clock
from schemas.errors import ConfigError
from schemas.settings import cores_of, load


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("PODIUM_") or name == "SCHEMA_REGISTRY_URL":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODIUM_HOME", ""),
        ("PODIUM_KAFKA", "nowhere"),
        ("PODIUM_KAFKA", "host:99999"),
        ("PODIUM_REDIS", "http://127.0.0.1"),
        ("PODIUM_CLICKHOUSE", "127.0.0.1:8123"),
        ("PODIUM_CLOCK", "soon@2"),
        ("PODIUM_CLOCK", "2026-01-01T10:00:00@2"),
        ("PODIUM_CLOCK", "0001-01-01T00:00:00+01:00@2"),
        ("PODIUM_JUDGE_SLOTS", "many"),
        ("PODIUM_JUDGE_SLOTS", "-1"),
        ("PODIUM_JUDGE_RESERVED_CORES", "one"),
        ("PODIUM_JUDGE_RESERVED_CORES", "0,-2"),
        ("PODIUM_KAFKA_SECURITY_PROTOCOL", "HOPE"),
        ("SCHEMA_REGISTRY_URL", "registry:8081"),
        ("PODIUM_KAFKAA", "127.0.0.1:9092"),
        ("PODIUM_KAFKA", "a:1,"),
        ("PODIUM_KAFKA_CA", "/nope"),
        ("PODIUM_KAFKA_USERNAME", "without-sasl"),
        ("PODIUM_REDIS", "redis://h:abc/0"),
        ("PODIUM_REDIS", "redis://h:6379/zero"),
        ("PODIUM_REDIS", "redis://"),
        ("PODIUM_CLICKHOUSE", "http://"),
        ("PODIUM_CLICKHOUSE", "http://user:secret@h:8123"),
        ("PODIUM_CLICKHOUSE", "http://h:8123/database"),
        ("PODIUM_URL", "https://:443"),
        ("PODIUM_API", "a:1,b:2"),
        ("PODIUM_API", "redis://user:secret@h:1"),
        ("PODIUM_STORE", "s3://user:secret@bucket"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


KAFKA = "PODIUM_KAFKA_"
SASL = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "PLAIN", "USERNAME": "scorer", "PASSWORD": "secret"}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "SASL_MECHANISM"),
        (SASL | {"USERNAME": ""}, "USERNAME"),
        (SASL | {"PASSWORD": ""}, "PASSWORD"),
        (SASL | {"SECURITY_PROTOCOL": "SSL"}, "SASL_MECHANISM"),
        ({"CA": __file__}, "CA"),
        ({"SECURITY_PROTOCOL": "SASL_PLAINTEXT"} | {k: v for k, v in SASL.items() if k[0] != "S"}, "SASL_MECHANISM"),
        ({"SECURITY_PROTOCOL": "SSL", "CERT": __file__}, "KEY"),
        ({"SECURITY_PROTOCOL": "SSL", "KEY": __file__}, "CERT"),
    ],
)
def test_settings_that_do_not_fit_together_name_the_one_to_change(monkeypatch, given, wrong):
    for name, value in given.items():
        monkeypatch.setenv(KAFKA + name, value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert str(caught.value).startswith(f"{KAFKA}{wrong}: ")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_misspelt_variable_names_the_nearest(monkeypatch):
    monkeypatch.setenv("PODIUM_CLICKHOSE", "http://127.0.0.1:8123")
    with pytest.raises(ConfigError, match="did you mean PODIUM_CLICKHOUSE"):
        load()


def test_a_client_of_kafka_gets_all_of_it(monkeypatch, tmp_path):
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch()
        monkeypatch.setenv(KAFKA + name.upper(), str(tmp_path / name))
    for name, value in SASL.items():
        monkeypatch.setenv(KAFKA + name, value)
    monkeypatch.setenv("PODIUM_KAFKA", "broker-1:9093")
    assert load().kafka_client() == {
        "bootstrap.servers": "broker-1:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "scorer",
        "sasl.password": "secret",
        "ssl.ca.location": str(tmp_path / "ca"),
        "ssl.certificate.location": str(tmp_path / "cert"),
        "ssl.key.location": str(tmp_path / "key"),
    }


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://user:secret@redis-1:6379/0", "redis://redis-1:6379/0"),
        ("rediss://:p@ss/word@redis-1:6379", "rediss://redis-1:6379"),
        ("redis://redis-1:6379/0", "redis://redis-1:6379/0"),
        ("broker-1:9092,broker-2:9092", "broker-1:9092,broker-2:9092"),
    ],
)
def test_no_password_is_shown(address, shown):
    assert redacted(address) == shown


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


def test_cores_are_listed_as_the_kernel_lists_them():
    assert cores_of("") == set()
    assert cores_of("0,4-6,9") == {0, 4, 5, 6, 9}
