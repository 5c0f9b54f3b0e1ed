"""A package is its content: the same digest as folder and as zip, the same zip each time; and only whole ones are kept."""

import errno
import gc
import http.server
import io
import os
import shutil
import stat
import threading
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packages import files as files_module
from packages.files import PackageFiles, digest_of, unpack_zip, write_zip
from packages.findings import Findings
from packages.read import read_package
from packages.store import FolderStore, HttpStore, PackageCache, folder_store, store_of
from schemas.errors import ConfigError, DataError, DependencyError, PackageError
from schemas.settings import Settings
from tests.unit.packaging import PACKAGE, write


def zipped(target, files, prefix=""):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{prefix}{name}", content)
    return target


@pytest.fixture
def package(tmp_path):
    return read_package(write(tmp_path / "sum", PACKAGE))


def test_folder_and_zip_are_one_package(tmp_path, package):
    flat, nested = zipped(tmp_path / "flat.zip", PACKAGE), zipped(tmp_path / "nested.kpp", PACKAGE, "sum/")
    for path in (flat, nested):
        read = read_package(path)
        assert (read.digest, read.name, len(read.test_cases)) == (package.digest, package.name, len(package.test_cases))
        root = read.root
        assert root.exists()
        del read
        gc.collect()
        assert not root.exists()


def test_every_byte_and_every_name_counts(tmp_path, package):
    digests = {package.digest}
    for change in (
        {"data/secret/01.in": "2 4\n"},
        {
            "data/secret/01.in": None,
            "data/secret/01.ans": None,
            "data/secret/1.in": "2 3\n",
            "data/secret/1.ans": "5\n",
        },
    ):
        shutil.rmtree(package.root)
        digests.add(read_package(write(package.root, PACKAGE | change)).digest)
    assert len(digests) == 3


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}\.x)?", fullmatch=True), st.binary(max_size=200), max_size=8
    )
)
def test_a_zip_unpacks_to_what_it_was_made_of(tmp_path_factory, extra):
    root = tmp_path_factory.mktemp("root")
    folders = {name.split("/")[0] for name in extra if "/" in name}
    content = {name: data for name, data in extra.items() if "/" in name or name not in folders}
    write(root, content | {"problem.yaml": "x: 1\n"})
    one = PackageFiles(root, Findings("one"))
    first, second = io.BytesIO(), io.BytesIO()
    write_zip(one, first)
    write_zip(one, second)
    assert first.getvalue() == second.getvalue()
    archive, target = root.parent / f"{root.name}.zip", tmp_path_factory.mktemp("target")
    archive.write_bytes(first.getvalue())
    unpack_zip(archive, target)
    other = PackageFiles(target, Findings("other"))
    assert sorted(other) == sorted(one)
    assert digest_of(other) == digest_of(one)


def test_a_file_beyond_what_a_plain_zip_can_hold_is_kept(tmp_path, monkeypatch):
    large = b"1" * 2999 + b"\n"
    root = write(tmp_path / "sum", PACKAGE | {"data/secret/01.in": large})
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 2000)  # 2 GiB in truth
    kept = FolderStore(tmp_path / "store")
    digest = kept.put(read_package(root))
    assert PackageCache(kept, tmp_path / "cache").get(digest).test_cases[1].input.read_bytes() == large


def test_what_is_unpacked_can_be_read_by_submissions_whatever_the_umask_and_written_by_its_owner_alone(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("problem.yaml", "x: 1\n")
    for umask in (0o077, 0):
        target = tmp_path / f"{umask:o}"
        target.mkdir()
        before = os.umask(umask)
        try:
            unpack_zip(archive, target)
        finally:
            os.umask(before)
        assert stat.S_IMODE((target / "problem.yaml").stat().st_mode) == 0o644


BAD_ZIPS = [
    ({"../evil": "x"}, "'../evil' leads out of the package"),
    ({"a/../../evil": "x"}, "leads out of the package"),
    ({"/etc/evil": "x"}, "'/etc/evil' leads out of the package"),
    ({"a\\..\\evil": "x"}, "leads out of the package"),
    ({"C:/evil": "x"}, "leads out of the package"),
    ({"data": "x", "data/secret": "y"}, "one path is both a file and a folder"),
    ({"other/problem.yaml": "x", "sum/problem.yaml": "x"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("extra", "cause"), BAD_ZIPS, ids=[" ".join(e) for e, _ in BAD_ZIPS])
def test_a_zip_cannot_lead_out_of_its_folder(tmp_path, extra, cause):
    path = zipped(tmp_path / "sum.zip", ({"problem.yaml": "x"} if cause else {}) | extra)
    with pytest.raises(PackageError, match=r"sum\.zip: ") as refused:
        read_package(path)
    assert (cause or "problem.yaml: is there more than once") in str(refused.value)
    assert not (tmp_path / "evil").exists()


def test_links_in_a_zip_lead_to_files_of_the_package_or_nowhere(tmp_path, package):
    def linked(aim):
        path = zipped(tmp_path / "sum.zip", PACKAGE)
        with zipfile.ZipFile(path, "a") as archive:
            for name, content in (("data/secret/03.in", aim), ("data/secret/03.ans", "01.ans")):
                info = zipfile.ZipInfo(name)
                info.external_attr = 0o120777 << 16
                archive.writestr(info, content)
        return path

    case = read_package(linked("../sample/1.in")).test_cases[-1]
    assert case.name == "secret/03"
    for aim in ("/etc/passwd", "../../../../etc/passwd", "none", "03.ans"):
        with pytest.raises(PackageError, match=r"data/secret/03\.in: is a symbolic link that leads to no file"):
            read_package(linked(aim))


def test_a_link_to_a_folder_in_a_zip_is_what_it_is_in_a_folder(tmp_path):
    def linked(aim, name="data/secret/more"):
        path = zipped(tmp_path / "sum.zip", PACKAGE)
        with zipfile.ZipFile(path, "a") as archive:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, aim)
        return path

    root = write(tmp_path / "sum", PACKAGE)
    (root / "data/secret/more").symlink_to("../sample")
    package = read_package(linked("../sample"))
    assert package.digest == read_package(root).digest
    assert [case.name for case in package.test_cases][-1] == "secret/more/1"
    for aim in (".", "..", "../..", "../../.."):
        with pytest.raises(PackageError, match=r"data/secret/more: is a symbolic link that leads to no file"):
            read_package(linked(aim))


def test_what_is_no_whole_zip_is_refused(tmp_path):
    good = zipped(tmp_path / "sum.zip", PACKAGE).read_bytes()
    damaged = bytearray(good)
    damaged[200] ^= 0xFF
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[good.index(b"PK\x01\x02") + 8] |= 1
    for bad in (b"", b"no zip", good[: len(good) // 2], bytes(damaged), bytes(encrypted)):
        (tmp_path / "sum.zip").write_bytes(bad)
        with pytest.raises(PackageError, match=r"sum\.zip: "):
            read_package(tmp_path / "sum.zip")


def test_a_bomb_is_stopped_by_what_comes_out_not_by_what_it_claims(tmp_path, monkeypatch):
    monkeypatch.setattr(files_module, "MAX_FILE", 1 << 20)
    monkeypatch.setattr(files_module, "MAX_TOTAL", 3 << 20)
    monkeypatch.setattr(files_module, "MAX_FILES", 50)
    for bomb in (
        {"data/a": bytes(2 << 20)},
        {f"data/{n}": bytes(1 << 19) for n in range(9)},
        {f"d/{n}": "" for n in range(60)},
    ):
        path = zipped(tmp_path / "sum.zip", PACKAGE | bomb)
        raw = bytearray(path.read_bytes())
        at = raw.rindex(b"PK\x01\x02")
        raw[at + 24 : at + 28] = (1).to_bytes(4, "little")  # the last member claims to be small
        path.write_bytes(raw)
        with pytest.raises(PackageError):
            read_package(path)
        root = write(tmp_path / "sum", PACKAGE | bomb)
        with pytest.raises(PackageError, match="sum"):
            read_package(root)
        shutil.rmtree(root)


def test_a_folder_keeps_packages_by_their_digest(tmp_path, package):
    store = FolderStore(tmp_path / "store")
    assert store.digests() == []
    assert store.put(package) == store.put(package) == package.digest
    assert store.digests() == [package.digest]
    assert [p.name for p in (tmp_path / "store").iterdir()] == [f"{package.digest}.zip"]
    assert read_package(store.path(package.digest)).digest == package.digest
    with pytest.raises(DependencyError, match="podium problem add"):
        store.fetch("0" * 64, tmp_path / "x.zip")
    with pytest.raises(DataError, match="no digest"):
        store.path("../../etc/passwd")


def test_which_store_the_settings_name(tmp_path):
    assert isinstance(store_of(Settings(home=tmp_path)), FolderStore)
    far = Settings(home=tmp_path, store="http://127.0.0.1:1/")
    assert isinstance(store_of(far), HttpStore)
    with pytest.raises(ConfigError, match="PODIUM_STORE"):
        folder_store(far)
    with pytest.raises(DependencyError, match="127"):
        store_of(far).fetch("0" * 64, tmp_path / "x.zip")


@pytest.fixture
def served(tmp_path, package):
    """An api that gives packages to who has the token; (URL, what was asked)."""
    store, asked = FolderStore(tmp_path / "store"), []
    store.put(package)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            path = store.path(self.path.rpartition("/")[2])
            right = self.headers["Authorization"] == "Bearer judges-only"
            self.send_response(401 if not right else 200 if path.exists() else 404)
            self.end_headers()
            if right and path.exists():
                self.wfile.write(path.read_bytes())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_judge_far_away_fetches_a_package_once(tmp_path, package, served):
    url, asked = served
    cache = PackageCache(HttpStore(url, "judges-only"), tmp_path / "cache")
    threads = [threading.Thread(target=cache.get, args=(package.digest,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get(package.digest).digest == package.digest
    assert asked == [f"/packages/{package.digest}"]
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [package.digest]
    again = PackageCache(HttpStore(url, "wrong now"), tmp_path / "cache")
    assert again.get(package.digest).name == "Sum"
    with pytest.raises(DependencyError, match="404"):
        cache.get("0" * 64)
    with pytest.raises(DependencyError, match="401"):
        again.get("1" * 64)


def test_a_damaged_copy_is_fetched_again(tmp_path, package, served):
    url, asked = served
    for damage in ({"data/secret/01.ans": "6\n"}, {"problem.yaml": "name: [\n"}):
        PackageCache(HttpStore(url, "judges-only"), tmp_path / "cache").get(package.digest)
        write(tmp_path / "cache" / package.digest, damage)
        fresh = PackageCache(HttpStore(url, "judges-only"), tmp_path / "cache").get(package.digest)
        assert fresh.digest == package.digest
        assert fresh.test_cases[1].answer.read_text() == "5\n"
    assert len(asked) == 3


def test_a_copy_that_goes_away_is_fetched_again_when_it_is_asked_for(tmp_path, package, served):
    url, asked = served
    cache = PackageCache(HttpStore(url, "judges-only"), tmp_path / "cache")
    cache.get(package.digest)
    shutil.rmtree(tmp_path / "cache")
    cache.forget(package.digest)
    assert cache.get(package.digest).test_cases[1].answer.read_text() == "5\n"
    cache.forget(package.digest)
    cache.get(package.digest)
    assert len(asked) == 2


@pytest.mark.parametrize("how", ["removed", "emptied", "changed", "forgotten"])
def test_a_judge_knows_whether_it_still_holds_a_package(tmp_path, package, how):
    """A disk that was cleaned, or a file of it that was lost: what a host claims to have is what it can judge with."""
    store = FolderStore(tmp_path / "store")
    digest = store.put(package)
    cache = PackageCache(store, tmp_path / "cache")
    assert not cache.holds(digest)
    cache.get(digest)
    store.path(digest).unlink()
    assert cache.holds(digest), "its own copy is enough"
    answer = tmp_path / "cache" / digest / "data" / "secret" / "01.ans"
    match how:
        case "removed":
            shutil.rmtree(tmp_path / "cache")
        case "emptied":
            answer.write_bytes(b"")
        case "changed":
            answer.write_text("6\n")
            os.utime(answer, ns=(0, 0))
        case "forgotten":
            cache.forget(digest)
    assert not cache.holds(digest)
    store.put(package)
    cache.get(digest)
    assert cache.holds(digest)


def test_a_package_that_one_slot_forgets_while_another_asks_for_it_is_given(tmp_path, package):
    store = FolderStore(tmp_path / "store")
    store.put(package)
    cache = PackageCache(store, tmp_path / "cache")
    forgets = threading.Thread(target=cache.forget, args=(package.digest,))

    class Packages(dict):
        def __setitem__(self, digest, opened):
            super().__setitem__(digest, opened)
            forgets.start()
            forgets.join(0.2)  # it has to wait for us: longer shows no more

    cache._packages = Packages()
    assert cache.get(package.digest).digest == package.digest
    forgets.join()
    assert not cache._packages


def test_one_package_does_not_wait_for_another(tmp_path, package):
    folder = FolderStore(tmp_path / "store")
    folder.put(package)
    slow, other = threading.Event(), threading.Event()

    class Store:
        def fetch(self, digest, target):
            if digest == "0" * 64:
                slow.set()
                assert other.wait(60)
            folder.fetch(digest, target)

    cache = PackageCache(Store(), tmp_path / "cache")

    def get():
        with pytest.raises(DependencyError):
            cache.get("0" * 64)

    thread = threading.Thread(target=get)
    thread.start()
    assert slow.wait(60)
    assert cache.get(package.digest).digest == package.digest
    other.set()
    thread.join()


def test_a_full_disk_is_waited_for(tmp_path, package, served, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    url, _ = served
    cache = PackageCache(HttpStore(url, "judges-only"), tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setattr("packages.store.tempfile.TemporaryDirectory", full)
        with pytest.raises(DependencyError, match="No space left"):
            cache.get(package.digest)
    assert cache.get(package.digest).digest == package.digest


def test_a_truncated_zip_is_replaced(tmp_path, package):
    store = FolderStore(tmp_path / "store")
    store.put(package)
    path = store.path(package.digest)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    store.put(package)
    assert path.read_bytes() == whole


def test_another_package_than_the_one_asked_for_is_never_used(tmp_path, package):
    class Wrong:
        def __init__(self, content):
            self.content = content

        def fetch(self, digest, target):
            target.write_bytes(self.content)

    store = FolderStore(tmp_path / "store")
    store.put(package)
    right = store.path(package.digest).read_bytes()
    for content in (right, right[:100], b"<html>"):
        with pytest.raises(DependencyError):
            PackageCache(Wrong(content), tmp_path / "cache").get("a" * 64)
