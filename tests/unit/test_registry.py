"""Confluent framing, against a double of a registry: no registry can be installed from the package indexes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from schemas.codec import HISTORY, Codec, SingleObject, codec
from schemas.errors import ConfigError, DecodeError, DependencyError
from schemas.events import Tick
from schemas.registry import ConfluentFraming, history_schemas, resolve_ids

TICK = Tick(recorded_at=1, recorded_by="clock-1", real_ms=2)


@pytest.fixture
def registry():
    subjects: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = self.path.split("/")[2].endswith(".Refused")
            answer = (
                {"message": "incompatible"}
                if refused
                else {"id": subjects.setdefault(body["schema"], len(subjects) + 7)}
            )
            self.send_response(409 if refused else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_records_carry_the_registrys_id(registry):
    schemas = history_schemas(HISTORY)
    ids = resolve_ids(registry, schemas)
    records = Codec(ConfluentFraming(ids))
    data = records.encode(TICK)
    assert data[0] == 0
    assert int.from_bytes(data[1:5], "big") in ids.values()
    assert records.decode(data) == TICK
    assert resolve_ids(registry, schemas) == ids


def test_what_was_written_before_the_registry_still_decodes(registry):
    before = Codec(SingleObject()).encode(TICK)
    assert Codec(ConfluentFraming(resolve_ids(registry, history_schemas(HISTORY)))).decode(before) == TICK


def test_the_setting_chooses_the_framing(registry, monkeypatch):
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", registry)
    codec.cache_clear()
    try:
        assert codec().encode(TICK)[0] == 0
    finally:
        codec.cache_clear()


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\xc3\x01" + b"x" * 20, b"\0\xff\xff\xff\xffbody"])
def test_other_bytes_are_refused(registry, data):
    records = Codec(ConfluentFraming(resolve_ids(registry, history_schemas(HISTORY))))
    with pytest.raises(DecodeError):
        records.decode(data)


def test_a_refused_schema_and_a_silent_registry_are_said_in_one_line(registry):
    with pytest.raises(ConfigError, match=r"podium\.Refused is refused: .*incompatible"):
        resolve_ids(registry, {b"x": {"namespace": "podium", "name": "Refused"}})
    with pytest.raises(DependencyError, match="does not answer"):
        resolve_ids("http://127.0.0.1:9", {b"x": {"namespace": "podium", "name": "Tick"}})
