"""One living process for each name, however many start at once."""

import shutil
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from judge import owner
from judge.owner import OwnFolder
from schemas.errors import ConfigError


def test_a_judge_that_starts_while_another_sweeps_is_not_refused(tmp_path, monkeypatch):
    (tmp_path / "b").mkdir()  # just made, and not locked yet
    begun = []

    def remove(path, **more):
        if not begun:
            begun.append(threads.submit(OwnFolder, tmp_path, "b"))
            wait(begun, 0.2)  # it has to wait for us: longer shows no more
        shutil.rmtree(path, **more)

    with ThreadPoolExecutor() as threads, monkeypatch.context() as patch:
        patch.setattr(owner, "shutil", type("shutil", (), {"rmtree": staticmethod(remove)}))
        first = OwnFolder(tmp_path, "a")
        second = begun[0].result(60)
        assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
    for own in (first, second):
        own.close()
    assert list(tmp_path.iterdir()) == []


def test_a_name_has_one_living_owner_and_the_folders_of_the_dead_go(tmp_path):
    (tmp_path / "dead").mkdir()
    own = OwnFolder(tmp_path, "a")
    with pytest.raises(ConfigError, match="another process judges as 'a'"):
        OwnFolder(tmp_path, "a")
    other = OwnFolder(tmp_path, "b")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
    own.close()
    OwnFolder(tmp_path, "a").close()
    other.close()
