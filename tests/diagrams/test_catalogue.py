import pytest

from fsm.diagrams import DIAGRAM_NAMES, diagram, diagram_name
from fsm.diagrams.catalogue import CATALOGUE
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import KINDS


def shown(diagram):
    labels = [label for edge in diagram.edges for label in edge.labels]
    internal = [each for node in diagram.nodes for each in node.internal]
    return {definition for each in (*labels, *internal) for definition in each.definitions}


def transitions(name):
    return [each for each in diagram(name).transitions() if not each.stays]


@pytest.mark.parametrize(("name", "machine"), [("recording", RECORDING), ("policy", POLICY)])
def test_a_diagram_of_a_whole_machine_shows_every_row_and_no_other(name, machine):
    assert shown(diagram(name)) == {row.definition for row in machine.table.rows}
    assert [node.name for node in diagram(name).nodes] == list(machine.states)
    assert [node.name for node in diagram(name).nodes if node.initial] == [machine.initial]


@pytest.mark.parametrize("name", [name for name, spec in CATALOGUE.items() if spec.plan])
def test_a_diagram_of_a_plan_shows_only_reachable_rows(name):
    of_the_plan, whole = shown(diagram(name)), shown(diagram("recording"))
    assert of_the_plan < whole
    guards = [guard for each in transitions(name) for guard in each.label.guards]
    assert not [guard for guard in guards if "plan:" in guard]


def test_a_plan_without_pause_shows_neither_pause_nor_stop_of_a_cloud_recording():
    by_hand = [
        each.label
        for each in transitions("recording-cloud-host-no-pause")
        if each.label.trigger in ("pause", "resume", "stop")
    ]
    assert {label.trigger for label in by_hand} == {"pause", "resume", "stop"}
    assert all("local, by the recording client" in label.guards for label in by_hand)
    assert not [
        each
        for each in transitions("recording-cloud-host-no-pause")
        if each.source == "paused" and "cloud" in each.label.guards
    ]


def test_the_last_host_may_leave_where_anyone_starts_the_recording():
    def of_the_last_host(name):
        return [each for each in transitions(name) if "the last host" in each.label.guards]

    assert not of_the_last_host("recording-cloud-anyone")
    assert of_the_last_host("recording-cloud-host")


def test_without_auto_recording_only_a_host_starts_a_recording():
    starts = [each for each in transitions("recording-by-hand") if each.target == "recording"]
    assert {each.label.trigger for each in starts if each.source != "paused"} == {"start"}


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_an_edge_that_only_a_host_can_take_is_dashed(name):
    for edge in diagram(name).edges:
        assert edge.dashed == ({label.trigger for label in edge.labels} == {"start"})
    assert any(edge.dashed for edge in diagram(name).edges)


def test_start_and_stop_have_another_colour_than_pause_and_resume():
    tones = {
        label.command.text.split(":")[0]: label.command.tone
        for edge in diagram("recording").edges
        for label in edge.labels
    }
    assert tones == {"start": "stop-go", "stop": "stop-go", "pause": "hold", "resume": "hold"}


def test_a_stop_names_its_reason_and_its_rule():
    leaves = {
        label.command.text: label.rules
        for edge in diagram("recording").edges
        for label in edge.labels
        if label.trigger == "leave"
    }
    assert leaves == {
        "stop: recording_client_left": ("R17",),
        "stop: everyone_left": ("R16",),
        "stop: hosts_left": ("R16",),
    }


def test_omitted_guards_are_in_a_note():
    omitted, legend = diagram("recording").notes
    assert omitted[0] == "guards not shown – every event: the meeting is not over"
    assert "leave, role: is present" in omitted
    assert "dashed: only on a host's request" in legend
    labels = [each.label for each in transitions("recording")]
    assert not [label for label in labels if "is present" in label.guards]
    assert all("a host" in label.guards for label in labels if label.trigger == "stop")


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
def test_a_diagram_of_a_plan_explains_the_transitions_of_the_other_kind(name):
    plan = CATALOGUE[name].plan
    _, legend = diagram(name).notes
    notes = [each for each in legend if each.startswith("transitions of the other kind apply")]
    assert bool(notes) == (plan is not None and plan.kind is not None)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("recording-cloud-hots", "did you mean 'recording-cloud-host'?"),
        ("polcy", "did you mean 'policy'?"),
        ("zzz", f"there are {', '.join(DIAGRAM_NAMES)}"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(name, hint):
    with pytest.raises(ValueError, match="there is no diagram") as caught:
        diagram(name)
    assert str(caught.value) == f"there is no diagram '{name}' ({hint})"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"no language 'fr' \(there are en, zh\)"):
        diagram("policy", "fr")


def test_a_diagram_is_the_same_each_time():
    assert diagram("recording") == diagram("recording")
