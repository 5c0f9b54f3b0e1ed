"""What a topic must be follows from the brokers that there are and from the replicas that it has."""

import pytest

from schemas.topics import TOPICS, Drift, drift_of, wanted_settings

LOG, ROWS = TOPICS["log"], TOPICS["scoreboard-rows"]


def drift(topic, brokers, replicas):
    """With the settings that a topic of so many replicas must have."""
    return drift_of(topic, brokers, [replicas] * topic.partitions, wanted_settings(topic, replicas))


@pytest.mark.parametrize(("brokers", "replicas"), [(1, 1), (2, 2), (3, 3), (5, 3), (5, 4)])
def test_a_topic_as_it_must_be(brokers, replicas):
    assert drift(LOG, brokers, replicas) == Drift()


def test_a_broker_that_is_down_is_no_drift():
    assert drift(LOG, 2, 3) == Drift()


@pytest.mark.parametrize("replicas", [1, 2])
def test_too_few_replicas_are_told_and_what_to_do(replicas):
    found = drift(ROWS, 3, replicas)
    assert found.replication.startswith(f"{replicas} replicas on 3 brokers instead of 3: reassign with ")
    assert found.settings == {}


def test_the_partition_with_the_fewest_replicas_counts():
    assert drift_of(LOG, 3, [3] * 11 + [2], wanted_settings(LOG, 2)).replication.startswith("2 replicas")


def test_two_must_acknowledge_only_where_there_are_three():
    """Asked of a topic with one replica, it would refuse every write."""
    assert [wanted_settings(LOG, n).get("min.insync.replicas") for n in (1, 2, 3)] == [None, None, "2"]


def test_a_log_that_has_grown_over_one_broker_is_no_longer_flushed_each_message():
    found = drift_of(LOG, 3, [3] * 12, wanted_settings(LOG, 1))
    assert found.settings == {"min.insync.replicas": "2", "flush.messages": str(2**63 - 1)}


def test_another_number_of_partitions():
    assert drift_of(LOG, 1, [1] * 3, wanted_settings(LOG, 1)).partitions == "3 partitions instead of 12"
