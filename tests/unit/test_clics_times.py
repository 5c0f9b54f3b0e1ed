"""A TIME or RELTIME that is read can be written again, and fits the log; everything else is refused as what it is."""

import re

import pytest

from clics.times import format_reltime, format_time, is_time, parse_reltime, parse_time
from schemas.errors import DataError

ABSTIME = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{3})?Z")
"""The Contest API's JSON schemas have it so."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-24T10:00:00+01:00", "2026-11-24T09:00:00.000Z"),
        ("1000-01-01T00:00:00Z", "1000-01-01T00:00:00.000Z"),
        ("2999-12-31T23:59:59.999Z", "2999-12-31T23:59:59.999Z"),
        ("3000-01-01T00:59:59+01:00", "2999-12-31T23:59:59.000Z"),
        ("2014-06-25T11:24:03.921+01", "2014-06-25T10:24:03.921Z"),
        ("2026-11-24T10:00:00.5-02:30", "2026-11-24T12:30:00.500Z"),
        ("2026-11-24T10:00:00.123456789Z", "2026-11-24T10:00:00.123Z"),
    ],
)
def test_a_time_that_is_read_is_written_as_the_schemas_have_it(text, shown):
    assert format_time(parse_time(text)) == shown
    assert ABSTIME.fullmatch(shown)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "0999-12-31T23:59:59Z",
        "1000-01-01T00:59:59+01:00",
        "2999-12-31T23:59:59-01:00",
        "3000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_a_year_that_no_schema_knows_is_refused(text):
    with pytest.raises(DataError, match="in the years 1000 to 2999"):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-11-24T10:00:00", "1" * 5000),
        *("2027-W02-5T08:00:00Z", "20270115T080000Z", "2027-01-15T08:00Z", "2027-01-15 08:00:00Z"),
        *("2027-01-15T08:00:00,5Z", "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00+01:00:30", "2027-01-15T08:00:00Z\n"),
        *("2027-02-30T08:00:00Z", "2027-01-15T24:00:00Z", "2027-01-15T08:00:60Z", "٢٠٢٧-01-15T08:00:00Z"),
    ],
)
def test_what_is_no_time_is_refused_and_repeated_in_part(text):
    with pytest.raises(DataError, match="expected a time with a zone") as refused:
        parse_time(text)
    assert len(str(refused.value)) < 200


def test_whether_a_moment_is_a_time():
    assert [is_time(parse_time(text)) for text in ("1000-01-01T00:00:00Z", "2999-12-31T23:59:59.999Z")] == [True, True]
    assert not is_time(parse_time("1000-01-01T00:00:00Z") - 1)
    assert not is_time(parse_time("2999-12-31T23:59:59.999Z") + 1)


@pytest.mark.parametrize("text", ["0:00:00", "-0:00:01", "5:00:00", "12:34:56.789", "999999999:59:59.999"])
def test_a_duration_that_is_read_is_written_again(text):
    assert format_reltime(parse_reltime(text)) == text
    assert parse_reltime(text) < 1 << 53


@pytest.mark.parametrize("hours", [10, 20, 5000])
def test_hours_without_end_are_no_duration(hours):
    """Of more than 4300 digits no number is read, and one of 20 does not fit the log."""
    with pytest.raises(DataError, match="expected a duration") as refused:
        parse_reltime("1" * hours + ":00:00")
    assert len(str(refused.value)) < 200


def test_the_time_between_any_two_moments_is_a_duration():
    longest = parse_time("2999-12-31T23:59:59.999Z") - parse_time("1000-01-01T00:00:00Z")
    assert parse_reltime(format_reltime(-longest)) == -longest
