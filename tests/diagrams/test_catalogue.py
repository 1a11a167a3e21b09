import pytest

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, diagram_name
from fsm.diagrams.catalogue import CATALOGUE, reachable_rows
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import KINDS
from fsm.translation import Translator

PLANS = [spec.plan for spec in CATALOGUE.values() if spec.plan]


def shown(diagram):
    return {definition for each in diagram.transitions for definition in each.definitions}


def transitions(name):
    return [each for each in diagram(name).transitions if not each.stays]


@pytest.mark.parametrize(("name", "machine"), [("recording", RECORDING), ("policy", POLICY)])
def test_a_diagram_of_a_whole_machine_shows_every_row_and_no_other(name, machine):
    assert shown(diagram(name)) == {row.definition for row in machine.table.rows}
    assert [node.name for node in diagram(name).nodes] == list(machine.states)
    assert [node.name for node in diagram(name).nodes if node.initial] == [machine.initial]


@pytest.mark.parametrize("name", [name for name, spec in CATALOGUE.items() if spec.plan])
def test_a_diagram_of_a_plan_shows_only_reachable_rows(name):
    of_the_plan, whole = shown(diagram(name)), shown(diagram("recording"))
    assert of_the_plan < whole
    guards = [guard for each in transitions(name) for guard in each.guards]
    assert not [guard for guard in guards if "plan:" in guard]


def test_a_plan_without_pause_shows_neither_pause_nor_stop_of_a_cloud_recording():
    by_hand = [
        each
        for each in transitions("recording-cloud-host-no-pause")
        if each.trigger in ("pause", "resume", "stop")
    ]
    assert {label.trigger for label in by_hand} == {"pause", "resume", "stop"}
    assert all("local by the recording client" in label.guards for label in by_hand)
    assert not [
        each
        for each in transitions("recording-cloud-host-no-pause")
        if each.source == "paused" and "cloud" in each.guards
    ]


def test_the_last_host_may_leave_where_anyone_starts_the_recording():
    def of_the_last_host(name):
        return [each for each in transitions(name) if "the last host" in each.guards]

    assert not of_the_last_host("recording-cloud-anyone")
    assert of_the_last_host("recording-cloud-host")


def test_without_auto_recording_only_a_host_starts_a_recording():
    starts = [each for each in transitions("recording-by-hand") if each.target == "recording"]
    assert {each.trigger for each in starts if each.source != "paused"} == {"start"}


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_only_the_start_by_a_host_is_manual(name):
    assert {each.trigger for each in transitions(name) if each.manual} == {"start"}
    assert all(each.manual for each in transitions(name) if each.trigger == "start")


def test_a_stop_names_its_reason_and_its_rule():
    leaves = {
        each.command: each.rules for each in transitions("recording") if each.trigger == "leave"
    }
    assert leaves == {
        ("stop", "recording_client_left"): ("R17",),
        ("stop", "everyone_left"): ("R16",),
        ("stop", "hosts_left"): ("R16",),
    }


def test_implied_guards_are_omitted():
    omitted = diagram("recording").omitted_guards
    assert omitted[()] == ("the meeting is not over",)
    assert omitted["leave", "role"] == ("is present",)
    shown = transitions("recording")
    assert not [each for each in shown if "is present" in each.guards]
    assert all("a host" in each.guards for each in shown if each.trigger == "stop")


def test_every_row_of_the_machine_is_reachable_under_some_plan():
    empty_within_the_grace = Plan("cloud", grace=2, end_when_empty=1)
    reachable = frozenset().union(*map(reachable_rows, [*PLANS, empty_within_the_grace]))
    assert reachable == {row.definition for row in RECORDING.table.rows}


@pytest.mark.parametrize("plan", PLANS)
def test_a_third_participant_makes_no_further_row_reachable(plan):
    assert reachable_rows(plan, participants=("a", "b", "c")) == reachable_rows(plan)


@pytest.mark.parametrize("host_may_pause", [True, False])
@pytest.mark.parametrize("started_by", ["host", "anyone"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_plan_has_its_diagram(kind, started_by, host_may_pause):
    cloud = kind == "cloud"
    plan = Plan(kind, started_by if cloud else "host", host_may_pause or not cloud)
    shown = CATALOGUE[diagram_name(plan)].plan
    assert (shown.kind, shown.started_by) == (plan.kind, plan.started_by)
    if cloud:
        assert shown.host_may_pause == host_may_pause


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_what_only_the_other_kind_takes_is_grey_if_one_kind_starts_by_itself(name):
    plan = CATALOGUE[name].plan
    grey = {guard for each in transitions(name) if each.other_kind for guard in each.guards}
    if plan is None or plan.kind is None:
        assert grey == set()
    elif plan.kind == "cloud":
        assert {"the recording client", "local", "local by the recording client"} <= grey
        assert "cloud" not in grey
    else:
        assert "cloud" in grey
        assert not {"local", "local by the recording client", "the recording client"} & grey


def test_what_either_kind_takes_is_not_grey():
    either = [
        each
        for each in transitions("recording-cloud-host-no-pause")
        if each.trigger in ("start", "recorder_failed", "join", "role") and each.source != "paused"
    ]
    assert either
    assert not [each for each in either if each.other_kind]


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_what_no_recording_takes_is_of_no_kind(name):
    without = [
        each
        for each in diagram(name).transitions
        if each.source in ("idle", "stopped")
        and each.trigger in ("join", "leave", "role", "end")
        and each.stays
    ]
    assert without
    assert not [each for each in without if each.other_kind]


def test_no_guard_or_action_has_the_comma_that_separates_them():
    labels = {
        label
        for name in DIAGRAM_NAMES
        for each in diagram(name).transitions
        for label in (*each.guards, *each.effects)
    }
    for lang in LANGS:
        translate = Translator(lang)
        assert [label for label in labels if translate(", ").strip() in translate(label)] == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("recording-cloud-hots", "did you mean 'recording-cloud-host'?"),
        ("polcy", "did you mean 'policy'?"),
        ("zzz", f"there are {', '.join(DIAGRAM_NAMES)}"),
        # Near by spelling to the name that says the opposite.
        ("recording-cloud-host-pause", f"there are {', '.join(DIAGRAM_NAMES)}"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(name, hint):
    with pytest.raises(ValueError, match="there is no diagram") as caught:
        diagram(name)
    assert str(caught.value) == f"there is no diagram '{name}' ({hint})"


def test_a_diagram_is_the_same_each_time():
    assert diagram("recording") == diagram("recording")
