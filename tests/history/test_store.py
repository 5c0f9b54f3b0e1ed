"""The store belongs to one process, and what it acknowledged survives kill -9."""

import random
import subprocess
import sys
import threading

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from history.access import Users
from history.confine import abi_version
from history.tables import apply, make
from schemas.errors import ConfigError
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.history.process import HistoryProcess
from tests.wait import until


def test_a_second_process_is_told_that_the_store_is_in_use(history_server):
    second = HistoryProcess(history_server.home, free_port_base() + 23)
    assert "history store is in use" in second.refusal()


def test_a_port_that_is_taken_is_named(history_server, tmp_path):
    assert str(history_server.port) in HistoryProcess(tmp_path / "home", history_server.port).refusal()


def test_tables_of_another_version_are_made_anew(tmp_path):
    server = HistoryProcess(tmp_path / "home", free_port_base() + 23).start()
    with server.client() as client:
        insert = "INSERT INTO sink_offsets (topic, partition, next_position) VALUES ('log', 3, 7)"
        client.command(insert)
        apply(client)
        assert client.query("SELECT max(next_position) FROM sink_offsets").first_row == (7,)
        client.command("ALTER TABLE sink_offsets MODIFY COMMENT 'of another version'")
        client.command("ALTER TABLE teams DROP COLUMN tie_key")
    assert server.stop() == 0
    with server.start().client() as client:
        assert client.query("SELECT max(next_position) FROM sink_offsets").first_row == (0,)
        client.query("SELECT tie_key FROM teams")
        client.command(insert)
    assert server.stop() == 0
    with server.start().client() as client:
        assert client.query("SELECT max(next_position) FROM sink_offsets").first_row == (7,)
    server.stop()


def test_views_are_made_once_and_again_where_one_is_missing_or_of_another_version(client):
    asked = []

    def ask(sql):
        asked.append(sql)
        return client.raw_query(sql, use_database=False).decode()

    def made() -> list[str]:
        asked.clear()
        make(ask, rebuild=False)
        return [sql.split()[4] for sql in asked if sql.startswith("CREATE OR REPLACE VIEW")]

    assert made() == []
    client.command("DROP VIEW podium_public.groups")
    assert made()[-1] == "podium.views"
    client.query("SELECT * FROM podium_public.groups LIMIT 0")
    client.command("CREATE OR REPLACE VIEW podium.views AS SELECT 'another' AS version")
    assert "podium.terms" in made()
    assert made() == []


def test_what_the_engine_keeps_of_what_it_was_asked_is_bounded(client):
    kept = ("mark", "index_mark", "uncompressed", "index_uncompressed", "query_condition", "compiled_expression")
    asked = "SELECT name, toUInt64(value) FROM system.server_settings WHERE has({names:Array(String)}, name)"
    sizes = dict(client.query(asked, parameters={"names": [f"{name}_cache_size" for name in kept]}).result_rows)
    assert len(sizes) == len(kept)
    assert sum(sizes.values()) <= 100 << 20, sizes


def kills(tmp_path, times: int) -> None:
    """Batches are written while the history is killed so many times; then it is stopped in order."""
    server = HistoryProcess(tmp_path / "home", free_port_base() + 23).start()
    with server.client() as client:
        client.command("CREATE TABLE t (batch UInt64, n UInt64) ENGINE = MergeTree ORDER BY (batch, n)")
    acknowledged: list[int] = []
    tried = 0
    for _ in range(times):
        stopped = threading.Event()

        def write(stopped: threading.Event = stopped) -> None:
            nonlocal tried
            with server.client() as client:
                while not stopped.is_set():
                    tried += 1
                    batch = tried
                    try:
                        client.insert("t", [[batch, n] for n in range(500)], column_names=["batch", "n"])
                    except ClickHouseError:
                        return
                    acknowledged.append(batch)

        writer = threading.Thread(target=write)
        before = len(acknowledged)
        writer.start()
        until(lambda before=before: len(acknowledged) > before + random.randint(1, 20), 30, "batches are acknowledged")
        server.kill()
        stopped.set()
        writer.join()
        server.start()
        found = batches(server)
        assert set(acknowledged) <= set(found), "an acknowledged batch is lost"
        assert set(found.values()) == {500}, "a batch is there in part"
    assert server.stop() == 0
    assert batches(server.start()) == found
    server.stop()


def batches(server: HistoryProcess) -> dict[int, int]:
    """Rows by batch."""
    with server.client() as client:
        return dict(client.query("SELECT batch, count() FROM t GROUP BY batch").result_rows)


def test_neither_kill_9_nor_a_stop_loses_what_was_acknowledged(tmp_path):
    kills(tmp_path, 2)


@pytest.mark.long
@pytest.mark.timeout(900)  # a busy machine takes twenty seconds over a start
def test_long_kill_9_twenty_times_loses_nothing_that_was_acknowledged(tmp_path):
    kills(tmp_path, 20)


def test_a_child_of_the_engine_ends_instead_of_hanging(tmp_path):
    code = f"""
import os, pathlib
from history.config import Layout
from history.engine import Engine
engine = Engine(Layout(pathlib.Path({str(tmp_path / "h")!r})))
child = os.fork()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 70
with engine.connect() as connection:
    assert connection.query("SELECT 1") == b"1\\n"
engine.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "cannot fork" in done.stderr


def test_a_confined_engine_loads_whatever_the_environment_is(tmp_path):
    """Without /proc/self/auxv it looked behind an environment that had moved, and crashed."""
    code = f"""
import os, pathlib
from history.config import Layout
from history.confine import confine
from history.engine import Engine
layout = Layout(pathlib.Path({str(tmp_path / "h")!r}))
layout.scratch.mkdir(parents=True)
junk = [bytes([255]) * n * 16 for n in range(1, 200) for _ in range(20)]
del junk
for n in range(50):
    os.environ[f"FILLER_{{n}}"] = "x" * n
os.environ["TMPDIR"] = str(layout.scratch)
confine([layout.root], [pathlib.Path("history").resolve(), pathlib.Path("schemas").resolve()], [])
Engine(layout).close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_this_kernel_confines():
    assert abi_version() >= 1, "the tests of the kernel's layer prove nothing here"


def test_no_password_only_on_loopback():
    Users(Settings(clickhouse="http://127.0.0.1:8123"))
    with pytest.raises(ConfigError, match="PODIUM_CLICKHOUSE_PASSWORD"):
        Users(Settings(clickhouse="http://0.0.0.0:8123", clickhouse_password="x"))
    Users(Settings(clickhouse="http://0.0.0.0:8123", clickhouse_password="x", clickhouse_analyst_password="y"))


def test_passwords_are_asked_for(tmp_path):
    server = HistoryProcess(
        tmp_path / "home",
        free_port_base() + 23,
        PODIUM_CLICKHOUSE_PASSWORD="of-jury",
        PODIUM_CLICKHOUSE_ANALYST_PASSWORD="of-analysts",
    ).start()
    for user, password, good in [
        ("default", "of-jury", True),
        ("default", "", False),
        ("default", "of-analysts", False),
        ("analyst", "of-analysts", True),
        ("analyst", "of-jury", False),
    ]:
        if good:
            with server.client(user, password=password) as client:
                assert client.query("SELECT 1").first_row == (1,)
        else:
            with pytest.raises(ClickHouseError, match="AUTHENTICATION_FAILED"):
                server.client(user, password=password)
    server.stop()
