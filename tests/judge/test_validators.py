"""The default output validator does what the problem package format says of it, on outputs of any size."""

import io
import itertools
import re
import tracemalloc
from decimal import Decimal, localcontext
from fractions import Fraction

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
def test_wrong_arguments_are_the_jurys_fault(args):  # in 2025-09
    with pytest.raises(ValueError, match=r"tolerance|unknown"):
        Flags.parse(args)


def test_the_last_of_several_tolerances_counts_where_the_format_lets_there_be_more():
    both = Flags.parse(("float_tolerance", "1e-6", "float_relative_tolerance", "1e-9"), again=True)
    assert both == Flags.parse(("float_relative_tolerance", "1e-9", "float_absolute_tolerance", "1e-6"))


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


PIECES = [
    b"a",
    b"A",
    b"b",
    b"1",
    b"2",
    b"1.0",
    b"1.05",
    b"-.5",
    b"1e0",
    b"1E1",
    b".",
    b"e",
    b"_",
    b" ",
    b"\n",
    b"  ",
    b"\r\n",
]


def naive(answer, output, args, longest):
    """What the format says, in its own words: all in memory, in exact fractions."""
    if "case_sensitive" not in args:
        answer, output = answer.lower(), output.lower()
    if "space_change_sensitive" in args and re.findall(rb"\s+|^(?=\S)|(?<=\S)$", answer) != re.findall(
        rb"\s+|^(?=\S)|(?<=\S)$", output
    ):
        return False
    wanted, got = answer.split(), output.split()
    return len(wanted) == len(got) and all(fits(a, s, args, longest) for a, s in zip(wanted, got, strict=True))


def fits(a, s, args, longest):
    tolerances = dict(itertools.pairwise(args))
    relative, absolute = tolerances.get("float_relative_tolerance"), tolerances.get("float_absolute_tolerance")
    if (relative or absolute) and max(len(a), len(s)) <= longest and number(a) is not None:
        if number(s) is None:
            return False
        distance = abs(number(s) - number(a))
        return (absolute and distance <= Fraction(absolute)) or (
            relative and distance <= Fraction(relative) * abs(number(a))
        )
    return a == s


def number(token):
    grammar = rb"[+-]?([0-9]*\.[0-9]+|[0-9]+\.|[0-9]+)([Ee][+-]?[0-9]+)?"
    return Fraction(token.decode()) if re.fullmatch(grammar, token) else None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=25),
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from([*PIECES, b""])), max_size=4),
    st.integers(1, 9),
    st.integers(1, 12),
    st.sampled_from([(), ("case_sensitive",)]),
    st.sampled_from([(), ("space_change_sensitive",)]),
    st.sampled_from([(), ("float_relative_tolerance", "0.05")]),
    st.sampled_from([(), ("float_absolute_tolerance", "0.05")]),
)
def test_any_two_texts_are_judged_as_the_format_has_it_wherever_the_reading_is_cut(
    answer, edits, chunk, longest, case, space, relative, absolute
):
    output = list(answer)
    for at, piece in edits:
        output[at : at + 1] = [piece]
    args = case + space + relative + absolute
    one, other = b"".join(answer), b"".join(output)
    said = compare(Bytes(one), Bytes(other), Flags.parse(args), chunk=chunk, longest=longest)
    assert (said.opinion is Opinion.ACCEPTED) == bool(naive(one, other, args, longest)), said


CELLS = [b"word", b"7", b"1.5", b"1e3", b".25"]
CHANGES = [b"WORD", b"7.0000000000001", b"1.52", b"1.6", b"1.5000000001", b"1000", b"x", b"0.25 0.25", b"7\n"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(CELLS), min_size=1, max_size=4),
    st.integers(1, 120),
    st.lists(st.tuples(st.none() | st.integers(0, 119), st.integers(0, 3), st.sampled_from(CHANGES)), max_size=3),
    st.sampled_from([(1 << 20, 1 << 16), (64, 40), (7, 12)]),
    st.sampled_from([(), ("case_sensitive",)]),
    st.sampled_from([(), ("space_change_sensitive",)]),
    st.sampled_from([("float_relative_tolerance", "0.05"), ("float_absolute_tolerance", "1e-6"), ("float_tolerance", "0")]),
)  # fmt: skip
def test_lines_like_each_other_are_judged_as_the_format_has_it_whatever_is_changed_in_them(
    line, count, changes, sizes, case, space, tolerance
):
    """In one line or in all of them: what is compared column by column, and where that does not do."""
    rows = [list(line) for _ in range(count)]
    for at, column, cell in changes:
        for row in rows if at is None else rows[at : at + 1]:
            row[column % len(row)] = cell
    answer, output = (
        b"".join(b" ".join(line) + b"\n" for _ in range(count)),
        b"".join(b" ".join(r) + b"\n" for r in rows),
    )
    said = compare(
        Bytes(answer), Bytes(output), Flags.parse(case + space + tolerance), chunk=sizes[0], longest=sizes[1]
    )
    kinds = ("float_relative_tolerance", "0", "float_absolute_tolerance", "0") if tolerance[1] == "0" else tolerance
    assert (said.opinion is Opinion.ACCEPTED) == bool(naive(answer, output, case + space + kinds, sizes[1])), said


NUMBERS = st.builds(
    lambda digits, exponent, negative: Decimal((negative, digits, exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=20).map(tuple),
    st.sampled_from([0, -1, -2, -5, -12, -20, 3, 15, 280, -300, -330]),
    st.integers(0, 1),
)
FORMS = ["{:f}", "{:e}", "{:E}", "+{:f}", "0{:f}", "{:f}."]
FACTORS = [
    "0",
    "0.5",
    "0.999999999999999",
    "0.99999999999999999999",
    "1",
    "1.00000000000000000001",
    "1.000000000000001",
    "2",
]


def written(value, form):
    """The number in this form; plainly where it would be none then."""
    text = form.format(value).encode()
    return f"{value:f}".encode() if number(text) is None else text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, st.sampled_from(FACTORS), st.sampled_from(FORMS)), min_size=1, max_size=6),
    st.sampled_from(["0", "1e-18", "1e-9", "1e-6", "0.25", "3"]),
    st.sampled_from([(), ("float_relative_tolerance",), ("float_absolute_tolerance",)]),
)  # fmt: skip
def test_numbers_are_near_exactly_where_fractions_are_however_they_are_written(numbers, tolerance, kinds):
    """Near the tolerance: all at once, pair by pair or in decimals, whichever decides."""
    kinds = kinds or ("float_relative_tolerance", "float_absolute_tolerance")
    args = tuple(word for kind in kinds for word in (kind, tolerance))
    tokens = []
    with localcontext(prec=400):
        for a, factor, form in numbers:
            off = Decimal(tolerance) * Decimal(factor) * (abs(a) if "float_relative_tolerance" in kinds else 1)
            tokens.append((f"{a:f}".encode(), written(a + off, form)))
    answer, output = (b" ".join(side) for side in zip(*tokens, strict=True))
    assert accepts(answer, output, *args) is all(bool(fits(a, s, args, 1 << 16)) for a, s in tokens)


@pytest.mark.parametrize("tolerance", ["0", "1e-400", "1e-320", "1e-9", "1", "1e400"])
@pytest.mark.parametrize(
    ("a", "s"),
    [
        ("1", "1.000000001"),
        ("1", "1.0000000010000000000000000001"),
        ("1", "1.00000000099999999999999999999"),
        ("0.1", "0.10000000000000000000001"),
        ("1e-320", "2e-320"),
        ("1e-400", "2e-400"),
        ("0", "1e-400"),
        ("1e400", "2e400"),
        ("1e399", "1e500"),
        ("9007199254740992", "9007199254740993"),
        ("1e300", "-1e300"),
    ],
)
@pytest.mark.parametrize("kind", ["float_relative_tolerance", "float_absolute_tolerance"])
def test_where_binary_numbers_are_not_exact_enough_decimals_decide(a, s, tolerance, kind):
    expected = bool(fits(a.encode(), s.encode(), (kind, tolerance), 99))
    assert accepts(a.encode(), s.encode(), kind, tolerance) is expected


def test_a_difference_far_in_is_found_and_what_follows_is_compared_again():
    line = b"".join(b"%d %d.5\n" % (n, n) for n in range(3000))
    assert accepts(line * 50, line * 20 + b"  " + line.replace(b"\n", b" \r\n") + line * 29)
    assert accepts(line * 50, line * 20 + line.replace(b".5", b".50000001") + line * 29, "float_tolerance", "1e-6")
    assert accepts(b"Yes " * 300_000, b"yes " * 100_000 + b"YES\n" * 200_000)
    said = compare(Bytes(line * 50), Bytes(line * 49 + line.replace(b"1234.5", b"1234.6")), Flags())
    assert said.message == f"line {49 * 3000 + 1235}, column 6: expected '1234.5', got '1234.6'"


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
    assert compare(Bytes(b"1 2 3"), Bytes(b"1 2 4 5"), Flags()).message == "line 1, column 5: expected '3', got '4'"
    assert (
        compare(Bytes(b"1 2 3"), Bytes(b"1 2"), Flags()).message
        == "line 1, column 4: expected '3', but the output ends"
    )
    assert compare(Bytes(b"1"), Bytes(b"1 " + b"x" * 99), Flags()).message.startswith(
        "line 1, column 3: expected no more, got 'x"
    )


def test_the_message_shows_escapes_and_does_not_obey_them():
    said = compare(Bytes(b"yes"), Bytes(b"\x1b[31mno\0"), Flags())
    assert "\x1b" not in said.message
    assert "line 1, column 1: " in said.message


def test_hundreds_of_megabytes_are_compared_in_the_memory_of_a_few_pieces():
    class Huge:
        """256 MiB of lines of 16 bytes, of which the last differs; nothing is held."""

        def __init__(self, last):
            self.lines, self.last = b"word 1 2.5 x y \n" * 70_000, last

        def read(self, size, offset=0):
            size = max(0, min(size, (256 << 20) - offset))
            data = self.lines[offset % 16 :][:size]
            assert len(data) == size
            return data if offset + size < 256 << 20 else data[:-2] + self.last

    tracemalloc.start()
    try:
        said = compare(Huge(b"z\n"), Huge(b"!\n"), Flags.parse(["float_tolerance", "1e-6"]))
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert said.message == f"line {16 << 20}, column 14: expected 'yz', got 'y!'"
