"""Queries of a WITH stand where they are used: the engine takes half as long to plan a board."""

import pytest

from history.nested import nested
from history.tables import _VIEWS, _statements


def test_each_query_stands_where_it_is_used():
    view = (
        "CREATE OR REPLACE VIEW podium.v AS\n"
        "WITH\n    one AS\n    (\n        SELECT f(x) AS a FROM t\n    ),\n"
        "    two AS (SELECT a FROM one AS o JOIN u USING (a) WHERE a IN one AND s = '()')\n"
        "SELECT a, one.b FROM two JOIN podium.one(a = 1) AS p USING (a)"
    )
    assert " ".join(nested(view).split()) == (
        "CREATE OR REPLACE VIEW podium.v AS SELECT a, one.b FROM (SELECT a FROM ( SELECT f(x) AS a FROM t ) AS o JOIN u "
        "USING (a) WHERE a IN ( SELECT f(x) AS a FROM t ) AND s = '()') AS two JOIN podium.one(a = 1) AS p USING (a)"
    )


@pytest.mark.parametrize("statement", ["CREATE OR REPLACE VIEW podium.v AS\nSELECT 1", "CREATE TABLE t (WITH Int8)"])
def test_what_has_no_with_is_as_it_was(statement):
    assert nested(statement) == statement


def test_anything_but_a_query_is_refused():
    with pytest.raises(ValueError, match="no query"):
        nested("CREATE OR REPLACE VIEW v AS\nWITH 1 AS one SELECT one")
    with pytest.raises(ValueError, match="no end"):
        nested("CREATE OR REPLACE VIEW v AS\nWITH one AS (SELECT (1) SELECT 1")


def test_no_view_is_made_with_a_with():
    views = [nested(statement) for file in _VIEWS for statement in _statements(file)]
    assert len(views) > 10
    assert not [view for view in views if "WITH\n" in view or "\nWITH " in view]
