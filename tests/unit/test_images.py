"""What an image's bytes say of it: PNG, JPEG and SVG, and what is none of them."""

import base64
import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.inert import INERT, MOST, inert
from clics.images import Image, image_of
from podium.demo.pictures import banner_svg, mark_png, mark_svg, team_svg
from schemas.errors import DataError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}/>'


def jpeg(width, height, frame=0xC0):
    """The beginning of a JPEG: JFIF's segment, a table, fill bytes, a frame."""
    head = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    table = b"\xff\xc4" + struct.pack(">H", 21) + bytes(19)
    frame = b"\xff\xff" + bytes([frame]) + struct.pack(">H", 2 + len(head)) + head
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9) + table + frame + b"\xff\xd9"


def test_sizes_of_png_and_jpeg():
    assert image_of(mark_png("x", 56)) == Image("image/png", 56, 56)
    assert image_of(jpeg(640, 480)) == Image("image/jpeg", 640, 480)
    assert image_of(jpeg(640, 480, frame=0xC2)) == Image("image/jpeg", 640, 480), "a progressive one"


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="160" height="80"', (160, 80)),
        ('width="1in" height="72pt"', (96, 96)),
        ('width="100%" height="100%" viewBox="0 0 300 200"', (300, 200)),
        ('viewBox="0,0,1.5,0.5"', (1000, 333)),
        ('width="64" viewBox="0 0 32 16"', (64, 32)),
        ('height="64" viewBox="0 0 32 16"', (128, 64)),
        ('viewBox="0 0 0 16"', (None, None)),
        ("", (None, None)),
    ],
)
def test_the_viewport_of_an_svg(attributes, size):
    assert image_of(SVG.format(attributes).encode()) == Image("image/svg+xml", *size)


def test_the_styles_of_a_picture_are_allowed_and_no_others():
    picture = """<svg xmlns="http://www.w3.org/2000/svg"><style><![CDATA[a > b {}]]>&amp;</style>
        <g style="fill:red"><g style="fill:red"/></g><other xmlns="urn:other"><style>x</style></other></svg>"""
    allowed = [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in (b"a > b {}&", b"fill:red")]
    policy = "default-src 'none'; style-src 'unsafe-hashes' {}; sandbox"
    assert inert("image/svg+xml", picture.encode()) == policy.format(" ".join(f"'sha256-{one}'" for one in allowed))
    many = SVG.format("").replace("/>", ">") + "".join(f'<g style="x:{n}"/>' for n in range(MOST + 1)) + "</svg>"
    for data in (many, "no picture", '<svg xmlns="http://www.w3.org/2000/svg"/>'):
        assert inert("image/svg+xml", data.encode()) == INERT
    assert inert("text/html", picture.encode()) == INERT


def test_the_demos_pictures_have_sizes():
    for text in (banner_svg(), mark_svg("a"), team_svg("b")):
        found = image_of(text.encode())
        assert found.mime == "image/svg+xml"
        assert found.width
        assert found.height


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + bytes(20),
        b"\xff\xd8\xff\xd9",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<svg/>",
        SVG.format("").encode()[:-1],
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
            b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
        ) + b']><svg xmlns="http://www.w3.org/2000/svg">&m;</svg>',
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused(data):
    with pytest.raises(DataError):
        image_of(data)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"<svg "]))
def test_any_bytes_are_an_image_or_refused(data, begin):
    try:
        found = image_of(begin + data)
    except DataError:
        return
    assert found.width is None or found.width > 0
