import pytest

from tests.conftest import free_port_base
from tests.history.process import HistoryProcess


@pytest.fixture(scope="session")
def history_server(tmp_path_factory):
    """A running history of this session's own."""
    server = HistoryProcess(tmp_path_factory.mktemp("history") / "home", free_port_base() + 23).start()
    yield server
    assert server.stop() == 0


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
