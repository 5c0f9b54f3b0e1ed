import pytest


@pytest.fixture
def client(history_server):
    """The jury's client."""
    with history_server.client() as client:
        yield client


@pytest.fixture
def analyst(history_server):
    """An analyst's client."""
    with history_server.client("analyst") as client:
        yield client
