"""Packages for judges, statements for people."""

import hashlib
import io
import zipfile
from pathlib import Path

import httpx
import pytest

from api import statements
from schemas.events import Token
from tests.api.world import problem
from tests.wait import until

DIGEST, PDF = "ab" * 32, "cd" * 32


@pytest.fixture(scope="module")
def c(world):
    store = Path(world.settings.store_location)
    store.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(store / f"{DIGEST}.zip", "w") as archive:
        archive.writestr("problem.yaml", "problem_format_version: 2025-09\nname: Sums\nuuid: a\nconstants:\n  n: 100\n")
        archive.writestr(
            "statement/problem.en.md",
            "Add $a+b \\le 2^{31}$, up to {{n}}.\n\n![fig](fig.png)\n\n<script>alert(1)</script>\n",
        )
        archive.writestr("statement/fig.png", b"\x89PNG fake")
        archive.writestr("attachments/tool.py", "print()\n")
        archive.writestr("attachments/templates/python3/main.py", "pass\n")
        archive.writestr("data/sample/test_group.yaml", "args: [-v]\n")
        archive.writestr("data/sample/2.in", "4\n")
        archive.writestr("data/sample/2.ans", "5\n")
        archive.writestr("data/sample/2.in.download", "for you\n")
        archive.writestr("data/sample/2.ans.download", "for you\n")
        archive.writestr("data/sample/2.interaction", "<hello\n>world\n")
        archive.writestr("data/sample/1.in", "1 2\n")
        archive.writestr("data/sample/1.ans", "3\n")
        archive.writestr("data/secret/1.in", "secret\n")
    with zipfile.ZipFile(store / f"{PDF}.zip", "w") as archive:
        archive.writestr("problem_statement/problem.en.pdf", b"%PDF-1.4 fake")
    contest = world.contest(
        "packages",
        problems=(
            problem("A", DIGEST, "statement/problem.en.md"),
            problem("B", PDF, "problem_statement/problem.en.pdf"),
            problem("C"),
            problem("D", "ef" * 32, "problem_statement/problem.en.md"),
        ),
    )
    world.account(
        "host", "judge", password="", tokens=(Token("host", hashlib.sha256(b"host-token").hexdigest(), ("read",), 0),)
    )
    world.appears(contest)
    return contest


def get(world, digest, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"{world.url()}/packages/{digest}", headers=headers)


def test_a_judge_gets_packages_and_nobody_else_does(world, c):
    content = (Path(world.settings.store_location) / f"{DIGEST}.zip").read_bytes()
    until(lambda: get(world, DIGEST, "host-token").status_code == 200, 10, "the judge's account is known")
    for token in ("of-the-judges", "host-token"):
        answer = get(world, DIGEST, token)
        assert (answer.status_code, answer.content) == (200, content)
    assert get(world, "12" * 32, "of-the-judges").status_code == 404
    assert get(world, "..%2f..%2fetc%2fpasswd", "of-the-judges").status_code in (400, 404)
    for token in ("", "wrong", "of-the-judges-not"):
        assert get(world, DIGEST, token).status_code == 401
    assert world.get(f"/packages/{DIGEST}", "packages-jury").status_code == 401


def test_a_statement_is_a_safe_page_with_its_samples(world, c):
    base = f"/api/contests/{c}/problems/pa/statement"
    answer = world.get(base)
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    for part in (
        "A · Problem A",
        "Time limit: 1 s",
        "up to 100.",
        "2<sup>31</sup>",
        "1 2\n",
        "Sample 1",
        "Arguments: <code>-v</code>",
        "&gt;world",
        f'href="/api/contests/{c}/problems/pa/attachments/tool.py"',
        f'href="/api/contests/{c}/problems/pa/samples.zip"',
        f'src="{base}/fig.png"',
    ):
        assert part in answer.text, part
    assert "<script" not in answer.text
    assert "secret" not in answer.text
    image = world.get(f"{base}/fig.png")
    for shown in (answer, image):
        assert "Cookie" in shown.headers["vary"], "the jury sees it before the start"
    assert (image.headers["content-type"], image.content) == ("image/png", b"\x89PNG fake")
    for name in ("problem.en.md", "..%2fproblem.yaml", "none.png"):
        assert world.get(f"{base}/{name}").status_code == 404, name


def test_attachments_and_samples_are_downloaded(world, c):
    base = f"/api/contests/{c}/problems/pa"
    listed = world.get(f"{base}/attachments").json()
    assert [one["filename"] for one in listed] == ["samples.zip", "templates/python3/main.py", "tool.py"]
    for one, content in zip(listed[1:], (b"pass\n", b"print()\n"), strict=True):
        answer = world.get(f"/api/{one['href']}")
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
    with zipfile.ZipFile(io.BytesIO(world.get(f"{base}/samples.zip").content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {
        "1.in": b"1 2\n",
        "1.ans": b"3\n",
        "2.interaction": b"<hello\n>world\n",
        "2.in": b"for you\n",
        "2.ans": b"for you\n",
    }
    for name in ("none.txt", "..%2fproblem.yaml", "%2e%2e/data/secret/1.in"):
        assert world.get(f"{base}/attachments/{name}").status_code == 404, name


def test_a_pdf_is_a_pdf_and_what_is_not_there_is_not_there(world, c):
    answer = world.get(f"/api/contests/{c}/problems/pb/statement")
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", b"%PDF-1.4 fake")
    assert world.get(f"/api/contests/{c}/problems/pc/statement").status_code == 404
    assert world.get(f"/api/contests/{c}/problems/pd/statement").status_code == 503


@pytest.fixture
def images(settings):
    """A package with images in a store of its own."""
    store = Path(settings.store_location)
    store.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(store / f"{DIGEST}.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"problem_statement/{number}.png", bytes([number]) * 40)
        archive.writestr("problem_statement/large.png", bytes(200))
    return settings


async def test_documents_that_are_remembered_take_a_bounded_room(images, monkeypatch):
    monkeypatch.setattr(statements, "REMEMBERED_BYTES", 100)
    made = statements.Statements(images)

    async def image(name):
        return await made.image(DIGEST, "problem_statement/problem.en.md", f"{name}.png")

    first = await image(0)
    assert await image(0) is first
    for number in range(5):
        assert (await image(number)).content == bytes([number]) * 40
    assert await image(0) is not first, "made again: it had to leave"
    assert await image("large") is not await image("large")
    assert await image(4) is await image(4)
