"""`clics-archiver` of xcpcio, a client of the Contest API that is not ours."""

import json
import subprocess
import sys
from pathlib import Path

import httpx


def archive(base: str, contest: str, login: tuple[str, str], folder: Path) -> dict[str, object]:
    """Download a contest into a folder: without a complaint, and every list that `access` names is what a GET says.

    Returns those lists, by their types.
    """
    tool = Path(sys.executable).with_name("clics-archiver")
    where = ["--base-url", base, "--contest-id", contest, "--output", str(folder)]
    who = ["--username", login[0], "--password", login[1]]
    done = subprocess.run([tool, *where, *who], capture_output=True, text=True, timeout=300)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert not [line for line in told.splitlines() if " ERROR" in line or " WARNING" in line], told
    root, found = f"{base}/contests/{contest}", {}
    for one in httpx.get(f"{root}/access", auth=login).json()["endpoints"]:
        type_ = one["type"]
        listed = httpx.get(root if type_ == "contest" else f"{root}/{type_}", auth=login, timeout=60).json()
        assert json.loads((folder / f"{type_}.json").read_text()) == listed, type_
        found[type_] = listed
    return found
