"""The reference rules of joins."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsm.recording import Plan
from fsm.recording.client_version import is_new_enough
from fsm.verify import plan_rules


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("version", "old"),
    [("3.16", True), ("3.9", True), ("2.99", True), ("3", True), ("3.17", False),
     ("3.17.0", False), ("3.100", False), ("4", False), (None, False), ("x", False),
     ("", False), ("v3.1", True), ("V2", True), ("v3.16", True), ("3.16-beta", True),
     (" 3.16", True), ("3.16.", True), ("3.16 (build 4)", True), ("3..17", True),
     (" v3.17-beta", False), ("v", False), ("vv3", False), ("-3", False), ("beta 3.16", False),
     ("3,16", True), ("3_17", False), ("V. 3.16", True), ("version 3.16", True), ("٣.١٦", False)],
)  # fmt: skip
def test_the_reference_rules_read_versions_independently(version, old):
    assert plan_rules.is_too_old(version) == old
    assert is_new_enough(version) != old


@pytest.mark.rule("R3", "D5")
@given(st.text("vVersion.,_ 0123457\t\u3000x٣") | st.text())
@example("3." + "9" * 5000)
@example("0" * 5000 + "3.16")
def test_both_readings_of_a_version_agree(version):
    assert plan_rules.is_too_old(version) is not is_new_enough(version)


@pytest.mark.rule("R13", "R14")
@pytest.mark.parametrize(
    ("plan", "rules"),
    [
        (Plan("cloud", "host"), ("R13",)),
        (Plan("cloud", "anyone", False), ("R13",)),
        (Plan("local"), ("R14",)),
        (Plan(None), ()),
    ],
)
def test_the_rules_of_a_start_by_a_join_are_those_of_its_plan(plan, rules):
    assert plan_rules.rules_of_start(plan) == rules
