"""What surrounds every answer, also that to a request which failed by a fault of ours."""

import httpx
import pytest

from api.answers import refusal
from api.middleware import POLICY, Surroundings


async def fails(scope, receive, send):
    if scope["path"] == "/half":
        await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("a bug")


async def test_a_fault_of_ours_is_an_answer_with_every_header():
    app = Surroundings(fails, lambda _, error: refusal(500, str(error)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/api/contests")
        assert (answer.status_code, answer.json()) == (500, {"code": 500, "message": "a bug"})
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["access-control-allow-origin"] == "*"
        with pytest.raises(RuntimeError):
            await client.get("/half")
