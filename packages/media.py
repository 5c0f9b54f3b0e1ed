"""Where a contest's pictures, videos and other files are kept by their digest: beside the problem packages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from packages.store import checked, download, placed
from schemas.errors import ConfigError, DependencyError, PackageError
from schemas.settings import Settings

__all__ = ["FolderMedia", "HttpMedia", "MediaStore", "folder_media", "media_of"]

_FOLDER: Final = "media"
_CHUNK: Final = 1 << 20


class FolderMedia:
    """Files by their SHA-256 in a folder of the store."""

    def __init__(self, store: Path) -> None:
        self._folder = store / _FOLDER

    def put(self, digest: str, source: Path) -> None:
        """Keep the file. Idempotent and atomic.

        Raises:
            PackageError: when it is not what its digest says: somebody has changed it since.
        """
        target = self._path(digest)
        if target.is_file():
            return
        found = hashlib.sha256()
        with source.open("rb") as given, placed(target) as file:
            while part := given.read(_CHUNK):
                found.update(part)
                file.write(part)
            if found.hexdigest() != digest:
                raise PackageError(f"{source.name}: was changed while it was read; try again")

    def path(self, digest: str) -> Path:
        """Where the file is.

        Raises:
            DataError: when *digest* is none.
            DependencyError: when the store does not have it.
        """
        found = self._path(digest)
        if not found.is_file():
            raise DependencyError(
                f"file {digest} is not in the store {self._folder}; `podium contest apply` of the contest's package puts it there"
            )
        return found

    def _path(self, digest: str) -> Path:
        return self._folder / checked(digest)


class HttpMedia:
    """Files that another api of podium's gives: GET URL/packages/media/DIGEST with the judges' credential."""

    def __init__(self, url: str, token: str, kept: Path) -> None:
        """*kept* is the folder for copies."""
        self._url, self._token, self._kept = url.rstrip("/"), token, kept

    def path(self, digest: str) -> Path:
        """Where a copy of the file is; it is fetched where there is none.

        Raises:
            DataError: when *digest* is none.
            DependencyError: when the store does not give it, or gives something else.
        """
        target = self._kept / checked(digest)
        if not target.is_file():
            with placed(target) as file:
                download(f"{self._url}/packages/{_FOLDER}/{digest}", self._token, file)
                file.flush()
                with Path(file.name).open("rb") as written:
                    found = hashlib.file_digest(written, "sha256").hexdigest()
                if found != digest:
                    raise DependencyError(f"what was given as file {digest} is {found}")
        return target


MediaStore = FolderMedia | HttpMedia


def media_of(settings: Settings) -> MediaStore:
    """The files of the store that the settings name."""
    place = settings.store_location
    if place.startswith(("http://", "https://")):
        return HttpMedia(place, settings.judge_token, settings.home / "api-media")
    return FolderMedia(Path(place))


def folder_media(settings: Settings) -> FolderMedia:
    """The files of the store that the settings name, to put some there.

    Raises:
        ConfigError: when it is one that only gives.
    """
    found = media_of(settings)
    if not isinstance(found, FolderMedia):
        raise ConfigError(f"PODIUM_STORE: files cannot be put into {settings.store_location}; name a folder")
    return found
