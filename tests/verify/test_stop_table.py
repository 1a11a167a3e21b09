"""The stop table of the rules is the one that meetings show."""

from itertools import product

import pytest

from fsm.verify.stop_table import STOP_TABLE, observed_stop_table


@pytest.mark.rule("R16")
def test_the_observed_stop_table_is_the_one_of_the_rules(verified):
    assert verified.stop_table == STOP_TABLE


@pytest.mark.rule("R16")
def test_the_table_asks_whether_a_host_must_remain_and_not_who_starts_the_recording():
    assert {*STOP_TABLE} == {*product((True, False), repeat=2)}


@pytest.mark.rule("R16", "D11")
def test_a_failed_recorder_and_an_empty_meeting_that_needs_hosts_are_no_causes_of_the_table():
    observed = [(True, True, "everyone_left"), (True, True, "recorder_failed")]
    assert not any(observed_stop_table(observed).values())
    observed = [(False, True, "everyone_left"), (True, False, "hosts_left")]
    found = {row: causes for row, causes in observed_stop_table(observed).items() if causes}
    assert found == {
        (False, True): {"everyone has left"}, (True, False): {"every host has left"}
    }  # fmt: skip
