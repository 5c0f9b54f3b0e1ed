"""What is sent as a submission comes from strangers: it is a draft, or it is refused with a reason."""

import base64
import io
import zipfile

import orjson
import pytest
from fastapi import HTTPException
from starlette.datastructures import Headers

from api.intake import MAX_SOURCE, Draft, digest_of, parse
from schemas.definition import FileData

JSON = Headers({"content-type": "application/json"})


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def packed(*members: tuple[str, bytes]) -> str:
    return base64.b64encode(zipped(*members)).decode()


def body(**more) -> bytes:
    data = {"problem_id": "a", "language_id": "cpp", "files": [{"data": packed(("a.cpp", b"x"))}]}
    return orjson.dumps(data | more)


async def test_json_with_a_zip_is_a_draft():
    draft = await parse(JSON, body(entry_point="Main", time="2026-01-01T10:00:00Z"))
    assert draft.files == (FileData("a.cpp", b"x"),)
    assert (draft.problem_id, draft.entry_point, draft.time) == ("a", "Main", 1767261600000)


BAD = {
    "no json": b"{",
    "no object": b"[]",
    "not utf-8": b'{"problem_id": "\xff"}',
    "no problem": body(problem_id=None),
    "number for a text": body(problem_id=5),
    "an id that is none": body(problem_id="../x"),
    "no files": body(files=None),
    "two archives": body(files=[{"data": packed(("a", b"x"))}] * 2),
    "another mime type": body(files=[{"data": packed(("a", b"x")), "mime": "text/plain"}]),
    "no base64": body(files=[{"data": "***"}]),
    "no zip": body(files=[{"data": base64.b64encode(b"hello").decode()}]),
    "a broken zip": body(files=[{"data": packed(("a.cpp", b"x" * 5000))[:80] + "AAAA"}]),
    "an empty zip": body(files=[{"data": packed()}]),
    "an empty source": body(files=[{"data": packed(("a.cpp", b""))}]),
    "a folder": body(files=[{"data": packed(("dir/a.cpp", b"x"))}]),
    "a way out": body(files=[{"data": packed(("../a.cpp", b"x"))}]),
    "an option for the compiler": body(files=[{"data": packed(("-o.cpp", b"x"))}]),
    "a hidden file": body(files=[{"data": packed((".a.cpp", b"x"))}]),
    "too many files": body(files=[{"data": packed(*((f"f{n}", b"x") for n in range(65)))}]),
    "packed in a way that takes memory": body(
        files=[{"data": base64.b64encode(zipped(("a.cpp", b"x" * 99), method=zipfile.ZIP_LZMA)).decode()}]
    ),
    "brackets without end": b'{"files": ' + b"[" * 100_000,
    "a time that is none": body(time="yesterday"),
    "a time without a zone": body(time="2026-01-01T10:00:00"),
    "a time before the year 1": body(time="0001-01-01T00:00:00+01:00"),
    "a time after the year 9999": body(time="9999-12-31T23:59:59-01:00"),
    "a time that no schema knows": body(time="3000-01-01T00:00:00Z"),
    "a contest time without end": body(time="2026-01-01T10:00:00Z", contest_time="1" * 5000 + ":00:00"),
    "a strange entry point": body(entry_point="a; rm -rf"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_submission_is_refused_with_a_reason(what):
    with pytest.raises(HTTPException) as caught:
        await parse(JSON, BAD[what])
    assert caught.value.status_code == 400
    assert caught.value.detail


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=str)
async def test_a_zip_with_flipped_bytes_is_a_draft_or_refused(method):
    """Wherever the damage is: in the names, in the directory, or in what a decompressor is given."""
    good = zipped(("a.cpp", b"int main() { return 0; }\n" * 20), method=method)
    refused = 0
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0xFF
        try:
            await parse(JSON, body(files=[{"data": base64.b64encode(bad).decode()}]))
        except HTTPException as error:
            assert error.status_code in (400, 413), at  # noqa: PT017  # some are good zips still
            refused += 1
    assert refused > len(good) / 3


@pytest.mark.parametrize(
    "members",
    [
        [("a.cpp", b"x" * (MAX_SOURCE + 1))],
        [("a.cpp", b"x" * MAX_SOURCE), ("b.cpp", b"x")],
    ],
)
async def test_a_bomb_is_too_large_whatever_it_was_packed_to(members):
    with pytest.raises(HTTPException) as caught:
        await parse(JSON, body(files=[{"data": packed(*members)}]))
    assert caught.value.status_code == 413


async def test_a_zip_of_files_without_number_is_not_even_opened(monkeypatch):
    many = body(files=[{"data": packed(*((f"f{n}", b"x") for n in range(3000)))}])
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(HTTPException, match="at most 64 files"):
        await parse(JSON, many)


async def test_another_type_of_body_is_not_accepted():
    with pytest.raises(HTTPException) as caught:
        await parse(Headers({"content-type": "text/plain"}), b"int main() {}")
    assert caught.value.status_code == 415


def test_a_digest_is_of_everything_that_was_sent():
    base = Draft("a", "cpp", (FileData("a", b"xy"), FileData("b", b"")))
    others = [
        Draft("b", "cpp", base.files),
        Draft("a", "c", base.files),
        Draft("a", "cpp", (FileData("a", b"x"), FileData("b", b"y"))),
        Draft("a", "cpp", (FileData("a", b"xy"),)),
        Draft("a", "cpp", base.files, entry_point="a"),
        Draft("a", "cpp", base.files, time=1),
    ]
    digests = {digest_of(one, "t") for one in [base, *others]} | {digest_of(base, "u")}
    assert len(digests) == len(others) + 2
    assert digest_of(base, "t") == digest_of(Draft("a", "cpp", base.files, team_id="t"), "t")
