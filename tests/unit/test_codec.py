"""Records survive their bytes, whatever wrote them; bytes that are no record of ours are refused with a reason."""

import dataclasses
import io
import json
import types
import typing

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro_types import schema_of
from schemas.codec import RECORDS, Codec, SingleObject, codec, fingerprint
from schemas.errors import DecodeError
from schemas.events import Judgement, Submission, Tick

LONG = st.integers(-(2**63), 2**63 - 1)


def values(hint):
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.none() | values(next(a for a in args if a is not type(None)))
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), values(args[1]), max_size=3)
    if dataclasses.is_dataclass(hint):
        return records(hint)
    return {str: st.text(max_size=20), int: LONG, bool: st.booleans(), bytes: st.binary(max_size=20)}[hint]


def records(cls):
    return st.builds(cls, **{name: values(hint) for name, hint in typing.get_type_hints(cls).items()})


@settings(max_examples=5, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_a_record_survives_its_bytes(cls, data):
    record = data.draw(records(cls))
    assert codec().decode(codec().encode(record)) == record
    assert codec().peek(codec().encode(record)) is cls


def plain(value):
    """What fastavro's writer takes."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


@settings(max_examples=5, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_the_bytes_are_those_of_another_writer_of_avro(cls, data):
    record, out = data.draw(records(cls)), io.BytesIO()
    fastavro.schemaless_writer(out, schema_of(cls), plain(record))
    assert codec().encode(record)[10:] == out.getvalue()


@pytest.mark.parametrize("beyond", [2**63, -(2**63) - 1, 2**80])
def test_a_number_beyond_64_bits_has_no_bytes(beyond):
    with pytest.raises(OverflowError, match="64 bits"):
        codec().encode(dataclasses.replace(TICK, real_ms=beyond))


TICK = Tick(recorded_at=1, recorded_by="clock-1", real_ms=2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "C3 01"),
        (b"not avro at all", "C3 01"),
        (b"\xc3\x01short", "C3 01"),
        (b"\xc3\x01" + b"\0" * 8 + b"body", "schema 0000000000000000 is unknown"),
        (codec().encode(TICK)[:-1], "does not fit"),
        (codec().encode(TICK) + b"more", "4 bytes are left over"),
    ],
)
def test_bytes_that_are_no_record_are_refused_with_the_reason(data, reason):
    with pytest.raises(DecodeError, match=reason):
        codec().decode(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(RECORDS))
def test_no_body_whatever_makes_the_codec_raise_anything_but_decode_errors(body, cls):
    header = codec().encode  # any bytes behind a good header
    data = b"\xc3\x01" + fingerprint(schema_of(cls)) + body
    try:
        codec().decode(data)
    except DecodeError:
        pass
    assert header


def test_what_an_older_schema_wrote_is_read_with_the_defaults_of_what_it_lacks(tmp_path):
    schema = schema_of(Judgement)
    schema["fields"] = [f for f in schema["fields"] if f["name"] not in ("environment", "group_scores")]
    print_ = fingerprint(schema)
    (tmp_path / f"{print_.hex()}.avsc").write_text(json.dumps(schema))
    new = Judgement(
        contest="c", recorded_at=1, recorded_by="q", submission_id="s", team_id="t", problem_id="p", language_id="c",
        submitted_at=1, judging=0, attempt=1, verdict="AC", started_at=1, ended_at=2,
    )  # fmt: skip
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), dataclasses.asdict(new))
    reader = Codec(SingleObject(), history=tmp_path)
    assert reader.decode(b"\xc3\x01" + print_ + out.getvalue()) == new


def test_the_fingerprint_is_the_avro_specifications():
    assert fingerprint({"type": "record", "name": "x", "fields": []}) != fingerprint(schema_of(Submission))
    canonical = fastavro.schema.fingerprint('"int"', "CRC-64-AVRO")
    assert canonical == "8f5c393f1ad57572"  # 0x7275d51a3f395c8f, least significant byte first
