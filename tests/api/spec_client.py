"""A client of the Contest API's event feed, written from the specification alone: it knows nothing else of podium.

It follows the feed, asks the API for the object of every notification that it gets, comes back with its last token when
the connection ends, and keeps what it was told.
"""

import json
import threading
import time
from urllib.parse import quote

import httpx

SINGLE = {"contest": "", "state": "/state"}
"""The types of which there is one object, and its endpoint below the contest's."""


class SpecClient:
    """Follows the feed at *feed_base* in a thread of its own; asks each of *bases* in turn for what a line says.

    `lines` are all notifications in the order in which they came, `objects` what they come to.
    """

    def __init__(self, feed_base: str, bases: list[str], contest: str, auth: tuple[str, str] | None = None) -> None:
        self._feed = f"{feed_base}/contests/{contest}/event-feed"
        self._endpoints = [f"{base}/contests/{contest}" for base in bases]
        self._http = httpx.Client(auth=auth, timeout=httpx.Timeout(30, read=140))  # a newline comes within 120 s
        self._token: str | None = None
        self._cuts: list[int] = []
        self._asked: list[tuple[int, object]] = []
        self.lines: list[dict] = []
        self.objects: dict[tuple[str, str | None], object] = {}
        self.connections = 0
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    # ---- following ------------------------------------------------------------------------------------------------

    def start(self, *, disconnects: int) -> None:
        """Follow from the beginning; cut the connection so many times by itself, after a few lines each."""
        self._cuts = [7 * (n + 1) for n in range(disconnects)]
        self._thread.start()

    def finish(self, timeout: float) -> None:
        """Wait for the end of updates, and check what every GET has answered."""
        self._thread.join(timeout)
        if self.failed is not None:
            raise self.failed
        assert not self._thread.is_alive(), f"no end of updates; the last of {len(self.lines)}: {self.lines[-1:]}"
        self._check_answers()

    def has_connected(self, times: int) -> bool:
        """Whether it has connected so often; raises what has ended it."""
        if self.failed is not None:
            raise self.failed
        return self.connections >= times

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _run(self) -> None:
        try:
            while not self._over():
                try:
                    self._connect()
                except httpx.TransportError:
                    time.sleep(0.1)
        except BaseException as error:  # told by `finish`
            self.failed = error

    def _over(self) -> bool:
        state = self.objects.get(("state", None)) or {}
        return state.get("end_of_updates") is not None

    def _connect(self) -> None:
        params = {} if self._token is None else {"since_token": self._token}
        with self._http.stream("GET", self._feed, params=params) as response:
            if response.status_code == 503:
                time.sleep(0.2)
                return
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].partition(";")[0] == "application/x-ndjson"
            self.connections += 1
            cut = self._cuts.pop(0) if self._cuts else None
            for count, line in enumerate((one for one in response.iter_lines() if one), 1):
                self._take(json.loads(line))
                if self._over() or count == cut:
                    return

    def _take(self, event: dict) -> None:
        key = event["type"], event["id"]
        assert (event["id"] is None) == (event["type"] in SINGLE)
        self.lines.append(event)
        self._token = event.get("token") or self._token
        if event["data"] is None:
            self.objects.pop(key, None)
        else:
            self.objects[key] = event["data"]
        self._asked.append((len(self.lines) - 1, self._get(*key)))

    # ---- asking ---------------------------------------------------------------------------------------------------

    def _get(self, type_: str, id_: str | None) -> object:
        """What the endpoint of an object returns now; None where it is not found."""
        endpoint = self._endpoints[len(self.lines) % len(self._endpoints)]
        url = endpoint + (SINGLE[type_] if id_ is None else f"/{type_}/{quote(id_)}")
        answer = self._ask(url)
        return None if answer.status_code == 404 else answer.json()

    def _ask(self, url: str) -> httpx.Response:
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self._http.get(url)
                if answer.status_code in (200, 404):
                    return answer
                assert answer.status_code == 503, answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, url
            time.sleep(0.1)

    def _check_answers(self) -> None:
        """A GET returns what the notification said, or what a later one says, but never an earlier state."""
        later: dict[tuple[str, str | None], list[object]] = {}
        answers = dict(self._asked)
        for number in range(len(self.lines) - 1, -1, -1):
            line = self.lines[number]
            states = later.setdefault((line["type"], line["id"]), [])
            states.append(line["data"])
            assert any(_same(answers[number], state) for state in states), (number, line, answers[number])

    def listed(self) -> dict[tuple[str, str | None], object]:
        """All objects that the API lists, by what `access` names."""
        endpoint = self._endpoints[0]
        found: dict[tuple[str, str | None], object] = {}
        for one in self._fresh(f"{endpoint}/access")["endpoints"]:
            type_ = one["type"]
            if type_ in SINGLE:
                found[type_, None] = self._fresh(endpoint + SINGLE[type_])
            else:
                found |= {(type_, item["id"]): item for item in self._fresh(f"{endpoint}/{type_}")}
        return found

    def _fresh(self, url: str) -> object:
        answer = httpx.get(url, auth=self._http.auth, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _same(one: object, other: object) -> bool:
    """Whether two objects are the same to a client, who reads a property that is null as one that is not there."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {k: v for k, v in one.items() if v is not None} == {k: v for k, v in other.items() if v is not None}
    return one == other
