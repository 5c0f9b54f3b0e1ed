"""A package's zip with flipped bytes is a package or is refused with its reason."""

import io
import zipfile

import pytest

from packages.files import unpack_zip
from schemas.errors import PackageError


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str)
def test_a_zip_with_flipped_bytes(tmp_path, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("problem.yaml", "name: Sums\n" * 20)
    good = out.getvalue()
    refused = 0
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0xFF
        source, target = tmp_path / "bad.zip", tmp_path / str(at)
        source.write_bytes(bad)
        target.mkdir()
        try:
            unpack_zip(source, target)
        except PackageError:
            refused += 1
    assert refused > len(good) / 3
