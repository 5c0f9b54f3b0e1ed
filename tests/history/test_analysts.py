"""An analyst reads the public database and nothing else: not by any of these attempts, and each layer holds by itself."""

import os
import re
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from history.access import ANALYSTS, analyst_limits
from tests.wait import until

SECRET = "what-no-analyst-sees"


@pytest.fixture(scope="module", autouse=True)
def tables(history_server):
    with history_server.client() as client:
        client.command("CREATE TABLE podium.secrets (a String) ENGINE = MergeTree ORDER BY a")
        client.command(f"INSERT INTO podium.secrets VALUES ('{SECRET}')")
        client.command("CREATE TABLE podium.numbered (n UInt64) ENGINE = MergeTree ORDER BY n")
        client.command("INSERT INTO podium.numbered SELECT number FROM numbers(10)")
        client.command(
            "CREATE VIEW podium_public.shown DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT n FROM podium.numbered"
        )
        client.command(
            "CREATE VIEW podium_public.above DEFINER = CURRENT_USER SQL SECURITY DEFINER AS "
            "SELECT n FROM podium.numbered WHERE n > {least:UInt64}"
        )
        yield
        for name in ("podium_public.shown", "podium_public.above", "podium.numbered", "podium.secrets"):
            client.command(f"DROP TABLE {name}")


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT sum(n) FROM shown", 45),
        ("SELECT sum(n) FROM podium_public.shown", 45),
        ("SELECT count() FROM podium_public.above(least=6)", 3),
        ("SELECT count() FROM above(least=6)", 3),
        ("WITH big AS (SELECT n FROM shown WHERE n > 4) SELECT count() FROM big JOIN shown USING n", 5),
        ("SELECT sumIf(n, n > 5) OVER () FROM shown ORDER BY n LIMIT 1", 30),
        ("SELECT quantileExactIf(0.5)(n, n > 2) FROM shown", 6),
        ("SELECT arraySum(arrayMap(x -> x * 2, groupArray(n))) FROM shown", 90),
        ("SELECT multiIf(n = 0, 'a', n > 5, 'b', 'c') FROM shown ORDER BY n LIMIT 1", "a"),
        ("SELECT uniqExact(toDate(now()) + toIntervalDay(n)) FROM shown", 10),
        ("SELECT count() FROM shown WHERE n IN (SELECT number FROM numbers(3))", 3),
        ("SELECT sum(m) FROM (SELECT argMaxOrNull(n, n) AS m FROM shown UNION ALL SELECT 1)", 10),
        (f"SELECT count() FROM ({' UNION ALL '.join(['SELECT n FROM above(least=6)'] * 4)})", 12),
        ("WITH shown AS (SELECT n FROM shown WHERE n > 4) SELECT count() FROM shown", 5),
        ("SELECT formatReadableSize(n), * EXCEPT (n) FROM shown ORDER BY n LIMIT 1", "0.00 B"),
    ],
)
def test_what_analysts_may_ask(analyst, sql, first):
    assert analyst.query(sql).first_row[0] == first


def test_analysts_see_what_there_is(analyst):
    assert {"above", "shown"} <= {row[0] for row in analyst.query("SHOW TABLES").result_rows}
    assert analyst.query("DESCRIBE TABLE shown").first_row[:2] == ("n", "UInt64")


BOARD = "SELECT * FROM podium_public.scoreboard(contest='c', group_id='', at_ms=4000000, as_of=4000000000000)"
"""To explain it took the engine 23 GB."""


def doubling(read: str) -> str:
    """A statement of few words that reads what the last of its WITHs reads, 32 times over."""
    withs = ", ".join(
        f"w{n} AS (SELECT n FROM {read} UNION ALL SELECT n FROM {read})".replace("#", str(n - 1)) for n in range(1, 6)
    )
    return f"WITH w0 AS (SELECT n FROM shown), {withs} SELECT count() FROM w5"


PLANNED = [
    " UNION ALL ".join([BOARD] * 5),
    f"SELECT * FROM view({BOARD})" + f" CROSS JOIN ({BOARD})" * 4,
    f"WITH b AS ({BOARD}) SELECT 1 WHERE 't1' IN b" + " OR 't2' NOT IN (b)" * 4,
    f"WITH b AS ({BOARD}) SELECT * FROM b" + " UNION ALL SELECT * FROM b" * 4,
    doubling("w#"),
    doubling("(SELECT n FROM shown WHERE n IN w#)"),
    "WITH w AS (WITH w AS (SELECT n FROM shown) SELECT n FROM w UNION ALL SELECT n FROM w) SELECT n FROM w",
    "WITH a AS (SELECT n FROM b), b AS (SELECT n FROM a) SELECT n FROM a",
    "SELECT count() FROM shown WHERE " + "n IN (SELECT n FROM shown WHERE " * 32 + "1" + ")" * 32,
    f"SELECT {'abs(' * 400}1{')' * 400}",
]
"""What the engine plans for minutes, and cannot be stopped at: neither by limits nor by KILL QUERY."""

ATTEMPTS = [
    "INSERT INTO podium_public.shown VALUES (1)",
    "INSERT INTO podium.secrets FORMAT TSV\nx",
    "INSERT INTO FUNCTION file('/tmp/x', 'TSV', 'a String') SELECT 'x'",
    "CREATE TABLE podium_public.mine (a UInt8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE mine (a UInt8)",
    "DROP VIEW podium_public.shown",
    "ALTER TABLE podium.secrets DELETE WHERE 1",
    "OPTIMIZE TABLE podium.secrets",
    "TRUNCATE TABLE podium.secrets",
    "SET readonly = 0",
    "SET max_memory_usage = 0",
    "USE podium",
    "SYSTEM STOP MERGES",
    "SYSTEM DROP MARK CACHE",
    "KILL QUERY WHERE 1",
    "BACKUP DATABASE podium TO File('/tmp/x')",
    "GRANT ALL ON *.* TO default",
    "EXECUTE AS default SELECT 1",
    "SELECT a FROM podium.secrets",
    "SELECT a FROM podium . secrets",
    "SELECT a FROM `podium`.`secrets`",
    'SELECT a FROM "podium"."secrets"',
    "SELECT * FROM view(SELECT a FROM podium.secrets)",
    "SELECT (SELECT a FROM podium.secrets)",
    "SELECT count() FROM shown WHERE 'x' IN podium.secrets",
    "SELECT count() FROM shown WHERE toString(n) GLOBAL NOT IN (podium.secrets)",
    "WITH s AS (SELECT a FROM podium.secrets) SELECT * FROM s",
    "SELECT * FROM shown AS x JOIN podium.secrets AS y ON 1",
    "SELECT 1 UNION ALL SELECT length(a) FROM podium.secrets",
    "SELECT 1 EXCEPT SELECT length(a) FROM podium.secrets",
    "SELECT * FROM merge('podium', 'secrets')",
    "SELECT * FROM merge('system', 'processes')",
    "SELECT * FROM loop(podium.secrets)",
    "SELECT * FROM cluster('default', podium.secrets)",
    "SELECT * FROM remote('127.0.0.1', podium.secrets)",
    "SELECT * FROM mergeTreeIndex(podium, secrets)",
    "SELECT * FROM dictionary('x')",
    "SELECT dictGet('podium.x', 'y', 1)",
    "SELECT joinGet('podium.x', 'y', 1)",
    "SELECT hasColumnInTable('podium', 'secrets', 'a')",
    "SELECT * FROM system.processes",
    "SELECT * FROM system.tables",
    "SELECT * FROM system.parts",
    "SELECT * FROM system.query_log",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM INFORMATION_SCHEMA.TABLES",
    "SHOW CREATE TABLE podium_public.shown",
    "SHOW TABLES FROM podium",
    "SHOW PROCESSLIST",
    "DESCRIBE TABLE podium.secrets",
    "EXPLAIN SELECT a FROM podium.secrets",
    "EXPLAIN ESTIMATE SELECT n FROM shown",
    f"EXPLAIN {BOARD}",
    f"EXPLAIN PLAN {BOARD}",
    f"EXPLAIN PLAN actions = 1, indexes = 1, json = 1 {BOARD}",
    f"EXPLAIN PIPELINE {BOARD}",
    f"EXPLAIN QUERY TREE {BOARD}",
    f"EXPLAIN SYNTAX {BOARD}",
    f"EXPLAIN ESTIMATE {BOARD}",
    f"-- why?\n explain/**/plan {BOARD} FORMAT JSON",
    f"SELECT * FROM (EXPLAIN PLAN {BOARD})",
    f"SELECT (EXPLAIN PLAN {BOARD})",
    f"WITH plan AS (EXPLAIN PLAN {BOARD}) SELECT * FROM plan",
    f"SELECT * FROM view(EXPLAIN PLAN {BOARD})",
    f"SELECT * FROM viewExplain('EXPLAIN PLAN', '', ({BOARD}))",
    f"DESCRIBE (EXPLAIN PLAN {BOARD})",
    "EXISTS TABLE podium.secrets",
    "CHECK TABLE podium.secrets",
    "SELECT file('/etc/passwd')",
    "SELECT FILE('/etc/passwd')",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
    "SELECT COLUMNS('.*') APPLY file FROM (SELECT '/etc/passwd')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT arrayMap(x -> file(x), ['/etc/passwd'])",
    "WITH file AS f SELECT arrayMap(f, ['/etc/passwd'])",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM sqlite('/tmp/x', 'y')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')",
    "SELECT * FROM s3('http://127.0.0.1:1/a')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM Python(x)",
    "SELECT * FROM format('TSV', 'a')",
    "SELECT * FROM generateRandom()",
    "SELECT aiGenerate('x')",
    "SELECT 1 INTO OUTFILE '/tmp/history-outfile'",
    "SELECT 1 INTO OUTFILE '/tmp/history-outfile' TRUNCATE",
    "SELECT getServerSetting('max_server_memory_usage')",
    "SELECT hostName(), FQDN(), tcpPort(), serverUUID()",
    "SELECT filesystemAvailable()",
    "SELECT getClientHTTPHeader('Authorization')",
    "SELECT currentProfiles(), getMacro('x')",
    "SELECT sleep(3)",
    "SELECT addressToLine(1)",
    "SELECT showCertificate()",
    "SELECT parseQueryToJSON('SELECT 1')",
    "SELECT 1 SETTINGS max_threads = 64",
    "SELECT n FROM shown SETTINGS max_memory_usage = 0, readonly = 0",
    "SELECT 1; SELECT a FROM podium.secrets",
    "SELECT 1 PARALLEL WITH SELECT 2",
    "SELECT * FROM {t:Identifier}",
    "SELECT {t:Identifier} FROM shown",
    "SELECT estimateCompressionRatio(n) FROM shown",
]


@pytest.mark.parametrize("sql", ATTEMPTS)
def test_what_analysts_may_not_ask(history_server, sql):
    parameters = {"user": "analyst", "param_t": "podium.secrets"}
    answer = httpx.post(history_server.url, params=parameters, content=sql)
    assert answer.status_code in (400, 403, 404), f"{answer.status_code} {answer.text}"
    assert SECRET not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize("sql", PLANNED, ids=range(len(PLANNED)))
def test_an_analyst_does_not_keep_the_engine_planning(history_server, sql):
    answer = httpx.post(history_server.url, params={"user": "analyst"}, content=sql)
    assert answer.status_code == 403, answer.text
    assert re.search("Analysts may (read 32 tables|not nest so deep)", answer.text), answer.text


@pytest.mark.parametrize(
    "parameters",
    [
        {"database": "podium"},
        {"database": "system"},
        {"database": "default"},
        {"filter": "1"},
        {"additional_table_filters": "{'podium_public.shown': '1'}"},
        {"readonly": "0"},
        {"max_memory_usage": "0"},
        {"session_id": "x", "database": "podium"},
    ],
)
def test_no_parameter_leads_around_the_gate(history_server, parameters):
    answer = httpx.post(history_server.url, params={"user": "analyst", **parameters}, content="SELECT * FROM secrets")
    assert answer.status_code in (403, 404), answer.text
    assert SECRET not in answer.text


def test_an_analyst_does_not_enter_another_ones_session(history_server):
    with history_server.client(session_id="jury") as client:
        client.command("CREATE TEMPORARY TABLE hidden AS SELECT 1 AS one")
    parameters = {"user": "analyst", "session_id": "jury"}
    assert httpx.post(history_server.url, params=parameters, content="SELECT * FROM hidden").status_code == 404


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT length(groupArray(number)) FROM numbers(1000000000)", "MEMORY_LIMIT_EXCEEDED"),
        ("SELECT number FROM numbers(100000000)", "TOO_MANY_ROWS"),
    ],
)
def test_an_analyst_cannot_starve_the_contest(history_server, sql, error):
    answer = httpx.post(
        history_server.url, params={"user": "analyst", "wait_end_of_query": "1"}, content=sql, timeout=60
    )
    assert error in answer.text[-2000:]


@pytest.mark.long
def test_long_a_query_of_an_analyst_ends_after_a_minute(analyst):
    with pytest.raises(DatabaseError, match="TIMEOUT_EXCEEDED"):
        analyst.query("SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1")


def running(text):
    """The threads of the queries with this text that the engine has begun."""
    return f"SELECT Settings['max_threads'] FROM system.processes WHERE query LIKE '%{text}%' AND query_id != queryID()"


def kill(text):
    return f"KILL QUERY WHERE query LIKE '%{text}%' AND query_kind = 'Select' ASYNC"


def test_analysts_share_a_few_queries_at_a_time(history_server, client):
    sql = "SELECT count() FROM numbers(30000000000) WHERE sipHash64(number) = 1 FORMAT JSON"
    with (
        ThreadPoolExecutor(ANALYSTS + 1) as pool,
        httpx.Client(base_url=history_server.url, params={"user": "analyst"}) as http,
    ):
        asked = [pool.submit(http.post, "/", content=sql) for _ in range(ANALYSTS + 1)]
        refused = next(as_completed(asked))
        assert refused.result().status_code == 503
        until(lambda: len(client.query(running(") = 1 FORMAT JSON")).result_rows) == ANALYSTS, 30, "the others run")
        client.command(kill(") = 1 FORMAT JSON"))
        # with their answers their places are free for the next test
        assert {one.result().status_code for one in asked if one is not refused} == {500}


def test_a_query_of_an_analyst_has_few_threads(history_server, client):
    sql = "SELECT count() FROM numbers(30000000000) WHERE sipHash64(number) = 2 FORMAT JSON"
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=history_server.url, params={"user": "analyst"}) as http:
        asked = pool.submit(http.post, "/", content=sql)
        told = running(") = 2 FORMAT JSON")
        seen = until(lambda: [row[0] for row in client.query(told).result_rows if row[0]], 30, "it runs")
        client.command(kill(") = 2 FORMAT JSON"))
        assert asked.result().status_code != 200
    assert seen[0] == analyst_limits()["max_threads"]


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (8, 1), (64, 8)])
def test_all_queries_of_analysts_leave_most_cores_to_the_contest(monkeypatch, cores, threads):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert analyst_limits()["max_threads"] == str(threads)


def test_the_kernel_refuses_what_the_gate_would_miss(client):
    """The jury's user stands before no gate; files, programs and the network are out of its reach all the same."""
    for sql in [
        "SELECT file('/etc/passwd')",
        "SELECT file('/proc/self/environ')",
        "SELECT 1 INTO OUTFILE '/tmp/history-outfile'",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SYSTEM SHUTDOWN",
    ]:
        with pytest.raises(DatabaseError, match=r"Permission denied|ACCESS_DENIED|UNSUPPORTED_METHOD"):
            client.command(sql)
