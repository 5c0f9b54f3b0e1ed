"""Every setting of every process: environment variables `PODIUM_…`, read once, typed and validated."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.addresses import encrypted, host_port, host_ports, networks, redacted, redis_url, server_url, url_of
from schemas.clock import Clock
from schemas.errors import ConfigError

__all__ = ["Settings", "cores_of", "load"]


def _clock(value: str) -> str:
    Clock.parse(value)
    return value


def _named(value: Any) -> Any:
    if value == "":
        raise ValueError("expected a folder; leave the variable out for the default")
    return value


def _readable(value: str) -> str:
    if value and not os.access(value, os.R_OK):
        raise ValueError(f"there is no file {value!r} that this process may read")
    return value


def _store(value: str) -> str:
    if "://" in value and not value.startswith(("http://", "https://")):
        raise ValueError(f"expected a folder, or http(s)://… of a podium that has one, got {redacted(value)!r}")
    return value


def _cores(value: str) -> str:
    cores_of(value)
    return value


def cores_of(text: str) -> frozenset[int]:
    """The numbers in a list of cores as the kernel writes it: 0,4-5. Pure.

    Raises:
        ValueError: when it is none.
    """
    if not text:
        return frozenset()
    if not re.fullmatch(r"\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*", text):
        raise ValueError(f"expected a list of cores such as 0 or 0,4-5, got {text!r}")
    parts = [part.partition("-") for part in text.split(",")]
    return frozenset(core for first, _, last in parts for core in range(int(first), int(last or first) + 1))


def _port(offset: int, before: str = "", after: str = "") -> Callable[[dict[str, int]], str]:
    """The address of an embedded part: the base port, which is read first, plus its offset."""
    return lambda data: f"{before}127.0.0.1:{data.get('port_base', 18000) + offset}{after}"


HostPort = Annotated[str, AfterValidator(host_port)]
HttpUrl = Annotated[str, AfterValidator(url_of("http", "https"))]
ReadableFile = Annotated[str, AfterValidator(_readable)]


class Settings(BaseSettings):
    """The settings of a process, frozen. Read them with `load()`, once, at start."""

    model_config = SettingsConfigDict(env_prefix="PODIUM_", frozen=True, extra="ignore")

    home: Annotated[Path, BeforeValidator(_named)] = Field(
        Path(".podium"), description="data, logs and caches of the embedded parts"
    )
    port_base: int = Field(18000, ge=1024, le=65000, description="first port of the embedded parts and of the api")
    kafka: Annotated[str, AfterValidator(host_ports)] = Field(
        default_factory=_port(92), description="bootstrap servers, host:port,…; embedded unless set"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how processes speak to the brokers"
    )
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "", description="how processes log in, with a SASL_… protocol"
    )
    kafka_username: str = Field("", description="the principal of this process")
    kafka_password: str = Field("", description="its password")
    kafka_ca: ReadableFile = Field("", description="file with the certificate authority of the brokers")
    kafka_cert: ReadableFile = Field("", description="file with the client certificate of this process (mutual TLS)")
    kafka_key: ReadableFile = Field("", description="file with its private key, without a passphrase")
    redis: Annotated[str, AfterValidator(redis_url)] = Field(
        default_factory=_port(79, "redis://", "/0"), description="embedded unless set"
    )
    clickhouse: Annotated[str, AfterValidator(server_url)] = Field(
        default_factory=_port(23, "http://"), description="embedded unless set"
    )
    clickhouse_username: str = Field("default", description="podium's own user of the history")
    clickhouse_password: str = Field("", description="its password")
    clickhouse_analyst_password: str = Field("", description="of the history's user analyst")
    schema_registry_url: HttpUrl = Field("", validation_alias="SCHEMA_REGISTRY_URL", description="Confluent framing")
    api: HostPort = Field(default_factory=_port(80), description="where this api process listens")
    api_socket: int = Field(
        0, ge=0, description="descriptor of the listening socket that a supervisor hands to this api process; 0: none"
    )
    url: HttpUrl = Field(default_factory=_port(80, "http://"), description="where clients reach the api")
    store: Annotated[str, AfterValidator(_store)] = Field(
        "", description="problem packages: a folder or http(s)://…; default: HOME/packages"
    )
    webhooks_local: bool = Field(
        default=False, description="true: webhooks may be of this machine, where other services listen as well"
    )
    judge_token: str = Field("", description="the judges' credential for packages over HTTP; embedded: made at set-up")
    judge_slots: int = Field(0, ge=0, le=256, description="slots of this judge host; 0: one a core")
    judge_live_slots: int = Field(
        0, ge=0, le=256, description="slots of this judge host that take nothing of the bulk lane (rejudgings)"
    )
    judge_reserved_cores: Annotated[str, AfterValidator(_cores)] = Field(
        "", description="cores, such as 0 or 0,4-5, on which no slot runs: the judge process's own"
    )
    judge_host: str = Field("", description="this judge host's name; default: the machine's name")
    judge_image: str = Field(
        "podium-judge:latest", description="image of the judge containers; the second one is NAME-extra"
    )
    judge_fresh: Literal["", "always"] = Field("", description="always: a new container for each submission")
    judge_runtime: str = Field(
        "",
        pattern=r"^[\w./-]*$",
        description="Docker's runtime for the judge containers (docs/security.md); empty: the engine's own",
    )
    secret: str = Field(
        "", description="key of session cookies and public tokens; default: HOME/secret, made at first start"
    )
    trusted_proxies: Annotated[str, AfterValidator(networks)] = Field(
        "",
        description="addresses or networks, such as 10.0.0.2,10.1.0.0/16, of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    oidc_issuer: Annotated[HttpUrl, AfterValidator(encrypted)] = Field(
        "", description="URL of the site's OpenID provider; empty: none"
    )
    oidc_client_id: str = Field("", description="podium's own id at that provider")
    oidc_client_secret: str = Field("", description="the secret that goes with it")
    oidc_claim: str = Field(
        "preferred_username", min_length=1, description="the claim that is the login of an account here"
    )
    oidc_scope: str = Field(
        "openid profile", pattern=r"^openid( [\w:./-]+)*$", description="what the provider is asked to tell"
    )
    clock: Annotated[str, AfterValidator(_clock)] = Field(
        "", description="START@RATE for rehearsals; default: real time"
    )
    instance: str = Field("", description="this process among its like, e.g. scorer-1; set by the supervisor")
    metrics: HostPort | Literal[""] = Field(
        "", description="host:port of this process's /metrics and /livez; empty: none"
    )
    live_days: int = Field(
        30, ge=0, description="days after which a finalized contest leaves Redis; it comes back when it is asked for"
    )
    max_streams: int = Field(15_000, ge=1, description="live streams that one api process serves at a time")
    session_timeout: int = Field(
        10, ge=6, le=300, description="seconds after which a silent consumer is taken for dead"
    )
    count_handled: bool = Field(
        False, description="write every position that a consumer handles to HOME/run/handled-INSTANCE.log (tests)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what the logs leave out")

    @model_validator(mode="after")
    def _kafka_is_whole(self) -> Self:
        """What a protocol needs is there, and what only another protocol would use is not: it would be ignored."""
        protocol = self.kafka_security_protocol
        log_in = ("kafka_sasl_mechanism", "kafka_username", "kafka_password")
        for name in log_in:
            if protocol.startswith("SASL") and not getattr(self, name):
                raise ValueError(f"{_variable(name)}: PODIUM_KAFKA_SECURITY_PROTOCOL={protocol} needs it; set it")
        for names, wanted in ((log_in, "SASL"), (("kafka_ca", "kafka_cert", "kafka_key"), "SSL")):
            for name in names:
                if getattr(self, name) and wanted not in protocol.split("_"):
                    raise ValueError(
                        f"{_variable(name)}: PODIUM_KAFKA_SECURITY_PROTOCOL={protocol} does not use it; "
                        f"name a protocol with {wanted}, or leave it out"
                    )
        for one, other in (("kafka_cert", "kafka_key"), ("kafka_key", "kafka_cert")):
            if getattr(self, one) and not getattr(self, other):
                raise ValueError(f"{_variable(other)}: {_variable(one)} needs it; set both or none")
        return self

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        """A provider is of no use without our name there, nor that without a provider."""
        for name in ("oidc_client_id", "oidc_client_secret"):
            if self.oidc_issuer and not getattr(self, name):
                raise ValueError(f"{_variable(name)}: PODIUM_OIDC_ISSUER needs it; set it")
            if getattr(self, name) and not self.oidc_issuer:
                raise ValueError("PODIUM_OIDC_ISSUER: " + _variable(name) + " needs it; set both or none")
        return self

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
        if self.kafka_cert:
            conf |= {"ssl.certificate.location": self.kafka_cert, "ssl.key.location": self.kafka_key}
        return conf


def _variable(name: str) -> str:
    return name if name.isupper() else f"PODIUM_{name.upper()}"


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigError: in one line, naming the variable, for the first setting that is not valid.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        text = first["msg"].removeprefix("Value error, ")
        # what is wrong with several together names one itself
        raise ConfigError(f"{_variable(str(first['loc'][0]))}: {text}" if first["loc"] else text) from None
    known = [_variable(name) for name in Settings.model_fields if name != "schema_registry_url"]
    for name in sorted(os.environ):
        if name.startswith("PODIUM_") and name.upper() not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "docs/operators.md lists them"
            raise ConfigError(f"{name}: there is no such setting; {hint}")
    return settings
