"""The audit tells of refused doors; who has many refused does not fill it, nor the producer that submissions take."""

from concurrent.futures import Future

from api import audit
from api.audit import Audit
from schemas.clock import Clock


class Kept:
    """A producer that keeps what it is given."""

    def __init__(self):
        self.entries = []

    def send(self, _, key, entry):
        self.entries.append(entry)
        done = Future()
        done.set_result(0)
        return done


def test_refusals_have_a_bound_for_one_address_and_for_all(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(audit.time, "monotonic", lambda: now)
    kept = Kept()
    written = Audit(kept, Clock(), "api")
    for number in range(1000):
        written.refused("", "1.1.1.1", "login", f"/{number}", 401, "there is no such token")
    assert len(kept.entries) == audit.REFUSALS
    for number in range(5000):
        written.refused("", f"2.2.{number // 256}.{number % 256}", "login", "/", 401, "no")
    assert len(kept.entries) == audit.ALL_REFUSALS
    written.write("somebody", "1.1.1.1", "submit", "c/s", 201)
    assert len(kept.entries) == audit.ALL_REFUSALS + 1, "what was written is always told"
    now += 61
    written.refused("", "1.1.1.1", "login", "/", 401, "no")
    assert len(kept.entries) == audit.ALL_REFUSALS + 3
    assert kept.entries[-2].detail == "4800 more were refused within a minute"
