"""Where problem packages are kept by their digest: a folder, or podium's api over HTTP; and each judge's own copies."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Protocol

import httpx

from packages.content import digest_of, pack, unpack
from packages.model import ProblemPackage
from packages.read import read_package
from schemas.errors import DataError, DependencyError
from schemas.settings import Settings

__all__ = ["FolderStore", "HttpStore", "PackageCache", "Store", "store_of"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIMEOUT = httpx.Timeout(30.0, read=300.0)
"""A package may be gigabytes, but something comes every few minutes."""


class Store(Protocol):
    """Gives the zip of a package."""

    def fetch(self, digest: str, target: Path) -> None:
        """Put the package's zip at *target*.

        Raises:
            DependencyError: when the store does not answer or does not have it; it may have it later.
        """


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise DataError(f"{digest!r} is no digest of a package")
    return digest


class FolderStore:
    """Packages as `DIGEST.zip` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, package: ProblemPackage) -> str:
        """Keep the package. Idempotent and atomic. Returns its digest."""
        target = self.path(package.digest)
        if not target.exists():
            pack(package.root, target)
        return package.digest

    def path(self, digest: str) -> Path:
        """Where the zip of a package is, or would be.

        Raises:
            DataError: when *digest* is none.
        """
        return self._folder / f"{_checked(digest)}.zip"

    def digests(self) -> list[str]:
        """The packages that are kept."""
        return sorted(p.stem for p in self._folder.glob("*.zip") if _DIGEST.fullmatch(p.stem))

    def fetch(self, digest: str, target: Path) -> None:
        """See Store."""
        source = self.path(digest)
        if not source.exists():
            raise DependencyError(
                f"package {digest} is not in the store {self._folder}; `podium problem add` puts it there"
            )
        shutil.copyfile(source, target)


class HttpStore:
    """Packages that podium's api gives to judges: GET URL/packages/DIGEST with the judges' credential."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url.rstrip("/"), token

    def fetch(self, digest: str, target: Path) -> None:
        """See Store."""
        url = f"{self._url}/packages/{_checked(digest)}"
        try:
            with (
                httpx.stream(
                    "GET", url, headers={"Authorization": f"Bearer {self._token}"}, timeout=_TIMEOUT
                ) as answer,
                target.open("wb") as file,
            ):
                if answer.status_code != 200:
                    raise DependencyError(f"{url}: {answer.status_code}")
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise DependencyError(f"{url}: {error or type(error).__name__}") from error


def store_of(settings: Settings) -> Store:
    """The store that the settings name."""
    place = settings.store_location
    if place.startswith(("http://", "https://")):
        return HttpStore(place, settings.judge_token)
    return FolderStore(Path(place))


class PackageCache:
    """A judge's unpacked packages by digest. Safe in threads: a package is fetched once."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._packages: dict[str, ProblemPackage] = {}
        self._lock = threading.Lock()

    def get(self, digest: str) -> ProblemPackage:
        """The package, fetched and checked where it is not here yet. Atomic: a killed judge leaves no half package.

        Raises:
            DependencyError: when the store cannot give it, or gives something else.
        """
        with self._lock:
            if digest not in self._packages:
                home = self._folder / _checked(digest)
                if not home.exists():
                    self._bring(digest, home)
                self._packages[digest] = read_package(home)
            return self._packages[digest]

    def _bring(self, digest: str, home: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-", ignore_cleanup_errors=True) as scratch:
            archive, content = Path(scratch, "package.zip"), Path(scratch, "content")
            self._store.fetch(digest, archive)
            content.mkdir()
            unpack(archive, content)
            if (found := digest_of(content)) != digest:
                raise DependencyError(f"the store gave package {found} for {digest}")
            content.rename(home)
