"""What a host is told is known before it takes a task, also when it was told while it was away."""

import threading

from judge.orders import TOPIC, Orders
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.work import HostOrdered, PackagesWanted
from tests.wait import until

SAID = {"recorded_at": 1, "recorded_by": "test"}


def test_a_host_hears_its_own_orders_and_every_contests_wishes_from_the_beginning_on(settings, kafka):
    me, contest = new_id(), new_id()
    with Producer(settings) as producer:

        def say(key, record):
            producer.send(TOPIC, key, record, partition=0).result()

        say("host|other", HostOrdered(**SAID, host="other", paused=True))
        say(f"host|{me}", HostOrdered(**SAID, host=me, paused=True, reason="a new disk"))
        say("host|odd", b"no record")
        say("host|gone", None)
        say(f"packages|{contest}", PackagesWanted(**SAID, contest=contest, packages=("p",), languages=("c",)))
        stop, heard = threading.Event(), []
        orders = Orders(settings, me, stop, ordered=heard.append, wanted=heard.append)
        orders.start()
        try:
            assert orders.known.wait(30)
            assert [(o.paused, o.reason) for o in heard if isinstance(o, HostOrdered)] == [(True, "a new disk")]
            (wanted,) = [o for o in heard if isinstance(o, PackagesWanted) and o.contest == contest]
            assert (wanted.packages, wanted.languages) == (("p",), ("c",))
            say(f"host|{me}", HostOrdered(**SAID, host=me, paused=False))
            until(lambda: not [o for o in heard if isinstance(o, HostOrdered)][-1].paused, 30, "it goes on")
        finally:
            stop.set()
            orders.join()
