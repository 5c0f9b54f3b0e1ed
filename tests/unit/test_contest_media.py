"""Pictures and other files of a contest package: found, measured, refused with a reason, and written again."""

import hashlib
import json
import re

import pytest

from clics.api_advice import api_advice
from clics.contest_package import read_contest_package
from clics.fold import fold
from clics.objects import organization, team
from clics.package_export import configuration_files, dumped, media_files
from clics.state import State
from packages.media import FolderMedia, folder_media, media_of
from podium.demo.pictures import mark_png, mark_svg
from schemas.definition import Media
from schemas.errors import ConfigError, DataError, DependencyError, PackageError
from schemas.events import Definition, Organization, Person, Team
from schemas.settings import Settings

HEAD = {"contest": "c1", "recorded_at": 1, "recorded_by": "test"}
PNG, SVG = mark_png("kth", 56), mark_svg("kth").encode()


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "c1"
    put(root, "contest.yaml", b"id: c1\nname: C\nduration: 5:00:00\nlocation: {latitude: 64.1, longitude: -21.9}\n")
    told(root, "organizations", {"id": "kth", "name": "KTH", "location": {"latitude": 59, "longitude": 18.1}})
    told(root, "teams", {"id": "1", "name": "One", "organization_id": "kth"})
    told(root, "persons", {"id": "p", "name": "P", "role": "other"})
    return root


def put(root, name, data):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def told(root, endpoint, *objects):
    put(root, f"{endpoint}.json", json.dumps(objects).encode())


def test_files_are_found_by_their_usual_names(root):
    put(root, "contest/banner.dark.light.svg", SVG)
    put(root, "organizations/kth/logo.dark.56x56.png", PNG)
    put(root, "organizations/kth/country_flag.png", PNG)
    put(root, "teams/1/photo.PNG", PNG)
    put(root, "teams/1/video.mp4", b"film")
    put(root, "persons/p/photo.svg", SVG)
    package = read_contest_package(root)
    assert package.warnings == ()
    (banner,) = package.contest["media"]
    assert (banner.property, banner.mime, banner.tags) == ("banner", "image/svg+xml", ("dark", "light"))
    flag, logo = package.organizations[0]["media"]
    sha, md5 = hashlib.sha256(PNG).hexdigest(), hashlib.md5(PNG).hexdigest()
    assert flag == Media("country_flag", "country_flag.png", "image/png", sha, None, md5, len(PNG), 56, 56)
    assert (logo.property, logo.width, logo.height, logo.tags) == ("logo", 56, 56, ("dark",))
    assert [(m.property, m.mime) for m in package.teams[0]["media"]] == [
        ("photo", "image/png"),
        ("video", "video/mp4"),
    ]
    assert {path.read_bytes() for path in package.media.values()} == {PNG, SVG, b"film"}


def test_references_say_more_than_names_and_come_first(root):
    put(root, "organizations/kth/56px", PNG)
    put(root, "organizations/kth/logo.svg", SVG)
    logo = [
        {"filename": "56px", "href": "http://gone.example/56px", "mime": "image/png", "tag": ["light"], "width": 56, "height": 56},
        {"href": "https://elsewhere.example/logo/big.jpg", "mime": "image/jpeg", "width": 640, "height": 480, "hash": "ab"},
    ]  # fmt: skip
    told(root, "organizations", {"id": "kth", "name": "KTH", "logo": logo})
    desktop = [{"href": "http://cds.example/stream/1", "filename": "desktop", "mime": "video/x-any"}]
    told(root, "teams", {"id": "1", "name": "One", "desktop": desktop})
    package = read_contest_package(root)
    near, far, usual = package.organizations[0]["media"]
    assert (near.filename, near.href, near.tags, near.digest) == (
        "56px",
        None,
        ("light",),
        hashlib.sha256(PNG).hexdigest(),
    )
    assert (far.filename, far.href, far.digest, far.hash) == (
        "big.jpg",
        "https://elsewhere.example/logo/big.jpg",
        "",
        "ab",
    )
    assert usual.filename == "logo.svg"
    made = team(Team(**HEAD, **package.teams[0]))
    assert made["desktop"] == [desktop[0]], "a stream's address is kept as it is"
    assert package.warnings == ()


def reference(**said):
    return [{"filename": "x.png", **said}]


@pytest.mark.parametrize(
    ("file", "data", "says"),
    [
        ("organizations/kth/logo.gif", b"GIF89a", "organizations/kth/logo.gif: logo: takes png, jpg, jpeg, svg"),
        ("organizations/kth/logo.png", SVG, "organizations/kth/logo.png: logo: is image/svg+xml"),
        ("organizations/kth/logo.png", b"PNG", "organizations/kth/logo.png: logo: is no PNG or JPEG, and no SVG"),
        ("organizations/kth/logo.png", b"", "organizations/kth/logo.png: logo: has 0 bytes"),
        ("organizations/kth/logo.png", bytes(10_000_001), "at most 10000000: make it smaller"),
        ("organizations/kth/logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "has no size: give it a viewBox"),
        ("teams/1/backup.rar", b"x", "teams/1/backup.rar: backup: takes zip"),
        ("teams/1/photo.mp4", b"x", "teams/1/photo.mp4: photo: takes png"),
    ],
)
def test_a_file_that_will_not_do_is_refused_and_says_why(root, file, data, says):
    put(root, file, data)
    with pytest.raises(PackageError, match=re.escape(says)):
        read_contest_package(root)


@pytest.mark.parametrize(
    ("logo", "says"),
    [
        ("logo.png", "organizations.json: kth: logo: expected a list of file references"),
        (reference(), "organizations/kth/x.png: logo: the package has no such file: put it there, or give its URL"),
        (reference(href="contests/c/logo"), "the package has no such file: put it there, or give its URL"),
        (reference(href="javascript:alert(1)"), "the package has no such file: put it there, or give its URL"),
        (reference(href="https://x.example/x.png"), "so its reference needs width and height"),
        (reference(filename="../../secret.png"), "filename: expected the name of a file without a folder"),
        (reference(width=0), "expected a number of pixels"),
        (reference(tag="dark"), "tag: expected a list of texts"),
        (reference(href="https://x.example/", mime="text/html", width=1, height=1), "mime: takes png, jpg, jpeg, svg"),
    ],
)
def test_a_reference_that_will_not_do_is_refused_and_says_why(root, logo, says):
    told(root, "organizations", {"id": "kth", "name": "KTH", "logo": logo})
    with pytest.raises(PackageError, match=re.escape(says)):
        read_contest_package(root)


def test_a_link_that_leads_out_and_a_file_told_twice_are_refused(root, tmp_path):
    secret = put(tmp_path, "secret.png", PNG)
    (root / "organizations/kth").mkdir(parents=True)
    (root / "organizations/kth/logo.png").symlink_to(secret)
    put(root, "contest/logo.svg", SVG)
    put(
        root,
        "contest.yaml",
        (root / "contest.yaml").read_bytes() + b"logo: [{filename: logo.svg}]\nbanner: [{filename: logo.svg}]\n",
    )
    with pytest.raises(PackageError) as refused:
        read_contest_package(root)
    assert "logo.png: logo: is a symbolic link that leads out of the package" in str(refused.value)
    assert "contest/logo.svg: is referred to twice" in str(refused.value)


def test_what_is_of_nobody_or_not_as_it_says_is_warned_of(root):
    put(root, "organizations/mit/logo.png", PNG)
    put(root, "organizations/kth/logo.160x160.png", PNG)
    put(root, "organizations/kth/readme.txt", b"hello")
    told(root, "persons", {"id": "p", "name": "P", "role": "other", "photo": [{"filename": "p.png", "hash": "00"}]})
    put(root, "persons/p/p.png", PNG)
    warnings = "\n".join(read_contest_package(root).warnings)
    for one in (
        "organizations/mit: is not used: organizations has no 'mit'",
        "organizations/kth/logo.160x160.png: is 56x56 pixels, not 160x160",
        "organizations/kth/readme.txt: is not used",
        "persons/p/p.png: its MD5 is",
    ):
        assert one in warnings


def test_places_accounts_and_versions_are_kept(root):
    put(root, "accounts.yaml", b"- {id: a, username: a, type: judge, ip: '2001:DB8::1', person_id: p}\n")
    told(root, "languages", {"id": "java", "name": "Java", "compiler": {"command": "javac", "version": "javac 17"}})
    package = read_contest_package(root)
    assert package.warnings == ()
    assert package.contest["location"] == '{"latitude": 64.1, "longitude": -21.9}'
    assert package.organizations[0]["location"] == '{"latitude": 59, "longitude": 18.1}'
    assert (package.accounts[0].ip, package.accounts[0].person_id) == ("2001:db8::1", "p")
    assert package.contest["languages"][0].compiler_version == "javac 17"
    put(root, "accounts.yaml", b"- {id: a, username: a, type: judge, ip: 10.0.0, person_id: q}\n")
    put(root, "contest.yaml", b"id: c1\nname: C\nduration: 5:00:00\nlocation: {latitude: 91, longitude: 0}\n")
    with pytest.raises(PackageError) as refused:
        read_contest_package(root)
    assert "accounts.yaml: a: ip: expected an IP address, got '10.0.0'" in str(refused.value)
    assert "accounts: a: person_id: there is no 'q'" in str(refused.value)
    assert "contest.yaml: location: latitude: expected a number from -90 to 90, got 91" in str(refused.value)


def test_what_is_written_is_read_back_byte_by_byte(root, tmp_path):
    put(root, "contest/logo.dark.png", PNG)
    put(root, "organizations/kth/logo.svg", SVG)
    put(root, "teams/1/Team photo.png", PNG)
    told(root, "teams", {"id": "1", "name": "One", "organization_id": "kth", "photo": [{"filename": "Team photo.png"}]})
    package = read_contest_package(root)
    store = FolderMedia(tmp_path / "store")
    for digest, path in package.media.items():
        store.put(digest, path)
        store.put(digest, path)
    fields = {**package.contest, "problems": ()}
    definition, state = Definition(**HEAD, changes=-1, **fields), State("c1")
    entries = [(Organization, "organizations"), (Team, "teams"), (Person, "persons")]
    events = [definition, *(cls(**HEAD, **one) for cls, name in entries for one in getattr(package, name))]
    for position, event in enumerate(events):
        fold(state, position, event)
    again = tmp_path / "again"
    for name, digest in media_files(state, definition):
        put(again, name, store.path(digest).read_bytes())
    for name, value in configuration_files(state, definition, {}).items():
        put(again, f"{name}.json", dumped(value))
    back = read_contest_package(again)
    assert back.warnings == ()
    for name in ("organizations", "teams", "persons"):
        first, second = getattr(package, name), getattr(back, name)
        assert [one.get("media") for one in first] == [one.get("media") for one in second]
    assert back.contest["media"] == package.contest["media"]
    assert back.media.keys() == package.media.keys()
    lacking = configuration_files(state, definition, {}, lacking={hashlib.sha256(SVG).hexdigest()})
    assert "logo" not in lacking["organizations"][0], "of what the store lacks nothing is told"
    assert lacking["teams"][0]["photo"]


def test_objects_refer_to_what_the_api_serves():
    logo = Media("logo", "a b.png", "image/png", "0" * 64, None, "1" * 32, 9, 56, 56, ("dark",))
    (told,) = organization(Organization(**HEAD, id="kth", name="KTH", media=(logo,)))["logo"]
    assert told == {
        "href": "contests/c1/organizations/kth/logo/a%20b.png",
        "filename": "a b.png",
        "hash": "1" * 32,
        "mime": "image/png",
        "width": 56,
        "height": 56,
        "tag": ["dark"],
    }


def test_the_store_gives_what_it_was_given_and_nothing_else(tmp_path):
    store, digest = FolderMedia(tmp_path / "store"), hashlib.sha256(PNG).hexdigest()
    source = put(tmp_path, "x.png", PNG)
    with pytest.raises(DependencyError, match="is not in the store"):
        store.path(digest)
    with pytest.raises(DataError):
        store.path("../x.png")
    with pytest.raises(PackageError, match="was changed while it was read"):
        store.put("0" * 64, source)
    store.put(digest, source)
    assert store.path(digest).read_bytes() == PNG
    assert [path.name for path in (tmp_path / "store/media").iterdir()] == [digest]
    settings = Settings(home=tmp_path, store="https://store.example")
    with pytest.raises(ConfigError):
        folder_media(settings)
    assert media_of(settings) is not None


def test_what_the_contest_api_demands_and_a_package_lacks_is_said(root):
    told(
        root, "organizations", {"id": "kth", "name": "KTH"}, {"id": "lu", "name": "Lund"}, {"id": "x" * 30, "name": "X"}
    )
    put(root, "organizations/kth/logo.56x56.png", PNG)
    put(root, "organizations/lu/logo.svg", SVG)
    logos, ids = api_advice(read_contest_package(root))
    assert "2 of 3" in logos
    assert "kth" in logos
    assert "lu" not in logos, "a square SVG is of every size"
    assert "organization-winner-ID" in ids
    assert "x" * 30 in ids
    put(root, "organizations/kth/logo.160x160.png", mark_png("kth", 160))
    told(root, "organizations", {"id": "kth", "name": "KTH"})
    assert list(api_advice(read_contest_package(root))) == []
