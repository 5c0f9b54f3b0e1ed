"""Statements and samples out of problem packages, as pages, PDF or images."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from api.statement_html import Sample, constants_in, page, plain_html, statement_html
from packages.files import DAMAGED
from packages.store import FolderStore, Store, store_of
from schemas.errors import DataError, DependencyError
from schemas.settings import Settings

__all__ = ["IMAGES", "Document", "Statements"]

IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}
MOST_BYTES = 20_000_000
"""Of one file that is shown: larger ones are test data by mistake, or an attack."""
MOST_SAMPLES = 20
REMEMBERED_BYTES = 64_000_000
"""Of documents kept in memory: a few contests' problems. A larger one is made again each time."""


@dataclass(frozen=True, slots=True)
class Document:
    """Something to show, and what it is."""

    mime: str
    content: bytes


class Statements:
    """Reads the store's packages; what was made of one is remembered, since a digest never changes its content."""

    def __init__(self, settings: Settings) -> None:
        self._store: Store = store_of(settings)
        self._folder = settings.home / "api-packages"
        self._made: OrderedDict[tuple[str, ...], Document] = OrderedDict()
        self._bytes = 0

    def folder(self) -> FolderStore | None:
        """The store's folder, if it is one of this machine."""
        return self._store if isinstance(self._store, FolderStore) else None

    async def statement(self, digest: str, path: str, problem: dict[str, Any], base: str) -> Document:
        """The statement of a CLICS *problem* at *path* in the package: PDF as it is, else a page.

        *base* is the URL of the statement, under which its images are.

        Raises:
            DataError: when the package has no such file.
            DependencyError: when the store does not give the package.
        """

        def make(archive: zipfile.ZipFile) -> Document:
            content = _read(archive, path)
            if path.endswith(".pdf"):
                return Document("application/pdf", content)
            text, samples = content.decode(errors="replace"), _samples(archive)
            if path.endswith(".md"):
                body = statement_html(constants_in(text, _constants(archive)), samples, f"{base}/")
            else:
                body = plain_html(text, samples)
            title = f"{problem['label']} · {problem['name']}"
            return Document("text/html; charset=utf-8", page(title, _limits(problem), body).encode())

        return await self._document((digest, path, base, problem["label"], problem["name"], _limits(problem)), make)

    async def image(self, digest: str, statement: str, name: str) -> Document:
        """An image that lies beside the statement.

        Raises:
            DataError: when there is none of this name.
            DependencyError: when the store does not give the package.
        """
        mime = IMAGES.get(PurePosixPath(name).suffix.lower())
        if mime is None or "/" in name:
            raise DataError(f"the statement has no image {name!r}")
        path = str(PurePosixPath(statement).with_name(name))
        return await self._document((digest, path), lambda archive: Document(mime, _read(archive, path)))

    async def _document(self, key: tuple[str, ...], make: Callable[[zipfile.ZipFile], Document]) -> Document:
        made = self._made.get(key)
        if made is None:
            made = await asyncio.to_thread(self._make, key[0], make)
            self._remember(key, made)
        return made

    def _remember(self, key: tuple[str, ...], made: Document) -> None:
        if key in self._made or len(made.content) > REMEMBERED_BYTES:
            return
        self._made[key] = made
        self._bytes += len(made.content)
        while self._bytes > REMEMBERED_BYTES:
            self._bytes -= len(self._made.popitem(last=False)[1].content)

    def _make(self, digest: str, make: Callable[[zipfile.ZipFile], Document]) -> Document:
        try:
            with zipfile.ZipFile(self._zip(digest)) as archive:
                return make(archive)
        except DAMAGED as error:
            raise DependencyError(f"package {digest} cannot be read: {error}") from error

    def _zip(self, digest: str) -> Path:
        if isinstance(self._store, FolderStore):
            return self._store.path(digest)
        target = FolderStore(self._folder).path(digest)
        if not target.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
                self._store.fetch(digest, Path(scratch, "package.zip"))
                Path(scratch, "package.zip").replace(target)
        return target


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise DataError(f"the package has no {name}") from None
    if info.file_size > MOST_BYTES:
        raise DataError(f"{name} is larger than {MOST_BYTES} bytes")
    return archive.read(info)


def _samples(archive: zipfile.ZipFile) -> list[Sample]:
    names = set(archive.namelist())
    bases = sorted({name.partition(".")[0] for name in names if name.startswith("data/sample/") and "." in name})
    found = []
    for base in bases[:MOST_SAMPLES]:

        def text(*suffixes: str, base: str = base) -> str:
            name = next((base + suffix for suffix in suffixes if base + suffix in names), None)
            return "" if name is None else _read(archive, name).decode(errors="replace")

        interaction = text(".interaction")
        given, answer = text(".in.statement", ".in"), text(".ans.statement", ".out", ".ans")
        if interaction or given or answer:
            found.append(Sample(interaction=interaction) if interaction else Sample(given, answer))
    return found


def _constants(archive: zipfile.ZipFile) -> dict[str, object]:
    try:
        found = yaml.safe_load(_read(archive, "problem.yaml"))
    except (DataError, yaml.YAMLError):
        return {}
    constants = found.get("constants") if isinstance(found, dict) else None
    return constants if isinstance(constants, dict) else {}


def _limits(problem: dict[str, Any]) -> str:
    limits = (("time_limit", "Time limit: {} s"), ("memory_limit", "Memory limit: {} MiB"))
    return " · ".join(text.format(problem[key]) for key, text in limits if problem.get(key))
