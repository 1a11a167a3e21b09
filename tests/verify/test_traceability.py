import re
from pathlib import Path

import attrs
import pytest

from fsm.recording.rules import RULE_IDS
from fsm.verify.traceability import lost_carriers, traceability_page, traces

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found():
    """The trace of each rule."""
    return {trace.rule: trace for trace in traces(ROOT)}


def test_every_rule_is_traced_in_the_order_of_the_rules(found):
    assert tuple(found) == RULE_IDS


def test_every_rule_has_a_carrier_of_each_kind_that_applies(found):
    assert {rule: trace.missing() for rule, trace in found.items() if trace.missing()} == {}


def test_a_rule_that_nothing_decides_misses_a_row_a_guard_or_code(found):
    bare = attrs.evolve(found["R9"], rows=(), guards=(), invariants=(), code=())
    assert bare.missing() == ["row, guard or code", "invariant"]
    assert attrs.evolve(bare, guards=("a guard",)).missing() == ["invariant"]


def test_a_rule_of_the_runtime_needs_tests_alone(found):
    assert found["D17"].missing() == []
    assert attrs.evolve(found["D17"], tests=()).missing() == ["test"]


def test_the_page_is_up_to_date(found):
    page = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
    assert page == traceability_page(found.values()), "run make traceability"


def test_a_rule_that_loses_its_last_carrier_of_a_kind_is_named(found):
    page = traceability_page(found.values())
    assert lost_carriers(page, found.values()) == []
    bare = attrs.evolve(found["R9"], rows=(), guards=())
    fewer = attrs.evolve(found["R16"], rows=found["R16"].rows[:1])
    lines = lost_carriers(page, [found["R8"], bare, fewer])
    assert [line.partition(" of its own")[0] for line in lines] == [
        "rule R9 has lost every row", "rule R9 has lost every guard",
    ]  # fmt: skip
    assert all(line.endswith("make traceability LOST=R9)") for line in lines)
    # A rule that the page does not have yet has nothing to lose.
    assert lost_carriers(traceability_page([found["R8"]]), [bare]) == []


def test_the_page_lists_what_carries_a_rule(found):
    page = traceability_page([found["R17"]])
    assert "## R17\n\nThe causes that stop a local recording.\n" in page
    assert "- recording: recording\\_client\\_leaves (the recording client)" in page
    assert "**invariant**\n\n- The answer is the one of the reference rules" in page


def test_a_rule_names_its_rows_and_guards(found):
    trace = found["R17"]
    assert "recording: leave [the recording client] recording → stopped" in trace.rows
    assert "recording: recording_client_leaves (the recording client)" in trace.guards


def test_a_row_is_listed_under_the_rules_of_its_guards_too(found):
    words = "recording: stop [cloud, plan: host may pause] recording → stopped"
    assert words in found["R16"].rows
    assert f"{words} (a row of R16 with its guard)" in found["R9"].rows
    assert words not in found["R9"].rows


def test_the_rules_are_those_of_the_docs():
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^- \*\*([RD]\d+)\*\*", text, re.MULTILINE)) == RULE_IDS


def test_outside_a_checkout_there_are_no_scenarios_and_tests(tmp_path):
    assert all(not trace.scenarios and not trace.tests for trace in traces(tmp_path))


def test_a_scenario_that_cannot_be_read_is_passed_over(tmp_path):
    folder = tmp_path / "examples" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "r01-broken.yaml").write_text("account: [", encoding="utf-8")
    assert all(not trace.scenarios for trace in traces(tmp_path))
