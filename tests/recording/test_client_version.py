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
@pytest.mark.parametrize(
    "version",
    [None, "", "unknown", "beta", "beta 3.16", "WeMeet/3.1", "x3.16", "-3", ".3", "v", "version",
     "version: 3.16", "ver 3.16", "vv3.16", "v..3.16", "v,3.16", "build 3.16", "٣.١٦", "³.16"],
)  # fmt: skip
def test_an_unknown_version_counts_as_new_enough(version):
    assert is_new_enough(version)


@pytest.mark.rule("R3")
@given(st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_versions_compare_by_number_parts(parts):
    assert is_new_enough(".".join(map(str, parts))) is (parts[:2] >= [3, 17])


BLANKS = st.text(" \t\n\u3000", max_size=3)
PARTS = st.lists(st.tuples(st.sampled_from(".,_"), st.integers(0, 40)), min_size=1, max_size=4)


@pytest.mark.rule("R3", "D5")
@given(
    st.tuples(BLANKS, st.sampled_from(["", "v", "V", "v.", "V.", "version", "Version"]), BLANKS),
    PARTS,
    st.sampled_from(["", ".", ",x", "_", "beta", "-beta.9", " (build 4)", "..99", ".x.99", " 99"]),
)
def test_the_text_before_and_after_the_number_parts_and_their_separators_do_not_count(
    before, parts, after
):
    written = "".join(f"{separator}{part}" for separator, part in parts)[1:]
    version = "".join(before) + written + after
    assert is_new_enough(version) is ([part for _, part in parts][:2] >= [3, 17])


@pytest.mark.rule("R3", "D5")
@given(st.text("0123456789", min_size=1, max_size=6000), st.integers(0, 5000))
def test_a_number_part_may_have_any_number_of_digits(digits, zeros):
    at_least_17 = digits.lstrip("0") >= "17" if len(digits.lstrip("0")) == 2 else (
        len(digits.lstrip("0")) > 2)  # fmt: skip
    assert is_new_enough(f"3.{'0' * zeros}{digits}") is at_least_17


@pytest.mark.rule("D5")
@pytest.mark.parametrize("version", [" ", "v", "v ", "0", "3.", "3.17 ", "version", ",_."])
def test_a_version_of_a_million_letters_is_read(version):
    assert is_new_enough(version * (1_000_000 // len(version))) in (True, False)


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
        ("3.17.0.401", True),
        ("3,20,1", True),
        ("3,16,1", False),
        ("3_16", False),
        ("3_17,2", True),
        ("V 3.16", False),
        ("v.3.16", False),
        ("V. 3.16", False),
        ("version 3.16", False),
        ("Version3.16", False),
        ("VERSION 3.17", True),
        ("3.17beta", True),
        ("3.16beta", False),
        ("3..17", False),
        ("", True),
    ],
)
def test_a_version_is_read_by_its_leading_number_parts(version, enough):
    assert is_new_enough(version) is enough
