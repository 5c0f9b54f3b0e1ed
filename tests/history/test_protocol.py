"""The endpoint answers as a ClickHouse server does: to the clients that people use, and byte by byte over HTTP."""

import asyncio
import gzip
import json
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import clickhouse_connect
import httpx
import lz4.frame
import pyarrow as pa
import pytest
from backports import zstd
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from history.wire import MAX_BODY
from tests.wait import until


@pytest.fixture
def table(client):
    client.command("DROP TABLE IF EXISTS things")
    client.command(
        "CREATE TABLE things (id UInt64, name String, at DateTime64(3, 'UTC'), tags Array(String), "
        "place LowCardinality(String), extra Nullable(Int32)) ENGINE = MergeTree ORDER BY id"
    )
    yield "things"
    client.command("DROP TABLE things")


AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
ROWS = [[1, "ä'\\\n\t", AT, ["x", "y"], "a", None], [2, "", AT, [], "b", -5]]


@pytest.fixture
def http(history_server):
    with httpx.Client(base_url=history_server.url) as http:
        yield http


def test_rows_come_back_as_they_were_inserted(client, table):
    client.insert(table, ROWS, column_names=["id", "name", "at", "tags", "place", "extra"])
    found = client.query(f"SELECT * FROM {table} ORDER BY id", tz_mode="aware")
    assert [list(row) for row in found.result_rows] == ROWS
    assert found.column_names == ("id", "name", "at", "tags", "place", "extra")


def test_an_insert_says_how_many_rows_it_wrote(client, table):
    assert client.insert(table, ROWS).written_rows == 2


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
def test_compression_in_both_directions(history_server, table, compression):
    with history_server.client(compress=compression) as client:
        # several blocks, each of which the client compresses by itself
        rows = [[n, "x" * 100, AT, [], "p", n] for n in range(40_000)]
        assert client.insert(table, rows).written_rows == 40_000
        assert client.query(f"SELECT sum(id), sum(length(name)) FROM {table}").first_row == (799_980_000, 4_000_000)
        assert len(client.query(f"SELECT * FROM {table} WHERE id < 5000").result_rows) == 5000


def test_arrow_in_and_out(client, table):
    client.insert_arrow(table, pa.table({"id": [7, 8], "name": ["a", "b"]}))
    found = client.query_arrow(f"SELECT id, name FROM {table} ORDER BY id", use_strings=True)
    assert found.to_pydict() == {"id": [7, 8], "name": ["a", "b"]}


def test_parameters_are_bound_by_the_server(client):
    text = "it's a \\ back\tslash\nand more; DROP"
    found = client.query(
        "SELECT {t:String}, {n:Int32}, {a:Array(String)}", parameters={"t": text, "n": -3, "a": ["x'", "y"]}
    )
    assert found.first_row == (text, -3, ["x'", "y"])


def test_a_parameter_longer_than_an_address(client):
    assert client.query("SELECT length({t:String})", parameters={"t": "x" * 200_000}).first_row == (200_000,)


def test_settings_of_one_query(client):
    assert client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1}).first_row == (1,)
    with pytest.raises(DatabaseError, match=r"Too many rows|Limit for rows|TOO_MANY_ROWS"):
        client.query("SELECT * FROM numbers(1000)", settings={"max_result_rows": 10, "max_block_size": 10})


def test_columns_of_a_query_without_rows(client):
    assert client.query("SELECT 1 AS a, 'x' AS b LIMIT 0").column_names == ("a", "b")
    assert client.query("SELECT 1 AS a WHERE 0").result_rows == []


def test_raw_formats(client):
    assert client.raw_query("SELECT 1 AS a, 'x' AS b", fmt="JSONEachRow") == b'{"a":1,"b":"x"}\n'
    assert json.loads(client.raw_query("SELECT number AS n FROM numbers(3)", fmt="JSON"))["rows"] == 3
    assert client.raw_query("SELECT number AS n FROM numbers(2)", fmt="CSVWithNames") == b'"n"\n0\n1\n'


def test_a_long_result_is_streamed(client):
    with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(1000000)") as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 1_000_000
    assert len(sizes) > 5


@pytest.mark.filterwarnings("ignore")  # the client logs the broken stream
@pytest.mark.parametrize("compression", [False, "lz4", "zstd"])
def test_an_error_in_the_middle_of_a_stream_is_told(history_server, compression):
    with (
        history_server.client(compress=compression) as client,
        pytest.raises(StreamFailureError, match="FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        client.query_row_block_stream("SELECT throwIf(number = 900000), number FROM numbers(1000000)") as blocks,
    ):
        for _ in blocks:
            pass


def test_errors_have_clickhouse_codes_and_statuses(http):
    for sql, status, code in [
        ("SELEC 1", 400, 62),
        ("SELECT x", 404, 47),
        ("SELECT * FROM missing", 404, 60),
        ("SELECT nosuch()", 404, 46),
        ("SELECT 1 FORMAT NoSuch", 404, 73),
        ("SELECT 1; SELECT 2", 400, 62),
        (
            "SELECT sleep(3) SETTINGS max_execution_time=0.1, function_sleep_max_microseconds_per_block=5000000",
            408,
            159,
        ),
        ("SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage=10000000", 500, 241),
        ("INSERT INTO missing FORMAT TSV\n1", 404, 60),
        ("CREATE TABLE default.x (a UInt8) ENGINE=Memory", 403, 497),
    ]:
        answer = http.post("/", content=sql)
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (status, str(code)), answer.text
        assert answer.text.startswith(f"Code: {code}. DB::")


def test_what_curl_says(http):
    assert http.get("/ping").text == "Ok.\n"
    assert http.get("/").text == "Ok.\n"
    assert http.get("/", params={"query": "SELECT 1"}).text == "1\n"
    assert http.get("/", params={"query": "CREATE TABLE t (a UInt8) ENGINE=Memory"}).status_code == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl -d sends: SQL all the same
    assert http.post("/", content="SELECT 'a=b&c'", headers=form).text == "a=b&c\n"
    assert http.post("/", params={"query": "SELECT"}, content="3").text == "3\n"
    assert http.post("/", params={"default_format": "JSONEachRow"}, content="SELECT 1 AS a").text == '{"a":1}\n'
    assert http.post("/", params={"query": "SELECT {a:String}", "param_a": "x"}).text == "x\n"
    assert http.post("/", files={"query": (None, "SELECT {a:UInt8}"), "param_a": (None, "9")}).text == "9\n"
    assert http.post("/", params={"database": "system"}, content="SELECT currentDatabase()").text == "system\n"
    assert http.put("/").status_code == 404
    assert http.post("/", content=b"SELECT '\xff'").status_code == 400


def test_headers(http):
    answer = http.post("/", params={"query_id": "q-1"}, content="SELECT 1 FORMAT CSV")
    assert answer.headers["x-clickhouse-query-id"] == "q-1"
    assert answer.headers["x-clickhouse-format"] == "CSV"
    assert answer.headers["x-clickhouse-timezone"] == "UTC"
    assert json.loads(answer.headers["x-clickhouse-summary"])["written_rows"] == "0"
    assert answer.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("name", "pack", "unpack"),
    [
        ("gzip", gzip.compress, gzip.decompress),
        ("deflate", zlib.compress, zlib.decompress),
        ("zstd", zstd.compress, zstd.decompress),
        ("lz4", lz4.frame.compress, lz4.frame.decompress),
    ],
)
def test_content_encodings(http, name, pack, unpack):
    sql = b"SELECT repeat('abc', 100000)"
    with http.stream(
        "POST",
        "/",
        params={"enable_http_compression": "1"},
        content=pack(sql),
        headers={"Content-Encoding": name, "Accept-Encoding": name},
    ) as answer:
        assert answer.headers["content-encoding"] == name
        assert unpack(b"".join(answer.iter_raw())) == b"abc" * 100000 + b"\n"
    parts = http.post("/", content=pack(sql[:9]) + pack(sql[9:]), headers={"Content-Encoding": name})
    assert parts.text == "abc" * 100000 + "\n"
    for broken in (pack(sql)[:-9], pack(sql) + b"more"):
        answer = http.post("/", content=broken, headers={"Content-Encoding": name})
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (400, "271")


def test_a_body_that_is_too_big_is_refused(http):
    answer = http.post("/", content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 400
    assert "several INSERTs" in answer.text
    bomb = gzip.compress(b"\0" * (300 << 20), 1)
    answer = http.post("/", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "when decompressed" in answer.text


def test_wrong_password_and_unknown_user(http):
    for auth in [("default", "wrong"), ("nobody", "")]:
        answer = http.post("/", content="SELECT 1", auth=auth)
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (403, "516")
    assert (
        http.post("/", content="SELECT 1", headers={"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""}).text
        == "1\n"
    )
    assert http.post("/", content="SELECT 1", headers={"Authorization": "Basic ???"}).status_code == 403


def test_a_web_page_cannot_use_it_without_a_password(http):
    answer = http.post("/", content="SELECT 1", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_sessions_keep_temporary_tables_and_settings(history_server, http):
    with history_server.client(session_id="s-1") as client:
        client.command("CREATE TEMPORARY TABLE mine (a UInt8)")
        client.insert("mine", [[1], [2]], database="", column_names=["a"], column_type_names=["UInt8"])
        client.command("SET max_threads = 1")
        with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
            client.query("SELECT * FROM nothing")
        assert client.query("SELECT sum(a), getSetting('max_threads') FROM mine").first_row == (3, 1)
        client.query("SELECT 1", settings={"max_threads": 2})
        assert client.query("SELECT getSetting('max_threads')").first_row == (1,)
    assert http.post("/", params={"session_id": "s-2"}, content="SELECT * FROM mine").status_code == 404
    assert http.post("/", params={"session_id": "s-3", "session_check": "1"}, content="SELECT 1").status_code == 404


def test_a_session_runs_one_query_at_a_time(http):
    sql = "SELECT sleepEachRow(0.3) FROM numbers(3) SETTINGS max_block_size = 1"
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(http.post, "/", params={"session_id": "s-4"}, content=sql) for _ in range(2)]
        statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [200, 423]


async def test_the_asynchronous_client(history_server):
    client = await clickhouse_connect.get_async_client(host="127.0.0.1", port=history_server.port, database="podium")
    await client.command("CREATE TABLE IF NOT EXISTS many (a UInt64) ENGINE = MergeTree ORDER BY a")
    await client.insert("many", [[n] for n in range(100)], column_names=["a"])
    found = await asyncio.gather(*(client.query("SELECT sum(a) + {n:UInt64} FROM many", {"n": n}) for n in range(20)))
    assert [one.first_row[0] for one in found] == [4950 + n for n in range(20)]
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        await client.query("SELECT * FROM missing")
    await client.command("DROP TABLE many")
    await client.close()


def test_a_query_ends_when_its_client_goes_away(history_server, client):
    running = "SELECT count() FROM system.processes WHERE query LIKE '%endless%' AND query NOT LIKE '%processes%'"
    for format_ in ("JSON", "TSV"):  # held back, and streamed
        sql = f"SELECT sum(sleepEachRow(0.01)) AS endless FROM numbers(100000) SETTINGS max_block_size=10 FORMAT {format_}"

        with socket.create_connection(("127.0.0.1", history_server.port)) as asking:
            asking.sendall(f"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: {len(sql)}\r\n\r\n{sql}".encode())
            until(lambda: client.query(running).first_row == (1,), 10, "the query runs")
        until(lambda: client.query(running).first_row == (0,), 10, "the query was ended")


def test_many_clients_get_their_own_answers(http):
    def ask(n: int) -> bool:
        if n % 5 == 0:
            return http.post("/", content=f"SELECT number, throwIf(number = {n}) FROM numbers(1000)").status_code == 500
        return http.post("/", content=f"SELECT {n} FORMAT CSV").text == f"{n}\n"

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(ask, range(300)))
