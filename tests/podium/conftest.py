"""What the tests of the command line share."""

import pytest


@pytest.fixture
def cluster(settings, kafka, monkeypatch):
    """The settings of a podium with a log and nothing else; the command line runs with them."""
    found = settings.model_copy(update={"kafka": kafka, "redis": "redis://127.0.0.1:1/0"})
    for name, value in (("HOME", found.home), ("KAFKA", kafka), ("REDIS", found.redis)):
        monkeypatch.setenv(f"PODIUM_{name}", str(value))
    monkeypatch.setenv("COLUMNS", "200")
    return found
