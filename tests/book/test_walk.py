"""The exploration that fills the graph: each edge is the engine's answer."""

from collections import Counter

import pytest

from fsm.book import walk
from fsm.book.graph import END_WHEN_EMPTY, GRACE, events_for
from fsm.book.walk import GraphError, event_of, explore_meetings, node_of
from fsm.recording import Meeting
from fsm.recording.events import Join
from fsm.recording.machine import build
from fsm.recording.model import RecordingModel
from fsm.recording.plan import Plan

from ..verify.faulty import doubled
from .paths import random_paths

PLANS = (
    Plan("cloud", grace=GRACE, end_when_empty=END_WHEN_EMPTY),
    Plan("cloud", "anyone", host_may_pause=False),
    Plan("local", kinds=("local",)),
)


@pytest.fixture(scope="module")
def graph():
    return explore_meetings(PLANS)


def edge_of(graph, plan, node, number):
    """Returns the edge of an event under a plan."""
    [edge] = [edge for edge in graph.edges[node][number] if edge.plans >> plan & 1]
    return edge


def test_each_situation_has_one_answer_to_each_event_under_each_plan_that_reaches_it(graph):
    for node, events in graph.edges.items():
        assert len(events) == len(events_for(len(node.people)))
        reached = {edge.plans for edge in events[0]}
        for edges in events:
            plans = Counter(
                number for edge in edges for number in range(3) if edge.plans >> number & 1
            )
            assert set(plans.values()) == {1}
            assert sum(edge.plans for edge in edges) == sum(reached)
            assert all(edge.target in graph.edges for edge in edges)


def test_the_answers_along_random_paths_are_those_of_the_engine(graph):
    for path in random_paths(PLANS, 1_000):
        node, names = graph.opening, []
        for data, expected in zip(path["events"], path["answers"], strict=True):
            edge, everyone = looked_up(graph, path["plan"], node, names, data)
            node, names = edge.target, [everyone[place] for place in edge.answer.places]
            assert shown(edge, everyone, names) == expected


def looked_up(graph, plan, node, names, data):
    """Returns the edge of an event with names, and the names by position before it."""
    [(trigger, fields)] = data.items()
    [who] = [fields[key] for key in ("id", "by") if fields.get(key) is not None] or [None]
    everyone = names if who is None or who in names else [*names, who]
    positions = {
        key: everyone.index(value) if key in ("id", "by") and value is not None else value
        for key, value in fields.items()
    }
    number = events_for(len(names)).index({trigger: positions})
    return edge_of(graph, plan, node, number), everyone


def shown(edge, everyone, names):
    """Returns an edge in the words of a path."""
    answer, node = edge.answer, edge.target
    recorder = [dict(command) for command in answer.recorder]
    for command in recorder:
        if command.get("client") is not None:
            command["client"] = everyone[command["client"]]
    return {
        "refused": answer.refused,
        "rules": list(answer.rules),
        "no_more": list(answer.no_more),
        "recorder": recorder,
        "timers": [dict(change) for change in answer.timers],
        "state": node.state,
        "kind": node.kind,
        "client": None if node.client is None else names[node.client],
        "ended": node.ended,
        "running": list(node.timers),
        "people": {
            name: [person.role, person.platform]
            for name, person in zip(names, node.people, strict=True)
        },
    }


def test_a_refusal_says_which_guards_failed(graph):
    refusals = {
        edge.answer
        for events in graph.edges.values()
        for edges in events
        for edge in edges
        if edge.answer.refused
    }
    by_precondition = {(each.refused, each.failed) for each in refusals if each.failed}
    assert by_precondition >= {
        ("not_host", "a host"), ("not_host", "by a host or the server"),
        ("already_present", "not yet present"), ("meeting_ended", "the meeting is not over"),
    }  # fmt: skip
    by_row = {
        (each.refused, label) for each in refusals if not each.failed for _, label in each.attempts
    }
    assert by_row >= {
        ("not_desktop", "local: from a desktop"), ("kind_unavailable", "that kind is on"),
        ("not_recording_client", "local by the recording client"),
    }  # fmt: skip


def test_a_stale_firing_is_one_that_no_timer_waits_for():
    meeting = Meeting(PLANS[0])
    for data in events_for(0):
        if "time_up" in data:
            assert meeting.handle(event_of(data, ["alice"], meeting)).refused == "timer_not_set"


def test_situations_that_differ_in_names_alone_are_one():
    one, other = Meeting(PLANS[0]), Meeting(PLANS[0])
    for meeting, names in ((one, ["alice", "bob"]), (other, ["zoe", "adam"])):
        for position, name in enumerate(names):
            meeting.handle(Join(name, ("host", "member")[position], "windows"))
    assert node_of(one) == (node_of(other)[0], ["alice", "bob"])
    assert node_of(other)[1] == ["zoe", "adam"]


def test_a_table_with_a_fault_makes_no_graph(monkeypatch):
    rows, preconditions = doubled("stop", 0, when=("host_may_pause",))
    monkeypatch.setattr(walk, "RECORDING", build(rows, preconditions).freeze(RecordingModel))
    with pytest.raises(GraphError, match="pass at once"):
        explore_meetings(PLANS)
