"""Client versions: parsed from text, compared by their number parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.recording import Join, Meeting
from fsm.recording.client_version import is_new_enough

from .people import CLOUD


@pytest.mark.rule("R3", "D5")
@pytest.mark.parametrize("version", ["3.17", "3.17.0", "3.17.9.1", "3.18", "3.20", "3.100", "4"])
def test_version_3_17_and_later_are_new_enough(version):
    assert is_new_enough(version)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("version", ["3", "3.9", "3.16", "3.16.99", "2.99.9", "1.200", "0"])
def test_a_version_before_3_17_is_not_new_enough_and_parts_compare_as_numbers(version):
    assert not is_new_enough(version)


@pytest.mark.rule("D5")
@pytest.mark.parametrize("version", [None, "", "unknown", "beta"])
def test_an_unknown_version_counts_as_new_enough(version):
    assert is_new_enough(version)


@pytest.mark.rule("R3")
@given(st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_versions_compare_by_number_parts(parts):
    assert is_new_enough(".".join(map(str, parts))) is (parts[:2] >= [3, 17])


@pytest.mark.rule("R3", "D5")
def test_a_join_with_a_version_of_five_thousand_digits_is_accepted():
    joins = Join("alice", "host", "windows", "9" * 5000)
    assert Meeting(CLOUD).handle(joins).refused is None


@pytest.mark.rule("R3", "D5")
@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("0000000000003.0000000000017", True),
        ("0000000000003.0000000000016", False),
        ("00000000000000", False),
        ("v4", True),
        ("V3.16", False),
        (" 3.16", False),
        ("x3.16", True),
        ("3.17-beta", True),
        ("3.16.99", False),
        ("3", False),
        ("12345678901234567890", True),
        ("3." + "9" * 5000, True),
        ("", True),
    ],
)
def test_a_version_is_read_by_its_leading_number_parts(version, enough):
    assert is_new_enough(version) is enough
