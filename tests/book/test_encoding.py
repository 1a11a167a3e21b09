"""The graph as compact data: nothing is lost in it."""

import json

import pytest

from fsm.book.encoding import Numbered, graph_data, ordered_nodes, packed
from fsm.book.walk import explore_meetings

from .test_walk import PLANS, edge_of
from .unpacking import unpacked


@pytest.fixture(scope="module")
def graph():
    return explore_meetings(PLANS[:2])


@pytest.fixture(scope="module")
def data(graph):
    return unpacked(packed(graph_data(graph)))


def test_every_edge_is_found_in_the_data(graph, data):
    nodes = ordered_nodes(graph)
    for number, node in enumerate(nodes):
        for event, edges in enumerate(graph.edges[node]):
            for plan in range(2):
                if not any(edge.plans >> plan & 1 for edge in edges):
                    continue
                edge = edge_of(graph, plan, node, event)
                cell = data["cells"][data["edges"][number][event]]
                [(answer, distance, _)] = [
                    entry for entry in cell if plan in data["groups"][entry[2]]
                ]
                assert nodes[number + distance] == edge.target
                found = data["answers"][answer]
                assert found["refused"] == edge.answer.refused
                assert tuple(found["rules"]) == edge.answer.rules
                assert tuple(found["no_more"]) == edge.answer.no_more
                assert tuple(found["places"]) == edge.answer.places
                assert found["recorder"] == [dict(each) for each in edge.answer.recorder]


def test_the_opening_is_an_empty_idle_meeting(data):
    opening = data["situations"][data["opening"]]
    assert (opening["people"], opening["state"], opening["timers"]) == ([], "idle", [])


def test_equal_values_have_one_number():
    numbered = Numbered()
    assert [numbered.number(each) for each in "abca"] == [0, 1, 2, 0]
    assert numbered.values() == ["a", "b", "c"]


def test_data_are_packed_as_text_and_unpacked_again():
    data = {"规则": [1, None, "R13"]}
    assert unpacked(packed(data)) == data
    assert packed(data).isascii()
    assert len(packed(["same"] * 1000)) < len(json.dumps(["same"] * 1000)) / 10
