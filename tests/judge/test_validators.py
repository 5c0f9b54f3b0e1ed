"""The default output validator does what the problem package format says of it, on outputs of any size."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.validators import compare
from judge.verdict import Opinion
from packages.flags import Flags


class Bytes:
    def __init__(self, data):
        self.data = data

    def read(self, size, offset=0):
        return self.data[offset : offset + size]


def accepts(answer, output, *args):
    return compare(Bytes(answer), Bytes(output), Flags.parse(args)).opinion is Opinion.ACCEPTED


@pytest.mark.parametrize(
    ("answer", "output", "args", "accepted"),
    [
        (b"1 2\n", b"1 2\n", (), True),
        (b"1 2\n", b" 1\n\n2\t", (), True),
        (b"1 2\n", b"1 2", (), True),
        (b"1 2\n", b"12", (), False),
        (b"1 2\n", b"1", (), False),
        (b"1\n", b"1 2", (), False),
        (b"", b"", (), True),
        (b"", b" \n", (), True),
        (b"", b"x", (), False),
        (b"Yes", b"YES", (), True),
        (b"Yes", b"YES", ("case_sensitive",), False),
        (b"\xc4", b"\xe4", (), False),  # only ASCII letters have two cases
        (b"a\x0bb\x0cc", b"a b\rc", (), True),
        (b"a\xa0b", b"a b", (), False),  # no white space but the six
        (b"1 2\n", b"1  2\n", ("space_change_sensitive",), False),
        (b"1 2\n", b"1 2", ("space_change_sensitive",), False),
        (b"1 2\n", b"1 2\n", ("space_change_sensitive",), True),
        (b" 1", b"1", ("space_change_sensitive",), False),
        (b"1.0", b"1", (), False),
        (b"1.0", b"1", ("float_tolerance", "1e-6"), True),
        (b"1000000", b"1000001", ("float_relative_tolerance", "1e-6"), True),
        (b"1000000", b"1000001", ("float_absolute_tolerance", "0.5"), False),
        (b"0", b"1e-7", ("float_absolute_tolerance", "1e-6"), True),
        (b"0", b"1e-7", ("float_relative_tolerance", "1e-6"), False),
        (b"1.5", b"abc", ("float_tolerance", "1"), False),
        (b"1.5", b"nan", ("float_tolerance", "1"), False),
        (b"1.5", b"inf", ("float_tolerance", "1"), False),
        (b"1.5", b"0x1.8p0", ("float_tolerance", "1"), False),
        (b"word", b"WORD", ("float_tolerance", "1"), True),
        (b"word", b"1", ("float_tolerance", "1"), False),
        (b".5 5. +1e0", b"0.5 5 1", ("float_tolerance", "0"), True),
        (b"0.0314", b"3.14000000e-2", ("float_tolerance", "1e-9"), True),
        (b"0.3", b"0.4", ("float_absolute_tolerance", "0.1"), True),  # exactly the tolerance, in decimals
        (b"0.3", b"0.4000000000000001", ("float_absolute_tolerance", "0.1"), False),
        (b"123456789012345678901234567890.5", b"123456789012345678901234567890.6", ("float_tolerance", "0"), False),
        (b"-2", b"2", ("float_relative_tolerance", "1"), False),
        (b"2", b"1e400", ("float_relative_tolerance", "1"), False),
        (b"1e400", b"1.0e400", ("float_tolerance", "1e-9"), True),
        (b"1", b"1e99999999999999999999", ("float_tolerance", "1"), False),
        (b"1 x", b"1.0000001 X", ("float_relative_tolerance", "1e-6", "float_absolute_tolerance", "0"), True),
        (b"1 x", b"1.0000001 X", ("case_sensitive", "float_tolerance", "1e-6"), False),
        (b"1\t2", b"1 2", ("space_change_sensitive",), False),
        (b"a b", b"A B", ("space_change_sensitive",), True),
    ],
)
def test_tokens_white_space_case_and_tolerances(answer, output, args, accepted):
    assert accepts(answer, output, *args) is accepted


@pytest.mark.parametrize(
    "args",
    [
        ("unknown",),
        ("float_tolerance",),
        ("float_tolerance", "x"),
        ("float_tolerance", "-1"),
        ("float_tolerance", "1", "float_tolerance", "1"),
        ("float_tolerance", "1", "float_absolute_tolerance", "1"),
        ("float_relative_tolerance", "1", "float_tolerance", "1"),
    ],
)
def test_wrong_arguments_are_the_jurys_fault(args):
    with pytest.raises(ValueError, match=r"tolerance|unknown"):
        Flags.parse(args)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=6).filter(lambda t: not set(t) & set(b" \t\n\v\f\r")), max_size=30),
    st.data(),
)
def test_only_the_tokens_count_however_they_are_spaced(tokens, data):
    space = st.lists(st.sampled_from([b" ", b"\t", b"\n", b"\r", b"\v", b"\f"]), min_size=1, max_size=5).map(b"".join)
    output = io.BytesIO()
    for token in tokens:
        output.write(data.draw(space) + token)
    assert accepts(b" ".join(tokens), output.getvalue())
    assert not accepts(b" ".join(tokens), output.getvalue() + b" more")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"A", b"b", b"1", b"1.0", b" ", b"\n", b"  "]), max_size=20),
    st.lists(st.sampled_from([b"a", b"A", b"b", b"1", b"1.0", b" ", b"\n", b"  "]), max_size=20),
    st.integers(1, 5),
    st.sets(st.sampled_from(["case_sensitive", "space_change_sensitive"])),
)
def test_where_the_reading_is_cut_makes_no_difference(answer, output, cut, args):
    class Slow(Bytes):
        def read(self, size, offset=0):
            return super().read(min(size, cut), offset)

    answer, output = b"".join(answer), b"".join(output)
    pattern = rb"\s+|\S+" if "space_change_sensitive" in args else rb"\S+"
    one, other = (re.findall(pattern, s if "case_sensitive" in args else s.lower()) for s in (answer, output))
    said = compare(Slow(answer), Slow(output), Flags.parse(sorted(args)))
    assert (said.opinion is Opinion.ACCEPTED) == (one == other)


def test_a_token_across_the_pieces_in_which_it_is_read_is_one_token():
    long = b"x" * 200_000
    assert accepts(b"a " + long + b" b", b"a\n" + long + b"\nb")
    assert not accepts(b"a " + long + b" b", b"a\n" + long[:-1] + b"y\nb")
    assert not accepts(long, long[:100_000] + b" " + long[100_000:])


def test_megabytes_on_one_line_and_of_white_space_are_compared_in_pieces():
    huge = b"x" * (3 << 20)
    assert accepts(huge, huge)
    assert not accepts(huge, huge + b"x")
    assert not accepts(huge, b"x")
    part = b"x" * (1 << 20)
    assert not accepts(part + b"x", part + b" x")
    assert not accepts(part + b" x", part + b"x")
    assert accepts(b"1 2", b"1" + b" " * (3 << 20) + b"2")
    wide = b"1" + b" " * (3 << 20) + b"2"
    assert accepts(wide, wide, "space_change_sensitive")
    assert not accepts(wide, wide.replace(b" 2", b"2"), "space_change_sensitive")
    assert not accepts(b"1" + b"0" * (3 << 20), b"1" + b"0" * (3 << 20) + b".0", "float_tolerance", "1")


def test_the_message_names_the_first_token_that_differs():
    assert compare(Bytes(b"1 2 3"), Bytes(b"1 2 4 5"), Flags()).message == "token 3: expected '3', got '4'"
    assert compare(Bytes(b"1 2 3"), Bytes(b"1 2"), Flags()).message == "token 3: expected '3', but the output ends"
    assert compare(Bytes(b"1"), Bytes(b"1 " + b"x" * 99), Flags()).message.startswith(
        "token 2: expected no more, got 'x"
    )


def test_the_message_shows_escapes_and_does_not_obey_them():
    said = compare(Bytes(b"yes"), Bytes(b"\x1b[31mno\0"), Flags())
    assert "\x1b" not in said.message
    assert "token 1" in said.message
