"""Where problem packages are kept by their digest: a folder, or podium's api over HTTP; and each judge's own copies."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Protocol

import httpx

from packages.files import PackageFiles, unpack_zip, write_zip
from packages.findings import Findings
from packages.model import ProblemPackage
from packages.read import open_package
from schemas.errors import ConfigError, DataError, DependencyError, PackageError, UsageError
from schemas.settings import Settings

__all__ = [
    "FolderStore",
    "HttpStore",
    "KeptLimit",
    "PackageCache",
    "Store",
    "checked",
    "download",
    "folder_store",
    "placed",
    "store_of",
]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BEGINNING: Final = re.compile(r"[0-9a-f]{6,64}")
"""What may be the beginning of a digest: fewer characters are too likely a slip."""
_TIMEOUT: Final = httpx.Timeout(30.0, read=300.0)
"""A package may be gigabytes, but something comes every few minutes."""


_Marks = dict[str, tuple[int, int]]
"""Size and time of each file of a folder."""


class Store(Protocol):
    """Gives the zip of a package."""

    def fetch(self, digest: str, target: Path) -> None:
        """Put the package's zip at *target*.

        Raises:
            DataError: when *digest* is none.
            DependencyError: when the store does not answer or does not have it; it may have it later.
        """


@dataclass(frozen=True, slots=True)
class KeptLimit:
    """The time limit that was measured for a package, or that it states and its submissions were held against.

    `because` names the slowest of them. Of the `bounding` submissions only `judged` were: the languages of the others were
    not there, or they are left to a person.
    """

    time_limit_ms: int
    because: str
    judged: int
    bounding: int

    @property
    def lacking(self) -> str:
        """That not all of its submissions were judged; nothing where all were."""
        if self.judged == self.bounding:
            return ""
        return f"only {self.judged} of the {self.bounding} submissions that bound its time limit were judged"


def checked(digest: str) -> str:
    """The digest, if it is one.

    Raises:
        DataError: otherwise.
    """
    if not _DIGEST.fullmatch(digest):
        raise DataError(f"{digest!r} is no digest of a package or a file")
    return digest


@contextlib.contextmanager
def placed(target: Path) -> Iterator[IO[bytes]]:
    """A file to write, which is at *target* afterwards, whole or not at all, whatever happens to the machine."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
        new = Path(scratch, "new")
        with new.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class FolderStore:
    """Packages as `DIGEST.zip` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, package: ProblemPackage) -> str:
        """Keep the package. Idempotent and atomic. Returns its digest."""
        target = self.path(package.digest)
        if not zipfile.is_zipfile(target):  # a truncated one is replaced
            with placed(target) as file:
                write_zip(PackageFiles(package.root, Findings(package.short_name)), file)
        return package.digest

    def keep_limit(self, digest: str, limit: KeptLimit) -> None:
        """Keep what was judged of a package's time limit beside it. Atomic; replaces an earlier one."""
        with placed(self._limit_path(digest)) as file:
            file.write(json.dumps(asdict(limit)).encode())

    def kept_limit(self, digest: str) -> KeptLimit | None:
        """What is kept of a package's time limit beside it; None where nothing of it was judged.

        Raises:
            DataError: when *digest* is none, or the file is damaged.
        """
        path = self._limit_path(digest)
        try:
            said = json.loads(path.read_bytes())
            limit = KeptLimit(
                int(said["time_limit_ms"]), str(said["because"]), int(said["judged"]), int(said["bounding"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}: is no record of a time limit; `podium problem add --measure` makes it anew"
            ) from error
        return limit

    def _limit_path(self, digest: str) -> Path:
        return self._folder / f"{checked(digest)}.limit.json"

    def path(self, digest: str) -> Path:
        """Where the zip of a package is, or would be.

        Raises:
            DataError: when *digest* is none.
        """
        return self._folder / f"{checked(digest)}.zip"

    def digests(self) -> list[str]:
        """The packages that are kept."""
        return sorted(p.stem for p in self._folder.glob("*.zip") if _DIGEST.fullmatch(p.stem))

    def find(self, beginning: str) -> str | None:
        """The digest of the one package that is kept whose digest begins so; None where there is none.

        Raises:
            UsageError: when there are several.
        """
        found = [one for one in self.digests() if one.startswith(beginning)] if _BEGINNING.fullmatch(beginning) else []
        if len(found) > 1:
            raise UsageError(f"{beginning} begins {len(found)} digests in the store; give more of it")
        return found[0] if found else None

    def fetch(self, digest: str, target: Path) -> None:
        """See Store."""
        try:
            shutil.copyfile(self.path(digest), target)
        except FileNotFoundError:
            raise DependencyError(
                f"package {digest} is not in the store {self._folder}; `podium problem add` puts it there"
            ) from None
        except OSError as error:
            raise DependencyError(f"package {digest}: the store {self._folder} cannot be read: {error}") from error


class HttpStore:
    """Packages that podium's api gives to judges: GET URL/packages/DIGEST with the judges' credential."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url.rstrip("/"), token

    def fetch(self, digest: str, target: Path) -> None:
        """See Store."""
        with target.open("wb") as file:
            download(f"{self._url}/packages/{checked(digest)}", self._token, file)


def download(url: str, token: str, file: IO[bytes]) -> None:
    """Write what podium's api gives at this URL to whoever has a judge's credential.

    Raises:
        DependencyError: when it does not.
    """
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.stream("GET", url, headers=headers, timeout=_TIMEOUT) as answer:
            if answer.status_code != 200:
                raise DependencyError(f"{url}: {answer.status_code} {answer.reason_phrase}")
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


def folder_store(settings: Settings) -> FolderStore:
    """The store that the settings name, to put packages into.

    Raises:
        ConfigError: when it is one that only gives packages.
    """
    store = store_of(settings)
    if not isinstance(store, FolderStore):
        raise ConfigError(f"PODIUM_STORE: packages cannot be put into {settings.store_location}; name a folder")
    return store


class PackageCache:
    """A judge's unpacked packages by digest. Safe in threads: a package is fetched once, and others do not wait for it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._packages: dict[str, ProblemPackage] = {}
        self._marks: dict[str, _Marks] = {}
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def get(self, digest: str) -> ProblemPackage:
        """The package, fetched where it is not here yet, and its content checked against the digest.

        Atomic: a killed judge leaves no half package.

        Raises:
            DataError: when *digest* is none.
            PackageError: when this judge cannot use the package.
            DependencyError: when the store cannot give it, or gives something else, or there is no room for it here.
        """
        home = self._folder / checked(digest)
        with self._lock_of(digest):
            package = self._packages.get(digest)
            if package is None:
                try:
                    package = self._packages[digest] = self._open(home, digest)
                    self._marks[digest] = _marks(home)
                except OSError as error:
                    raise DependencyError(f"package {digest} cannot be kept in {self._folder}: {error}") from error
            return package

    def holds(self, digest: str) -> bool:
        """Whether this judge's copy is here, its files as they were when it was opened, by their sizes and times.

        One that is not as it was is forgotten.
        """
        with self._lock_of(digest):
            if digest in self._packages and _marks(self._folder / digest) == self._marks.get(digest):
                return True
            self._packages.pop(digest, None)
            return False

    def forget(self, digest: str) -> None:
        """Look at this judge's copy again, and fetch it anew where it is damaged, when it is next asked for."""
        with self._lock_of(digest):
            self._packages.pop(digest, None)

    def _lock_of(self, digest: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(digest, threading.Lock())

    def _open(self, home: Path, digest: str) -> ProblemPackage:
        if home.exists():
            with contextlib.suppress(DependencyError, PackageError, OSError):  # damaged here: fetched anew
                return _opened(home, digest)
        self._bring(digest, home)
        return _opened(home, digest)

    def _bring(self, digest: str, home: Path) -> None:
        shutil.rmtree(home, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-", ignore_cleanup_errors=True) as scratch:
            archive, content = Path(scratch, "package.zip"), Path(scratch, "content")
            self._store.fetch(digest, archive)
            content.mkdir()
            try:
                unpack_zip(archive, content)
            except PackageError as error:
                raise DependencyError(f"the store gave no package for {digest}: {error}") from error
            content.rename(home)


def _marks(home: Path) -> _Marks:
    found = {}
    for folder, _, names in os.walk(home):
        for name in names:
            with contextlib.suppress(OSError):  # one that has gone is not there
                status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - thousands of them: a string is cheaper
                found[f"{folder}/{name}"] = (status.st_size, status.st_mtime_ns)
    return found


def _opened(home: Path, digest: str) -> ProblemPackage:
    package = open_package(home, digest[:12])
    if package.digest != digest:
        raise DependencyError(f"what was given as package {digest} is {package.digest}")
    return package
