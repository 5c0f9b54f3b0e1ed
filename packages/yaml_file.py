"""A package's YAML files: strict (no key twice, nothing unknown), each error with its file, key and line."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import yaml

from packages.files import PackageFiles
from packages.findings import Findings
from packages.model import with_constants

__all__ = ["Keys", "load_yaml", "read_text"]

_MAX_BYTES: Final = 1 << 20
"""A configuration file is small; a larger one is a mistake or an attack on the parser."""

T = TypeVar("T")
D = TypeVar("D")


class _Map(dict[Any, Any]):
    """A map that knows, for each key, its line (from 1) and, of a scalar, how it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}
        self.written: dict[Any, str] = {}


class _Sequence(list[Any]):
    """A sequence that knows how its scalars were written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []


class _Shown(reprlib.Repr):
    """A value in a message: short, even where aliases make it endless."""

    def repr_instance(self, x: Any, level: int) -> str:
        if isinstance(x, dict):
            return self.repr_dict(x, level)
        return self.repr_list(x, level) if isinstance(x, list) else super().repr_instance(x, level)


_SHOWN: Final = _Shown()


class _Loader(yaml.SafeLoader):
    """Safe; dates stay strings, 1e-6 is a number, and a key may stand only once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = getattr(key, "value", None)
            if isinstance(name, str) and name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r} stands twice", key.start_mark)
            seen.add(name if isinstance(name, str) else id(key))
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def _float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


def _map(loader: _Loader, node: yaml.MappingNode) -> Iterator[_Map]:
    """Made before what is in it, as an alias inside may name it."""
    made = _Map()
    yield made
    made.update(loader.construct_mapping(node))
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node)
        made.lines[key] = key_node.start_mark.line + 1
        if isinstance(value_node, yaml.ScalarNode):
            made.written[key] = value_node.value


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> Iterator[_Sequence]:
    made = _Sequence()
    yield made
    made.extend(loader.construct_sequence(node))
    made.written = [one.value if isinstance(one, yaml.ScalarNode) else "" for one in node.value]


_Loader.add_constructor("tag:yaml.org,2002:float", _float)
_Loader.add_constructor("tag:yaml.org,2002:map", _map)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def read_text(files: PackageFiles, name: str, findings: Findings) -> str | None:
    """A text file of the package as the format wants it: UTF-8, no byte-order mark, LF. None after an error."""
    path = files.path(name)
    if path.stat().st_size > _MAX_BYTES:
        findings.error(name, f"is longer than {_MAX_BYTES} bytes")
        return None
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        findings.error(name, "begins with a byte-order mark")
        return None
    if b"\r" in data:
        findings.error(name, "has carriage returns; line ends must be LF alone")
        return None
    if data and not data.endswith(b"\n"):
        findings.warn(name, "does not end with a line end")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        findings.error(name, f"is not UTF-8: byte {error.start}")
        return None


def load_yaml(files: PackageFiles, name: str, findings: Findings, constants: Mapping[str, str] | None = None) -> Keys:
    """The keys of a YAML file that holds a map; none after an error. *constants* are replaced before it is read."""
    content: Any = None
    source = read_text(files, name, findings)
    if source is not None:
        try:
            content = yaml.load(with_constants(source.encode(), constants or {}), _Loader)  # noqa: S506 - a SafeLoader
        except yaml.MarkedYAMLError as error:
            line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
            findings.error(name, f"{line}{error.problem or error.context}")
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            findings.error(name, f"not YAML: {error}")
        else:
            if content is not None and not isinstance(content, dict):
                findings.error(name, "must be a map of keys")
                content = None
    return Keys(findings, name, content or {})


class Keys:
    """The keys of one map, taken one after the other; what is left at the end is unknown."""

    def __init__(self, findings: Findings, file: str, content: Mapping[Any, Any], prefix: str = "") -> None:
        self._findings, self.file, self._prefix = findings, file, prefix
        self._left = dict(content)
        self._lines: Mapping[Any, int] = getattr(content, "lines", {})
        self._written: Mapping[Any, str] = getattr(content, "written", {})

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def error(self, key: str, cause: str) -> None:
        """Say what is wrong with a key, and where it stands."""
        self._findings.error(self.file, self._said(key, cause))

    def warn(self, key: str, cause: str) -> None:
        """Tell what has no effect, or should be otherwise."""
        self._findings.warn(self.file, self._said(key, cause))

    def unsupported(self, key: str, what: str) -> None:
        """Refuse what the format knows and podium does not."""
        self.error(key, f"{what} not supported")

    def _said(self, key: str, cause: str) -> str:
        line = self._lines.get(key)
        return f"{self._prefix}{key}: {cause}" + (f" (line {line})" if line else "")

    def take(self, key: str, kind: Callable[[Any], T], default: D) -> T | D:
        """The value of a key, by one of the kinds of `packages.kinds` or the caller's own; the default where it is not given or wrong."""
        if key not in self._left:
            return default
        value = self._left.pop(key)
        try:
            return kind(value)
        except ValueError as error:
            self.error(key, f"{error}, not {_SHOWN.repr(value)}")
            return default

    def raw(self, key: str) -> Any:
        """The value of a key as it stands; None where it is not given."""
        return self._left.pop(key, None)

    def written(self, key: str) -> str:
        """How the scalar of a key was written; it is not taken."""
        return self._written.get(key, "")

    def holds_map(self, key: str) -> bool:
        """Whether the value of a key is a map."""
        return isinstance(self._left.get(key), dict)

    def left(self) -> list[str]:
        """The keys that have not been taken."""
        return [str(key) for key in self._left]

    def map(self, key: str) -> Keys:
        """The keys of a map inside; none where it is not given or wrong."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            self.error(key, f"must be a map, not {_SHOWN.repr(value)}")
            value = {}
        return Keys(self._findings, self.file, value, f"{self._prefix}{key}.")

    def maps(self) -> list[tuple[str, Keys]]:
        """What is left, each a map by its name."""
        return [(str(key), self.map(key)) for key in list(self._left)]

    def drop_empty(self, *, texts_too: bool = True) -> None:
        """Take keys without a value for keys that are not given, as the templates of the legacy formats have them.

        *texts_too*: empty strings as well, where they say no more.
        """
        empty = (None, "") if texts_too else (None,)
        self._left = {key: value for key, value in self._left.items() if value not in empty}

    def done(self, *, what: str = "is no key of the format") -> None:
        """Every key has been taken; others are errors."""
        for key in self._left:
            self.error(key, what)

    def pass_over(self) -> None:
        """Every key has been taken that matters; others are told and change nothing."""
        for key in self._left:
            self.warn(key, "is passed over: it is no key of the format")
