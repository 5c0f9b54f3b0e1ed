"""A log is one JSON object a line, whatever is told in it."""

import json
import logging
import unicodedata

from schemas.logs import _JsonLines


def test_nothing_that_is_logged_begins_a_line_or_moves_a_cursor():
    told = '/a\n{"level": "info"}\r\x1b[2J\x9b2J\x7f\u2028\u2029\u202e\u2066\ud800 %s é ≠ 日'
    try:
        raise ValueError(told)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("api", logging.ERROR, __file__, 1, "%s failed", (told,), info)
    line = _JsonLines("api-1\n").format(record)
    assert not [one for one in line if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp")]
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == f"{told} failed"
    assert "é ≠ 日" in line
