import re
from pathlib import Path

from fsm.recording.rules import RULE_IDS
from fsm.traceability import traces

ROOT = Path(__file__).parents[1]
FOUND = {trace.rule: trace for trace in traces(ROOT)}


def test_every_rule_is_traced_in_the_order_of_the_rules():
    assert tuple(FOUND) == RULE_IDS


def test_every_rule_is_carried_by_the_machines_or_by_code_that_rests_on_it():
    assert [t.rule for t in FOUND.values() if not (t.rows or t.conditions or t.code)] == []


def test_every_rule_is_shown_by_a_scenario_and_held_by_a_test():
    assert [t.rule for t in FOUND.values() if not t.scenarios] == []
    assert [t.rule for t in FOUND.values() if not t.tests] == []


def test_a_rule_names_its_rows_and_conditions():
    trace = FOUND["R17"]
    assert "recording: leave [the recording client] recording → stopped" in trace.rows
    assert "recording: recording_client_leaves (the recording client)" in trace.conditions


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
