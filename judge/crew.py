"""Jobs done in several slots at a time, which end soon when nobody wants their results any more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Generic, TypeVar

__all__ = ["Crew", "StoppedError"]

R = TypeVar("R")


class StoppedError(Exception):
    """A job ends because the crew was stopped: nobody reads what would come of it."""


class Crew(Generic[R]):
    """A thread a slot, for as long as `results` is read.

    *interrupted* is called when a Ctrl-C comes meanwhile: it ends what the jobs wait for, which may be long runs.
    """

    def __init__(self, slots: int, interrupted: Callable[[], None] = lambda: None) -> None:
        self._slots, self._interrupted = slots, interrupted
        self._stopped = threading.Event()

    def check(self) -> None:
        """To be called by a job now and then: between two runs of a program.

        Raises:
            StoppedError: when the job should end.
        """
        if self._stopped.is_set():
            raise StoppedError

    def results(self, jobs: Iterable[Callable[[int], R]]) -> Generator[R]:
        """Do the jobs, each with the number of its slot, in order of their start; results come as they are ready.

        Once the iterator is closed, also by an exception where it is read, every thread is joined after its next check.

        Raises:
            BaseException: what a job raised, where the results are read.
        """
        todo: queue.SimpleQueue[Callable[[int], R]] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[R] | BaseException | None] = queue.SimpleQueue()
        for job in jobs:
            todo.put(job)

        def serve(slot: int) -> None:
            try:
                while not self._stopped.is_set():
                    done.put((todo.get_nowait()(slot),))
            except (queue.Empty, StoppedError):
                pass
            except BaseException as error:  # raised where the results are read
                done.put(error)
            finally:
                done.put(None)

        threads = [threading.Thread(target=serve, args=(slot,), name=f"crew-{slot}") for slot in range(self._slots)]
        finished = False
        try:
            for thread in threads:
                thread.start()
            for _ in threads:
                while (result := done.get()) is not None:
                    if isinstance(result, BaseException):
                        raise result
                    yield result[0]
            finished = True
        except KeyboardInterrupt:
            self._stopped.set()
            self._interrupted()
            raise
        finally:
            if not finished:
                self._stopped.set()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
