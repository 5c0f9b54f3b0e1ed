"""One living process for each name, however many start at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from judge.owner import OwnFolder
from schemas.errors import ConfigError


def test_those_who_start_and_end_at_once_do_not_hinder_each_other(tmp_path):
    begin = threading.Barrier(4)

    def start_and_end(name):
        begin.wait()
        for _ in range(50):
            own = OwnFolder(tmp_path / "judge", name)
            assert own.path.is_dir()
            own.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start_and_end, "abcd"))


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
