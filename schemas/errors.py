"""Every error of podium's own.

PodiumError
├── ConfigError            a setting, a topic or a machine is not as it must be; the process does not start
├── UsageError             a command was given something it cannot take; nothing was changed
├── DataError              bad data: a record, a file or a request that will not get better by a retry
│   ├── DecodeError        bytes that are no event of ours
│   │   └── UnknownSchemaError  … because a newer podium may have written them
│   ├── DamagedError       a value of the live view that is not as podium writes it
│   ├── PackageError       a problem package or contest package that breaks its format
│   └── RuleError          a scoring rule or a parameter that does not exist
├── ConflictError          the same identity with another body, or a change of something that has changed meanwhile
├── DependencyError        Kafka, Redis, ClickHouse, Docker or the package store did not answer; a retry may succeed
│   ├── ProduceTimeoutError  the broker did not acknowledge in time: the event may or may not be in the log
│   └── UnreadableError    a file of this machine's copy of a package has gone; the copy is to be looked at again
└── JudgeError             the judge itself failed; never a verdict
    └── SandboxError       a container or its runner did not do what it was told
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "ConflictError",
    "DamagedError",
    "DataError",
    "DecodeError",
    "DependencyError",
    "JudgeError",
    "PackageError",
    "PodiumError",
    "ProduceTimeoutError",
    "RuleError",
    "SandboxError",
    "UnknownSchemaError",
    "UnreadableError",
    "UsageError",
]


class PodiumError(Exception):
    """The root of podium's errors; its text says what was wrong, where, and what to do."""


class ConfigError(PodiumError):
    """A setting, a topic or a machine is not as it must be; the process does not start."""


class UsageError(PodiumError):
    """A command was given something it cannot take; nothing was changed."""


class DataError(PodiumError):
    """Bad data: a record, a file or a request that will not get better by a retry."""


class DecodeError(DataError):
    """Bytes that are no event of ours: unknown schema, truncated body, wrong framing."""


class UnknownSchemaError(DecodeError):
    """Bytes whose schema this process has never heard of; a newer podium may have written them."""


class DamagedError(DataError):
    """A value of the live view that is not as podium writes it; a reload makes it anew."""


class PackageError(DataError):
    """A problem package or contest package that breaks its format; the text names file and cause."""


class RuleError(DataError):
    """A scoring rule that does not exist, or a parameter that the rule does not have."""


class ConflictError(PodiumError):
    """The same identity with another body, or a change of something that has changed meanwhile."""


class DependencyError(PodiumError):
    """Kafka, Redis, ClickHouse, Docker or the package store did not answer; a retry may succeed."""


class ProduceTimeoutError(DependencyError):
    """The broker did not acknowledge in time: the event may or may not be in the log."""


class UnreadableError(DependencyError):
    """A file of this machine's copy of a package has gone, or cannot be read; the copy is to be looked at again."""


class JudgeError(PodiumError):
    """The judge itself failed; never a verdict."""


class SandboxError(JudgeError):
    """A container or its runner did not do what it was told."""
