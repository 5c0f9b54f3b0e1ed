"""Every setting of every process: environment variables `PODIUM_…`, read once, typed and validated."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.clock import Clock
from schemas.errors import ConfigError

__all__ = ["Settings", "load"]


def _host_port(value: str) -> str:
    for one in value.split(","):
        host, _, port = one.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"expected host:port, got {one!r}")
    return value


def _url(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not value.startswith(tuple(f"{s}://" for s in schemes)):
            raise ValueError(f"expected {' or '.join(s + '://…' for s in schemes)}, got {value!r}")
        return value

    return AfterValidator(check)


def _clock(value: str) -> str:
    Clock.parse(value)
    return value


def _port(offset: int, before: str = "", after: str = "") -> Callable[[dict[str, int]], str]:
    """The address of an embedded part: the base port, which is read first, plus its offset."""
    return lambda data: f"{before}127.0.0.1:{data.get('port_base', 18000) + offset}{after}"


HostPort = Annotated[str, AfterValidator(_host_port)]


class Settings(BaseSettings):
    """The settings of a process, frozen. Read them with `load()`, once, at start."""

    model_config = SettingsConfigDict(env_prefix="PODIUM_", frozen=True, extra="ignore")

    home: Path = Field(Path(".podium"), description="data, logs and caches of the embedded parts")
    port_base: int = Field(18000, ge=1024, le=65000, description="first port of the embedded parts and of the api")
    kafka: HostPort = Field(default_factory=_port(92), description="bootstrap servers; embedded unless set")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    kafka_username: str = ""
    kafka_password: str = ""
    kafka_ca: str = Field("", description="file with the certificate authority of the brokers")
    redis: Annotated[str, _url("redis", "rediss")] = Field(
        default_factory=_port(79, "redis://", "/0"), description="embedded unless set"
    )
    clickhouse: Annotated[str, _url("http", "https")] = Field(
        default_factory=_port(23, "http://"), description="embedded unless set"
    )
    clickhouse_username: str = "default"
    clickhouse_password: str = ""
    clickhouse_analyst_password: str = Field("", description="of the embedded history's user analyst")
    schema_registry_url: Annotated[str, _url("http", "https")] = Field("", validation_alias="SCHEMA_REGISTRY_URL")
    api: HostPort = Field(default_factory=_port(80), description="where this api process listens")
    url: Annotated[str, _url("http", "https")] = Field(
        default_factory=_port(80, "http://"), description="where clients reach the api"
    )
    store: str = Field("", description="problem packages: a folder or http(s)://…; default: HOME/packages")
    judge_token: str = Field("", description="the judges' credential for packages over HTTP; embedded: made at set-up")
    judge_slots: int = Field(0, ge=0, le=256, description="slots of this judge host; 0: one a core")
    judge_host: str = Field("", description="this judge host's name; default: the machine's name")
    judge_image: str = Field("podium-judge:latest", description="image of the judge containers")
    judge_fresh: Literal["", "always"] = Field("", description="always: a new container for each submission")
    secret: str = Field(
        "", description="key of session cookies and public tokens; default: HOME/secret, made at first start"
    )
    clock: Annotated[str, AfterValidator(_clock)] = Field(
        "", description="START@RATE for rehearsals; default: real time"
    )
    instance: str = Field("", description="this process among its like, e.g. scorer-1; set by the supervisor")
    metrics: HostPort | Literal[""] = Field(
        "", description="host:port of this process's /metrics and /livez; empty: none"
    )
    submissions_a_minute: int = Field(300, ge=1, le=10_000, description="submissions that a team may send in a minute")
    max_streams: int = Field(15_000, ge=1, description="live streams that one api process serves at a time")
    session_timeout: int = Field(
        10, ge=6, le=300, description="seconds after which a silent consumer is taken for dead"
    )
    count_handled: bool = Field(
        False, description="write every position that a consumer handles to HOME/run/handled-INSTANCE.log (tests)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def embedded(self) -> frozenset[str]:
        """The parts that `podium up` starts itself: those of kafka, redis, clickhouse that no variable names."""
        given = {name for name in ("kafka", "redis", "clickhouse") if name in self.model_fields_set}
        return frozenset({"kafka", "redis", "clickhouse"} - given)

    @property
    def store_location(self) -> str:
        """A folder's path, or the URL that serves packages."""
        return self.store or str(self.home / "packages")

    def kafka_client(self) -> dict[str, str | int]:
        """Connection settings of a librdkafka client (confluent-kafka)."""
        conf: dict[str, str | int] = {
            "bootstrap.servers": self.kafka,
            "security.protocol": self.kafka_security_protocol,
        }
        if self.kafka_sasl_mechanism:
            conf |= {
                "sasl.mechanism": self.kafka_sasl_mechanism,
                "sasl.username": self.kafka_username,
                "sasl.password": self.kafka_password,
            }
        if self.kafka_ca:
            conf["ssl.ca.location"] = self.kafka_ca
        return conf


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigError: in one line, naming the variable, for the first setting that is not valid.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        variable = name if name.isupper() else f"PODIUM_{name.upper()}"
        raise ConfigError(f"{variable}: {first['msg'].removeprefix('Value error, ')}") from None
    unknown = sorted(k for k in os.environ if k.startswith("PODIUM_") and k[7:].lower() not in Settings.model_fields)
    if unknown:
        raise ConfigError(f"{unknown[0]}: there is no such setting")
    return settings
