"""Following another system's contest while it runs: what it says into one contest, what we judge into the one beside."""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clics.feeds import Change, Follower, read_feed
from packages.files import unpack_zip
from packages.grading import steps
from packages.model import ProblemPackage
from packages.read import open_package
from packages.store import folder_store
from podium.feeds.append import BY, Appender
from podium.feeds.http import Primary, Waits
from podium.feeds.mirror import mirrored, shadow_id, sources
from podium.package_facts import told_of
from schemas.definition import FileData, Problem
from schemas.errors import DataError, DependencyError, PackageError
from schemas.events import Definition, Event, Submission
from schemas.producer import Producer
from schemas.settings import Settings

__all__ = ["Shadow", "Told", "follow", "packages_in"]

IDLE_S = 1.0
"""A feed that has been quiet for so long has told what belongs together: a definition is not cut in pieces."""

_READ_AHEAD = 1000
"""Lines that are read and not yet appended: a broker that is away holds the feed back."""

_LAST_TRIES = 6
"""How often the files that are still owed are asked for when nothing comes any more: over half a minute to a minute."""


@dataclass(slots=True)
class Told:
    """What came of following: lines, what was appended to each contest, submissions that cannot be judged here, why."""

    lines: int = 0
    said: int = 0
    judged: int = 0
    not_judged: dict[str, str] = field(default_factory=dict)
    ended: bool = False


class Shadow:
    """Takes the changes of a feed. At least once: what both logs have is not appended again.

    A definition waits for the first event behind it that the log lacks, or for `rest`: a feed that is read again from
    its beginning tells all its definitions again, and the log has had the last of them long ago.

    A submission whose files cannot be had just now waits, too: they are asked for again, less and less often.
    """

    def __init__(
        self,
        settings: Settings,
        contest: str,
        producer: Producer,
        *,
        packages: dict[str, Problem],
        fetch: Callable[[dict[str, Any]], bytes],
    ) -> None:
        """*packages*: what they say, by the id or label of their problem; *fetch* brings the file that a reference names."""
        self.told = Told()
        self._theirs = Appender(settings, contest, producer)
        self._ours = Appender(settings, shadow_id(contest), producer)
        self._follower = Follower(contest, by=BY)
        self._packages, self._fetch = packages, fetch
        self._packaged: dict[str, Problem] = {}
        self._definition: Definition | None = None
        self._files: dict[str, list[dict[str, Any]]] = {}
        self._owed: dict[str, Submission] = {}
        self._due = 0.0
        # the feed is read meanwhile: nobody sleeps here
        self._waits = Waits(sleep=lambda _: None)

    def take(self, change: Change) -> None:
        """What the change brings.

        Raises:
            DependencyError: when the broker did not take an event.
        """
        found = change.object
        if change.type == "submissions" and found is not None:
            self._files[change.id] = [one for one in found.get("files") or () if isinstance(one, dict)]
        self._append(self._follower.take(change))
        if change.type == "state" and found is not None and found.get("end_of_updates"):
            self.told.ended = True

    def rest(self) -> bool:
        """Nothing comes for a while: what has waited is appended. Whether files are still owed."""
        self._append(self._follower.flush())
        self._define()
        if self._owed and time.monotonic() >= self._due:
            self._ask_again()
        self._theirs.settle()
        self._ours.settle()
        return bool(self._owed)

    def end(self) -> None:
        """Nothing comes any more. Files that cannot be had now either stay away until the next run."""
        for _ in range(_LAST_TRIES):
            if not self.rest():
                return
            time.sleep(max(0.0, self._due - time.monotonic()))
        self.rest()

    def _ask_again(self) -> None:
        for event in list(self._owed.values()):
            self._give(self._ours, self._mirror(event), "judged")
        if self._owed:
            self._due = time.monotonic() + self._waits.wait()
        else:
            self._waits.over()

    def _append(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Definition):
                self._definition = event
                self._packaged = {one.id: made for one in event.problems if (made := self._package(one)) is not None}
                continue
            for appender, one, count in ((self._theirs, event, "said"), (self._ours, self._mirror(event), "judged")):
                self._give(appender, one, count)

    def _give(self, appender: Appender, one: Event | None, count: str) -> None:
        if one is not None and appender.lacks([one], whole=False)[0]:
            self._define()
            appender.append(one)
            setattr(self.told, count, getattr(self.told, count) + 1)

    def _define(self) -> None:
        definition, self._definition = self._definition, None
        if definition is not None:
            for appender, one in ((self._theirs, definition), (self._ours, mirrored(definition, self._packaged))):
                assert one is not None
                for event in appender.lacks([one], whole=False)[0]:
                    appender.append(event)

    def _mirror(self, event: Event) -> Event | None:
        if not isinstance(event, Submission):
            return mirrored(event, self._packaged)
        self._owed.pop(event.id, None)
        if self._ours.has(event):
            return None
        files, why = self._sources(event)
        one = mirrored(event, self._packaged, files)
        if one is None:
            self.told.not_judged[event.id] = why or f"no language {event.language_id} here"
        else:
            self.told.not_judged.pop(event.id, None)
        return one

    def _sources(self, event: Submission) -> tuple[tuple[FileData, ...], str]:
        if event.problem_id not in self._packaged:
            return (), f"no package of problem {event.problem_id}"
        references = self._files.get(event.id) or []
        if not references:
            return (), "the feed names no files"
        try:
            return sources(self._fetch(references[0])), ""
        except DataError as error:
            return (), str(error)
        except DependencyError as error:
            self._owed[event.id] = event
            return (), str(error)

    def _package(self, problem: Problem) -> Problem | None:
        return self._packages.get(problem.id) or self._packages.get(problem.label)


def packages_in(settings: Settings, folder: Path) -> dict[str, Problem]:
    """The problem packages in a folder, put into the store: what they say, by the name of each folder or zip.

    Raises:
        PackageError: when there is no such folder, or one of them is damaged or says no time limit.
    """
    if not folder.is_dir():
        raise PackageError(f"{folder}: there is no such folder")
    found: dict[str, ProblemPackage] = {}
    errors = []
    with tempfile.TemporaryDirectory(prefix="podium-shadow-") as scratch:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or not (path.is_dir() or path.suffix == ".zip"):
                continue
            name = path.name if path.is_dir() else path.stem
            try:
                found[name] = _opened(path, Path(scratch, name))
            except PackageError as error:
                errors += [f"{path.name}: {line}" for line in str(error).splitlines()]
        if errors:
            raise PackageError("\n".join(errors))
        store = folder_store(settings)
        for package in found.values():
            store.put(package)
        return {name: _problem(name, package) for name, package in found.items()}


def _opened(path: Path, scratch: Path) -> ProblemPackage:
    """The package, which has the name of a problem, and not one that a package may have."""
    if not path.is_dir():
        scratch.mkdir()
        unpack_zip(path, scratch)
    package = open_package(path if path.is_dir() else scratch, "problem")
    if not package.limits.time_limit_ms:
        raise PackageError("states no time limit")
    return package


def _problem(name: str, package: ProblemPackage) -> Problem:
    return Problem(
        id=name,
        label=name,
        name=package.name,
        ordinal=0,
        package=package.digest,
        time_limit_ms=package.limits.time_limit_ms,
        memory_limit_mib=package.limits.memory_mib,
        output_limit_mib=package.limits.output_mib,
        test_data_count=len(steps(package)),
        **told_of(package, name),
    )


def follow(primary: Primary, shadow: Shadow, told: Callable[[Told], None] = lambda _: None) -> Told:
    """Follow the feed until it says that nothing comes any more. What breaks off is completed by the next run.

    Raises:
        UsageError: when the other system refuses.
        DependencyError: when our own broker does not take an event.
    """
    lines = _Lines(primary)
    try:
        for change in read_feed(lines.until_quiet(shadow.rest)).changes():
            shadow.take(change)
            shadow.told.lines = lines.count
            told(shadow.told)
            if shadow.told.ended:
                break
        shadow.end()
    finally:
        lines.close()
    return shadow.told


class _Lines:
    """Lines of a feed, read by a thread of their own: who waits for them can do something else meanwhile."""

    def __init__(self, primary: Primary) -> None:
        self.count = 0
        self._come: queue.Queue[bytes | BaseException] = queue.Queue(_READ_AHEAD)
        self._closed = threading.Event()
        self._primary = primary
        # a daemon: it may wait for a server that says nothing, and nothing depends on its end
        threading.Thread(target=self._read, name="feed", daemon=True).start()

    def until_quiet(self, rest: Callable[[], bool]) -> Iterator[bytes]:
        """The lines as they come; *rest* is called when none has come for a second, and again while it says so."""
        resting = False
        while True:
            try:
                line = self._come.get(timeout=IDLE_S)
            except queue.Empty:
                if not resting:
                    resting = not rest()
                continue
            if isinstance(line, BaseException):
                raise line
            resting = False
            self.count += 1
            yield line

    def close(self) -> None:
        """Read no more."""
        self._closed.set()

    def _read(self) -> None:
        try:
            for line in self._primary.follow():
                if not self._put(line):
                    return
        except BaseException as error:  # told to who waits for the lines
            self._put(error)

    def _put(self, line: bytes | BaseException) -> bool:
        while not self._closed.is_set():
            try:
                self._come.put(line, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
