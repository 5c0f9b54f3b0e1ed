"""A board's latest deltas: what a client that is behind is given."""

import orjson

from api.push.ring import Ring, merged


def test_a_client_that_is_behind_gets_the_newest_state_of_each_row():
    def delta(*rows, **firsts):
        return orjson.dumps({"rows": [{"team_id": t, "n": n} for t, n in rows], "firsts": firsts})

    ring = Ring("0:e", 10)
    for number in range(11, 31):
        ring.append(number, delta(("t1", number), (f"t{number}", number), a={"team_id": "t1"} if number < 20 else None))
    assert ring.since(29).sse.startswith(b"id: 0:e:30\nevent: delta\ndata: ")
    assert len(ring.since(28).texts) == 2
    late = orjson.loads(ring.since(10).texts[0])
    assert late["id"] == "0:e:30"
    rows = {row["team_id"]: row["n"] for row in late["data"]["rows"]}
    assert rows["t1"] == 30
    assert len(rows) == 21
    assert late["data"]["firsts"] == {"a": None}
    assert ring.since(9) is None
    assert ring.since(17) is ring.since(18), "who is a little less behind gets what was made already"
    assert ring.since(17).texts[0].count('"t17"') == 1
    assert merged([delta(("a", 1)), delta(("a", 2))]) == delta(("a", 2))
