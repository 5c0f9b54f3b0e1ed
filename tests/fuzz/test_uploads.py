"""Whatever is uploaded: it is a draft that was meant, or it is refused with 400, 413 or 415, in bounded time and memory."""

import base64
import io
import re
import zipfile

import orjson
from fastapi import HTTPException
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from api.intake import MAX_FILES, MAX_SOURCE, Draft, parse
from schemas.ids import check_id

FAST = settings(max_examples=60, deadline=None, derandomize=True, database=None)
JSON = Headers({"content-type": "application/json"})
FORM = Headers({"content-type": "multipart/form-data; boundary=b"})

names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,10}", fullmatch=True)
any_names = st.one_of(
    names,
    st.sampled_from(["../a", "/etc/passwd", "a/b", "a\\b", ".a", "-o", "a\0b", "con:"]),
    st.text(min_size=1, max_size=8),
)
sources = st.dictionaries(names, st.binary(min_size=1, max_size=200), min_size=1, max_size=4)


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def body(packed, **more):
    data = base64.b64encode(packed).decode() if isinstance(packed, bytes) else packed
    return orjson.dumps({"problem_id": "a", "language_id": "cpp", "files": [{"data": data}]} | more)


async def taken(headers, sent):
    """The draft; None where it is refused as it should be."""
    refused = None
    try:
        draft = await parse(headers, sent)
    except HTTPException as error:
        refused = error
    if refused is not None:
        assert refused.status_code in (400, 413, 415)
        assert refused.detail
        return None
    sound(draft)
    return draft


def sound(draft):
    """What a judge may be given."""
    assert isinstance(draft, Draft)
    assert 1 <= len(draft.files) <= MAX_FILES
    assert 0 < sum(len(file.data) for file in draft.files) <= MAX_SOURCE
    assert len({file.name for file in draft.files}) == len(draft.files)
    for file in draft.files:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}", file.name)
    for one in (draft.problem_id, draft.language_id, draft.team_id, draft.id):
        assert one is None or check_id(one, "id") == one


@FAST
@given(sources, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
async def test_a_zip_comes_out_as_it_went_in(files, method):
    draft = await taken(JSON, body(zipped(files.items(), method)))
    assert draft is not None
    assert {file.name: file.data for file in draft.files} == files


@FAST
@given(sources, st.data())
async def test_a_zip_that_was_damaged_anywhere_is_a_sound_draft_or_refused(files, data):
    packed = bytearray(zipped(files.items()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not packed:
            break
    await taken(JSON, body(bytes(packed)))


@FAST
@given(st.lists(st.tuples(any_names, st.binary(max_size=20)), max_size=4, unique_by=lambda one: one[0]))
async def test_a_zip_with_any_names_is_a_sound_draft_or_refused(members):
    await taken(JSON, body(zipped(members)))


async def test_a_zip_that_unpacks_to_far_more_is_refused_unread():
    bomb = zipped([("a.cpp", b"0" * (200 * MAX_SOURCE))])
    assert len(bomb) < MAX_SOURCE
    assert await taken(JSON, body(bomb)) is None


@FAST
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
@example(b"{")
@example(b'{"files": [{"data": "' + b"A" * 1000)
async def test_any_bytes_as_json_are_refused(sent):
    assert await taken(JSON, sent) is None


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
PROPERTIES = ("problem_id", "language_id", "team_id", "id", "time", "entry_point", "files", "reaction")


@FAST
@given(sources, st.dictionaries(st.sampled_from(PROPERTIES), anything, min_size=1, max_size=3))
async def test_any_values_of_properties_make_a_sound_draft_or_are_refused(files, changed):
    try:
        sent = body(zipped(files.items()), **changed)
    except TypeError:
        return  # that is no JSON
    await taken(JSON, sent)


@FAST
@given(st.text(max_size=60))
async def test_any_text_as_base64_is_refused(text):
    assert await taken(JSON, body(text)) is None


# ---- forms ------------------------------------------------------------------------------------------------------------


def form(fields, files, boundary=b"b"):
    parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (n.encode(), v.encode()) for n, v in fields]
    head = b'Content-Disposition: form-data; name="code"; filename="%s"\r\n\r\n%s'
    parts += [head % (name.encode(), data) for name, data in files]
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


FIELDS = (("problem_id", "a"), ("language_id", "cpp"))


@FAST
@given(sources)
async def test_a_form_comes_out_as_it_went_in(files):
    if any(b"--b" in data for data in files.values()):
        return  # a client chooses a boundary that is not in its files
    draft = await taken(FORM, form(FIELDS, files.items()))
    assert draft is not None
    assert {file.name: file.data for file in draft.files} == files


@FAST
@given(sources, st.data())
async def test_a_form_that_was_damaged_anywhere_is_a_sound_draft_or_refused(files, data):
    sent = bytearray(form(FIELDS, files.items()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(sent) - 1))
        sent[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
        if not sent:
            break
    await taken(FORM, bytes(sent))


@FAST
@given(
    st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff"])
    | st.text(max_size=30).map(lambda text: f"multipart/form-data; {text}"),
    st.binary(max_size=100),
)
async def test_any_content_type_of_a_form_is_refused(kind, sent):
    headers = Headers(raw=[(b"content-type", kind.encode("latin-1", "replace"))])
    assert await taken(headers, sent) is None


@FAST
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=20), any_names)
async def test_any_fields_and_file_names_make_a_sound_draft_or_are_refused(fields, name):
    await taken(FORM, form([*FIELDS, *fields], [(name, b"x")]))
