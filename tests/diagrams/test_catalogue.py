import pytest

from fsm.diagrams import DIAGRAM_NAMES, diagram, diagram_name
from fsm.diagrams.catalogue import CATALOGUE
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import KINDS


def shown(diagram):
    lines = [line for edge in diagram.edges for line in edge.lines]
    stays = [stay for node in diagram.nodes for stay in node.stays]
    return {definition for each in (*lines, *stays) for definition in each.definitions}


def words(name, lang="en"):
    return [
        (edge.source, edge.target, line.trigger, line.conditions)
        for edge in diagram(name, lang).edges
        for line in edge.lines
    ]


@pytest.mark.parametrize(("name", "machine"), [("recording", RECORDING), ("policy", POLICY)])
def test_a_diagram_of_a_whole_machine_shows_every_row_and_no_other(name, machine):
    assert shown(diagram(name)) == {row.definition for row in machine.table.rows}
    assert [node.name for node in diagram(name).nodes] == list(machine.states)
    assert [node.name for node in diagram(name).nodes if node.initial] == [machine.initial]


@pytest.mark.parametrize("name", [name for name, entry in CATALOGUE.items() if entry.plan])
def test_a_diagram_of_one_plan_shows_only_what_can_happen_under_it(name):
    of_the_plan, whole = shown(diagram(name)), shown(diagram("recording"))
    assert of_the_plan < whole
    assert not [each for *_, conditions in words(name) for each in conditions if "plan:" in each]


def test_where_a_host_may_not_pause_a_cloud_recording_is_neither_paused_nor_stopped_by_hand():
    by_hand = [
        line
        for line in words("recording-cloud-host-no-pause")
        if line[2] in ("pause", "resume", "stop")
    ]
    assert {line[2] for line in by_hand} == {"pause", "resume", "stop"}
    assert all("local, by the recording client" in conditions for *_, conditions in by_hand)
    assert not [
        line
        for line in words("recording-cloud-host-no-pause")
        if line[0] == "paused" and "cloud" in line[3]
    ]


def test_where_anyone_starts_it_the_last_host_may_leave():
    assert not [line for line in words("recording-cloud-anyone") if "the last host" in line[3]]
    assert [line for line in words("recording-cloud-host") if "the last host" in line[3]]


def test_without_auto_recording_only_a_host_starts_it():
    starts = [line for line in words("recording-by-hand") if line[1] == "recording"]
    assert {line[2] for line in starts if line[0] != "paused"} == {"start"}


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_an_edge_on_which_nothing_happens_by_itself_is_dashed(name):
    for edge in diagram(name).edges:
        assert edge.dashed == ({line.trigger for line in edge.lines} == {"start"})
    assert any(edge.dashed for edge in diagram(name).edges)


def test_commands_have_the_colour_of_what_they_do():
    tones = {
        line.command.words.split(":")[0]: line.command.tone
        for edge in diagram("recording").edges
        for line in edge.lines
    }
    assert tones == {"start": "stop-go", "stop": "stop-go", "pause": "hold", "resume": "hold"}


def test_a_stop_names_its_reason_and_its_rule():
    leaves = {
        line.command.words: line.rules
        for edge in diagram("recording").edges
        for line in edge.lines
        if line.trigger == "leave"
    }
    assert leaves == {
        "stop: recording_client_left": ("R17",),
        "stop: everyone_left": ("R16",),
        "stop: hosts_left": ("R16",),
    }


def test_what_the_lines_leave_out_is_said_once_below():
    left_out, legend = diagram("recording").notes
    assert left_out[0] == "left out of the lines – always: the meeting is not over"
    assert "leave, role: is present" in left_out
    assert "dashed: only on a host's request" in legend
    lines = words("recording")
    assert not [line for line in lines if "is present" in line[3]]
    assert [line for line in lines if line[2] == "stop" and "a host" not in line[3]] == []


@pytest.mark.parametrize("host_may_pause", [True, False])
@pytest.mark.parametrize("started_by", ["host", "anyone"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_plan_has_its_diagram(kind, started_by, host_may_pause):
    cloud = kind == "cloud"
    plan = Plan(kind, started_by if cloud else "host", host_may_pause or not cloud)
    found = CATALOGUE[diagram_name(plan)].plan
    assert (found.kind, found.started_by) == (plan.kind, plan.started_by)
    if cloud:
        assert found.host_may_pause == host_may_pause


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_a_diagram_of_a_plan_says_why_it_shows_lines_of_the_other_kind(name):
    plan = CATALOGUE[name].plan
    _, legend = diagram(name).notes
    said = [each for each in legend if each.startswith("lines of the other kind")]
    assert bool(said) == (plan is not None and plan.kind is not None)


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
