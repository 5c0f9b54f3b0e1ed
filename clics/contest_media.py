"""The pictures, videos and other files of a contest package.

They are those that its JSON refers to, and those that lie there under their usual names (Contest Package Format, *File
references*).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from clics.contest_files import text
from clics.images import image_of
from schemas.definition import Media
from schemas.errors import DataError

__all__ = ["PROPERTIES", "MediaFiles", "Reference", "references"]

MOST_IMAGE = 10_000_000
"""Bytes of one image: a photograph in full resolution fits. Everybody who looks at the page gets it."""
MOST_OTHER = 1_000_000_000
"""Bytes of a video or a backup."""
MOST_SIDE = 30_000
"""Pixels of one side: browsers draw no larger ones."""

_PLAYLIST = "application/vnd.apple.mpegurl"
_IMAGES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "svg": "image/svg+xml"}
_VIDEOS = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "flv": "video/x-flv",
    "ts": "video/mp2t",
    "m2ts": "video/mp2t",
    "m3u8": _PLAYLIST,
}
_SOUNDS = {
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "flac": "audio/flac",
    **_VIDEOS,
}
_TEXTS = {"txt": "text/plain", "log": "text/plain"}

PROPERTIES: dict[str, dict[str, dict[str, str]]] = {
    "contest": {"banner": _IMAGES, "logo": _IMAGES},
    "organizations": {"logo": _IMAGES, "country_flag": _IMAGES, "country_subdivision_flag": _IMAGES},
    "teams": {
        "photo": _IMAGES,
        "video": _VIDEOS,
        "backup": {"zip": "application/zip"},
        "key_log": _TEXTS,
        "tool_data": _TEXTS,
        "desktop": _VIDEOS,
        "webcam": _VIDEOS,
        "audio": _SOUNDS,
    },
    "persons": {"photo": _IMAGES},
}
"""The properties of each type that are files, each with the MIME types that it takes, by the endings of their files."""

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reference, or a file's name, says of a file; None and nothing where it does not."""

    filename: str
    href: str | None = None
    mime: str | None = None
    hash: str | None = None
    width: int | None = None
    height: int | None = None
    tags: tuple[str, ...] = ()


def references(value: Any) -> list[Reference]:
    """A list of file references, as the Contest API has them.

    Raises:
        DataError: saying what is wrong with one.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise DataError(f"expected a list of file references, got {value!r}")
    return [_reference(one) for one in value]


def _reference(one: Mapping[str, Any]) -> Reference:
    href = None if one.get("href") is None else text(one["href"])
    filename = one.get("filename") or unquote(urlsplit(href or "").path.rpartition("/")[2])
    tags = one.get("tag") or []
    if not isinstance(tags, list):
        raise DataError(f"tag: expected a list of texts, got {tags!r}")
    return Reference(
        filename=_name(text(filename)),
        href=href,
        mime=None if one.get("mime") is None else text(one["mime"]),
        hash=None if one.get("hash") is None else text(one["hash"]),
        width=_pixels(one.get("width")),
        height=_pixels(one.get("height")),
        tags=tuple(text(tag) for tag in tags),
    )


def _name(filename: str) -> str:
    if not filename or filename in (".", "..") or "/" in filename or len(filename) > 255 or not filename.isprintable():
        raise DataError(f"filename: expected the name of a file without a folder, got {filename!r}")
    return filename


def _pixels(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_SIDE):
        raise DataError(f"width, height: expected a number of pixels, at most {MOST_SIDE}, got {value!r}")
    return value


@dataclass(slots=True)
class MediaFiles:
    """Reads the files of a package; what is wrong is noted. `paths` are those that belong into the store, by digest."""

    root: Path
    errors: list[str]
    warnings: list[str]
    paths: dict[str, Path] = field(default_factory=dict)

    def of(self, type_: str, id_: str, said: Mapping[str, list[Reference]]) -> tuple[Media, ...]:
        """The files of one object: those that its references name, in their order, then those with usual names."""
        kinds = PROPERTIES[type_]
        folder = f"{type_}/{id_}" if type_ != "contest" else type_
        found: dict[str, Media] = {}
        told = [(name, one) for name in kinds for one in said.get(name) or ()]
        for name, named in [*told, *self._usual(type_, folder, {one.filename for _, one in told})]:
            where = f"{folder}/{named.filename}"
            if named.filename in found:
                self.errors.append(f"{where}: is referred to twice: each file of an object needs a name of its own")
                continue
            try:
                found[named.filename] = self._media(name, kinds[name], where, named)
            except DataError as error:
                self.errors.append(f"{where}: {name}: {error}")
        return tuple(found.values())

    def passed_over(self, type_: str, ids: set[str]) -> None:
        """Warn of folders of objects that there are none of."""
        folder = self.root / type_
        for one in sorted(folder.iterdir()) if folder.is_dir() else ():
            if one.is_dir() and one.name not in ids:
                self.warnings.append(f"{type_}/{one.name}: is not used: {type_} has no {one.name!r}")

    def _usual(self, type_: str, folder: str, told: set[str]) -> Iterator[tuple[str, Reference]]:
        """The files that are named after a property, `logo.dark.56x56.png`, and that no reference tells of."""
        place = self.root / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            name, *tags, ending = path.name.split(".") if "." in path.name else (path.name, "")
            if path.name in told or path.name.startswith(".") or not path.is_file():
                continue
            kinds = PROPERTIES[type_].get(name)
            if kinds is None or not path.name.isprintable():
                self.warnings.append(f"{folder}/{path.name}: is not used: it is named after no property of {type_}")
            elif ending.lower() not in kinds:
                self.errors.append(f"{folder}/{path.name}: {name}: {_takes(kinds)}: convert it, or take it away")
            else:
                sizes = [found for tag in tags if (found := _SIZE.fullmatch(tag))]
                width, height = (int(sizes[0][1]), int(sizes[0][2])) if sizes else (None, None)
                more = tuple(tag for tag in tags if not _SIZE.fullmatch(tag))
                yield name, Reference(path.name, width=width or None, height=height or None, tags=more)

    def _media(self, name: str, kinds: Mapping[str, str], where: str, said: Reference) -> Media:
        path = self.root / where
        if not path.is_file():
            return _elsewhere(name, kinds, said)
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise DataError("is a symbolic link that leads out of the package")
        try:
            found = _read(name, kinds, path, said)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}") from error
        if said.width and said.height and (said.width, said.height) != (found.width, found.height):
            self.warnings.append(
                f"{where}: is {found.width}x{found.height} pixels, not {said.width}x{said.height} as its name or reference says"
            )
        if said.hash and said.hash.lower() != found.hash:
            self.warnings.append(f"{where}: its MD5 is {found.hash}, not {said.hash} as its reference says")
        self.paths[found.digest] = path
        return found


def _elsewhere(name: str, kinds: Mapping[str, str], said: Reference) -> Media:
    """A file that the package does not have: its URL is kept."""
    if said.href is None or urlsplit(said.href).scheme not in ("http", "https"):
        raise DataError("the package has no such file: put it there, or give its URL (http or https) as href")
    mime = said.mime or kinds.get(said.filename.rpartition(".")[2].lower())
    if mime is None or not _fits(mime, kinds):
        raise DataError(f"mime: {_takes(kinds)}")
    if kinds is _IMAGES and not (said.width and said.height):
        raise DataError("the package has no such file, so its reference needs width and height")
    return Media(
        name,
        said.filename,
        mime,
        href=said.href,
        hash=said.hash,
        width=said.width,
        height=said.height,
        tags=said.tags,
    )


def _read(name: str, kinds: Mapping[str, str], path: Path, said: Reference) -> Media:
    size = path.stat().st_size
    most = MOST_IMAGE if kinds is _IMAGES else MOST_OTHER
    if not 0 < size <= most:
        raise DataError(f"has {size} bytes: it needs some, and at most {most}: make it smaller")
    ending = path.name.rpartition(".")[2].lower()
    mime = said.mime or kinds.get(ending)
    width = height = None
    if kinds is _IMAGES:
        image = image_of(path.read_bytes())
        if image.mime != (mime or image.mime) or image.mime != kinds.get(ending, image.mime):
            raise DataError(f"is {image.mime}, not what its name or reference says: name it for what it is")
        mime, width, height = image.mime, image.width or said.width, image.height or said.height
        if width is None or height is None:
            raise DataError("has no size: give it a viewBox, or say width and height in its reference or its name")
        if max(width, height) > MOST_SIDE:
            raise DataError(f"is {width}x{height} pixels, more than {MOST_SIDE}: scale it down")
    if mime is None or not _fits(mime, kinds):
        raise DataError(_takes(kinds))
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            sha256.update(part)
            md5.update(part)
    digests = {"digest": sha256.hexdigest(), "hash": md5.hexdigest()}
    return Media(name, path.name, mime, **digests, size=size, width=width, height=height, tags=said.tags)


def _fits(mime: str, kinds: Mapping[str, str]) -> bool:
    """Whether a property with these kinds takes a file of this type: of videos and sounds any."""
    if mime in kinds.values():
        return True
    families = {kind.partition("/")[0] for kind in kinds.values()} & {"video", "audio"}
    return re.fullmatch(r"(video|audio)/[a-zA-Z0-9.+-]{1,60}", mime) is not None and mime.partition("/")[0] in families


def _takes(kinds: Mapping[str, str]) -> str:
    return f"takes {', '.join(kinds)}"
