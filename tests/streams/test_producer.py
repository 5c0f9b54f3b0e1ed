"""What the broker will never take is bad data: nobody sends it again and again."""

import pytest

from schemas.errors import DataError
from schemas.producer import Producer
from schemas.topics import MAX_MESSAGE_BYTES


def test_a_record_that_is_too_large_is_bad_data_and_the_next_one_goes_out(settings, kafka):
    value = b"x" * (MAX_MESSAGE_BYTES + 1)
    with Producer(settings) as producer:
        with pytest.raises(DataError, match="judge-reports"):
            producer.send("judge-reports", None, value, partition=0).result(30)
        assert producer.send("judge-reports", None, b"no record", partition=0).result(30) >= 0
