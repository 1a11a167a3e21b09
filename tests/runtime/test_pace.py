from hypothesis import given
from hypothesis import strategies as st

from fsm.runtime.pace import Pace

SECONDS = st.floats(1e-6, 10)


def steady(commit, request):
    pace = Pace()
    for _ in range(100):
        pace.applied(64, 64 * request)
        pace.committed(commit)
    return pace


def test_nothing_is_parted_before_anything_is_known():
    assert not Pace().parts(1000)


def test_requests_are_parted_where_the_disk_would_wait_for_them():
    assert steady(commit=0.001, request=20e-6).parts(64)


def test_a_slow_disk_is_given_everything_at_once():
    assert not steady(commit=0.010, request=20e-6).parts(64)


def test_one_client_is_never_worth_a_second_commit():
    assert not steady(commit=0.001, request=20e-6).parts(1)


@given(SECONDS, SECONDS, st.integers(1, 1000))
def test_more_requests_are_parted_rather_than_fewer(commit, request, count):
    pace = steady(commit, request)
    assert pace.parts(count) <= pace.parts(count + 1)


def test_a_slow_disk_is_waited_with_for_a_part_of_a_commit():
    assert 0.001 < steady(commit=0.010, request=20e-6).patience(64) < 0.005


def test_a_disk_that_stood_still_is_not_waited_with_for_long():
    pace = steady(commit=0.010, request=20e-6)
    pace.committed(60)
    assert pace.patience(64) <= 0.1


@given(SECONDS, SECONDS, st.integers(1, 1000))
def test_nobody_is_waited_for_where_requests_are_parted(commit, request, count):
    pace = steady(commit, request)
    assert (pace.patience(count) == 0) == pace.parts(count)


def test_a_disk_that_grows_slow_is_noticed_within_some_commits():
    pace = steady(commit=0.001, request=20e-6)
    for _ in range(8):
        pace.committed(0.050)
    assert not pace.parts(64)
