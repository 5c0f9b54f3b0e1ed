import pytest

from history.statement import Insert, Statement, parse
from schemas.errors import DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"SELECT 1", Statement("SELECT 1", "")),
        (b"SELECT 1\n FORMAT Native", Statement("SELECT 1\n FORMAT Native", "Native")),
        (b"SELECT 1 FORMAT CSV SETTINGS a=1;", Statement("SELECT 1 FORMAT CSV SETTINGS a=1;", "CSV")),
        (b"SELECT format FROM x", Statement("SELECT format FROM x", "")),
        (b"SELECT 'FORMAT Y' -- FORMAT Z", Statement("SELECT 'FORMAT Y' -- FORMAT Z", "")),
        (b"SELECT (SELECT 1 FORMAT X) /* FORMAT Y */", Statement("SELECT (SELECT 1 FORMAT X) /* FORMAT Y */", "")),
        (
            b"insert into t (a, `FORMAT`) format Native\n\x01\xff",
            Insert("insert into t (a, `FORMAT`) ", "Native", b"\x01\xff"),
        ),
        (b"INSERT INTO t FORMAT TSV \r\n\nx", Insert("INSERT INTO t ", "TSV", b"\nx")),
        (
            b'INSERT INTO t SETTINGS a=0 FORMAT JSONEachRow {"a":1}',
            Insert("INSERT INTO t SETTINGS a=0 ", "JSONEachRow", b'{"a":1}'),
        ),
        (b"INSERT INTO t VALUES (1, 'FORMAT x')", Statement("INSERT INTO t VALUES (1, 'FORMAT x')", "")),
        (b"INSERT INTO t FORMAT Values (1)", Statement("INSERT INTO t FORMAT Values (1)", "")),
        (b"INSERT INTO t SELECT 1 FORMAT Null", Statement("INSERT INTO t SELECT 1 FORMAT Null", "")),
        (b"/* it's */ INSERT INTO `a'b` FORMAT CSV\n1", Insert("/* it's */ INSERT INTO `a'b` ", "CSV", b"1")),
        (b"SELECT 'it''s', \"a\\\"b\" FORMAT TSV", Statement("SELECT 'it''s', \"a\\\"b\" FORMAT TSV", "TSV")),
        (b"SELECT 'open FORMAT TSV", Statement("SELECT 'open FORMAT TSV", "TSV")),
    ],
)
def test_what_a_text_is(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize("text", [b"", b"  -- nothing\n", b"SELECT '\xff'"])
def test_what_is_no_statement(text):
    with pytest.raises(DataError, match="SYNTAX_ERROR"):
        parse(text)
