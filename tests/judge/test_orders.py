"""What a host is told is known before it takes a task, also when it was told while it was away."""

import threading

from judge.orders import TOPIC, Orders
from schemas.codec import codec
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.work import HostOrdered, HostReported, PackagesWanted
from tests.wait import until

SAID = {"recorded_at": 1, "recorded_by": "test"}


def test_a_host_hears_its_own_orders_and_every_contests_wishes_from_the_beginning_on(settings, kafka):
    """And refuses what is no order, with its bytes and the reason."""
    me, contest = new_id(), new_id()
    beat = HostReported(**SAID, host=me, instance="", slots=1, languages=(), running=(), state="ready")
    odd = {b"no record": "C3 01", b"\xc3\x01unheard-of": "unknown", codec().encode(beat): "a HostReported is no order"}
    with Producer(settings) as producer:

        def say(key, record):
            return producer.send(TOPIC, key, record, partition=0).result()

        say("host|other", HostOrdered(**SAID, host="other", paused=True))
        say(f"host|{me}", HostOrdered(**SAID, host=me, paused=True, reason="a new disk"))
        positions = [say(f"host|odd|{me}|{number}", value) for number, value in enumerate(odd)]
        say("host|gone", None)
        say(f"packages|{contest}", PackagesWanted(**SAID, contest=contest, packages=("p",), languages=("c",)))
        stop, heard, refused = threading.Event(), [], {}
        orders = Orders(
            settings, me, stop, ordered=heard.append, wanted=heard.append,
            refused=lambda topic, position, *what: refused.update({(topic, position): what}),
        )  # fmt: skip
        orders.start()
        try:
            assert orders.known.wait(60)
            assert [(o.paused, o.reason) for o in heard if isinstance(o, HostOrdered)] == [(True, "a new disk")]
            (wanted,) = [o for o in heard if isinstance(o, PackagesWanted) and o.contest == contest]
            assert (wanted.packages, wanted.languages) == (("p",), ("c",))
            for number, (position, (value, why)) in enumerate(zip(positions, odd.items(), strict=True)):
                key, bytes_, said = refused[TOPIC, position]
                assert (key, bytes_) == (f"host|odd|{me}|{number}".encode(), value)
                assert why in said
            say(f"host|{me}", HostOrdered(**SAID, host=me, paused=False))
            until(lambda: not [o for o in heard if isinstance(o, HostOrdered)][-1].paused, 30, "it goes on")
        finally:
            stop.set()
            orders.join()
