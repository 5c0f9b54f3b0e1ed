"""Statements, samples and attachments out of problem packages: pages, PDF, images, files."""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import quote

from api.statement_html import (
    Link,
    Sample,
    html_html,
    latex_name_html,
    latex_statement_html,
    links_html,
    page,
    plain_html,
    statement_html,
)
from packages.files import DAMAGED
from packages.model import with_constants
from packages.shown import Shown, needed, read_shown
from packages.store import FolderStore, Store, store_of
from schemas.errors import DataError, DependencyError, PackageError
from schemas.settings import Settings

__all__ = ["IMAGES", "Document", "Statements"]

IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
}
MOST_BYTES = 20_000_000
"""Of one file that is shown: larger ones are test data by mistake, or an attack."""
MOST_SAMPLES = 20
SHOWN_BYTES = 100_000
"""Of a sample's text on a page; the whole is in the zip of the samples."""
REMEMBERED_BYTES = 64_000_000
"""Of documents kept in memory: a few contests' problems. A larger one is made again each time."""

_ATTACHMENTS = "attachments/"

T = TypeVar("T")


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

        *base* is the URL of the problem; its images are under `statement/`, its attachments under `attachments/`.

        Raises:
            DataError: when the package has no such file.
            DependencyError: when the store does not give the package.
        """

        def make(archive: zipfile.ZipFile) -> Document:
            content = _read(archive, path)
            if path.endswith(".pdf"):
                return Document("application/pdf", content)
            title = f"{problem['label']} · {problem['name']}"
            name, body = _body(archive, path, content.decode(errors="replace"), f"{base}/statement/")
            heading = f"{escape(problem['label'])} · {name}" if name else ""
            body += links_html("To download", [Link(*one) for one in _downloads(archive, base)])
            return Document("text/html; charset=utf-8", page(title, _limits(problem), body, heading).encode())

        return await self._document((digest, path, base, problem["label"], problem["name"], _limits(problem)), make)

    async def downloads(self, digest: str, base: str) -> list[tuple[str, str]]:
        """What there is to download beside the statement: the samples, then the attachments, by name with their URLs.

        Raises:
            DependencyError: when the store does not give the package.
        """
        return await asyncio.to_thread(self._make, digest, lambda archive: _downloads(archive, base))

    async def zip(self, digest: str) -> Path:
        """Where the package's zip is.

        Raises:
            DependencyError: when the store does not give it.
        """
        path = await asyncio.to_thread(self._zip, digest)
        if not path.is_file():
            raise DependencyError(f"package {digest} is not in the store")
        return path

    async def attachment(self, digest: str, name: str, mime: str) -> Document:
        """A file of the package's attachments, as a file of type *mime*.

        Raises:
            DataError: when there is none of this name.
            DependencyError: when the store does not give the package.
        """
        path = f"{_ATTACHMENTS}{name}"
        return await self._document((digest, path, mime), lambda archive: Document(mime, _read(archive, path)))

    async def samples(self, digest: str) -> Document:
        """The samples as files in a zip.

        Raises:
            DataError: when they are larger than what is shown.
            DependencyError: when the store does not give the package.
        """
        return await self._document((digest, "samples"), lambda archive: Document("application/zip", _packed(archive)))

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

    def _make(self, digest: str, make: Callable[[zipfile.ZipFile], T]) -> T:
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


def _body(archive: zipfile.ZipFile, path: str, text: str, images: str) -> tuple[str, str]:
    """The problem's name where the statement has one of its own, as HTML, and the statement with its samples."""
    with _shown(archive) as shown:
        samples = list(_samples(shown))
        if path.endswith(".md"):
            return "", statement_html(with_constants(text.encode(), shown.constants).decode(), samples, images)
        if path.endswith(".tex"):
            folder = PurePosixPath(path).parent
            beside = {name for name in archive.namelist() if PurePosixPath(name).parent == folder}

            def url(name: str) -> str:
                # LaTeX names a picture with its extension or without
                last = name.rpartition("/")[2]
                found = next((last + end for end in ("", *IMAGES) if f"{folder}/{last}{end}" in beside), last)
                return images + quote(found)

            name = latex_name_html(text, shown.constants)
            return name, latex_statement_html(text, shown.constants, samples, url)
        return "", html_html(text, samples, images) if path.endswith(".html") else plain_html(text, samples)


@contextlib.contextmanager
def _shown(archive: zipfile.ZipFile) -> Iterator[Shown]:
    """What people may see, its files in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="podium-shown-") as folder:
        total = 0
        for name in needed(name for name in archive.namelist() if ".." not in name.split("/")):
            info = archive.getinfo(name)
            total += info.file_size
            if total > MOST_BYTES:
                raise DataError(f"the samples are larger than {MOST_BYTES} bytes")
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(info))
        try:
            yield read_shown(Path(folder))
        except PackageError as error:
            raise DataError(f"the package cannot be read: {error}") from error


def _samples(shown: Shown) -> Iterator[Sample]:
    """The samples as they are shown, the first twenty."""
    for case in shown.samples[:MOST_SAMPLES]:
        files = tuple((name, _text(path)) for name, path in case.files)
        if case.interaction is not None:
            yield Sample(interaction=_text(case.interaction), args=case.args, files=files)
        elif not case.hidden:
            yield Sample(_text(case.shown_input), _text(case.shown_answer), args=case.args, files=files)
    for path in shown.interactions[:MOST_SAMPLES]:
        yield Sample(interaction=_text(path))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(SHOWN_BYTES + 1)
    text = data[:SHOWN_BYTES].decode(errors="replace")
    return text if len(data) <= SHOWN_BYTES else f"{text}\n… (the samples to download have the whole)\n"


def _downloads(archive: zipfile.ZipFile, base: str) -> list[tuple[str, str]]:
    names = sorted(archive.namelist())
    found = [("samples.zip", f"{base}/samples.zip")] if any(name.startswith("data/sample/") for name in names) else []
    for name in names:
        if name.startswith(_ATTACHMENTS):
            inner = name[len(_ATTACHMENTS) :]
            found.append((inner, f"{base}/attachments/{quote(inner)}"))
    return found


def _packed(archive: zipfile.ZipFile) -> bytes:
    """The samples to download: by their names, what stands for input and answer in their place."""
    out = io.BytesIO()
    with _shown(archive) as shown, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for case in shown.samples:
            name = case.name.removeprefix("sample/")
            if case.interaction is not None:
                target.write(case.interaction, f"{name}.interaction")
            files = {".in": case.loaded_input or case.input, ".ans": case.loaded_answer or case.answer}
            for extension, path in {} if case.hidden else files.items():
                target.write(path, f"{name}{extension}")
            for inner, path in case.files:
                target.write(path, f"{name}.files/{inner}")
        for path in shown.interactions:
            target.write(path, path.name)
    return out.getvalue()


def _limits(problem: dict[str, Any]) -> str:
    limits = (("time_limit", "Time limit: {} s"), ("memory_limit", "Memory limit: {} MiB"))
    return " · ".join(text.format(problem[key]) for key, text in limits if problem.get(key))
