"""The graph as compact data: equal answers and equal edges stand once, and are numbers elsewhere.

The page reads it in ``graph.js``. Situations with the same participants are beside each other, so
that the distances from a situation to the next are few and often the same.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

import attrs

from fsm.book.graph import BOOK_PARTICIPANTS, Answer, Graph, GraphNode, events_for

T = TypeVar("T", bound=Hashable)


class Numbered(Generic[T]):
    """Values that are numbered in the order in which they are first asked for."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number(self, value: T) -> int:
        """Returns the number of a value."""
        return self._numbers.setdefault(value, len(self._numbers))

    def values(self) -> list[T]:
        """Returns the values in the order of their numbers."""
        return list(self._numbers)


def ordered_nodes(graph: Graph) -> list[GraphNode]:
    """Returns the situations in the order of their numbers."""
    return sorted(graph.edges, key=lambda node: (len(node.people), str(node)))


def graph_data(graph: Graph) -> dict[str, Any]:
    """Returns the graph as data for JSON.

    ``events`` has the events by the number of participants; ``edges`` has for each situation the
    number of a cell for each event. A cell has one entry for each group of plans with an answer of
    its own: the number of the answer, the distance to the situation after it, and the number of
    the group. Group 0 is every plan.

    Args:
        graph: the graph.
    """
    nodes = ordered_nodes(graph)
    numbers = {node: number for number, node in enumerate(nodes)}
    answers: Numbered[Answer] = Numbered()
    groups: Numbered[int] = Numbered()
    cells: Numbered[tuple[tuple[int, int, int], ...]] = Numbered()
    everyone = groups.number((1 << len(graph.plans)) - 1)
    rows = []
    for node in nodes:
        row = []
        for edges in graph.edges[node]:
            alone = len(edges) == 1
            cell = tuple(
                (
                    answers.number(edge.answer),
                    numbers[edge.target] - numbers[node],
                    everyone if alone else groups.number(edge.plans),
                )
                for edge in edges
            )
            row.append(cells.number(cell))
        rows.append(row)
    return {
        "plans": [attrs.asdict(plan) for plan in graph.plans],
        "events": [events_for(present) for present in range(BOOK_PARTICIPANTS + 1)],
        "situations": [attrs.asdict(node) for node in nodes],
        "opening": numbers[graph.opening],
        "answers": [_answer_data(answer) for answer in answers.values()],
        "groups": [_members(group) for group in groups.values()],
        "cells": cells.values(),
        "edges": rows,
    }


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        **attrs.asdict(answer, recurse=False),
        "recorder": [dict(command) for command in answer.recorder],
        "timers": [dict(change) for change in answer.timers],
    }


def _members(group: int) -> list[int]:
    """Returns the numbers of the plans of a group."""
    return [number for number in range(group.bit_length()) if group >> number & 1]


def json_text(data: Any) -> str:
    """Returns data as JSON, as short as it can be."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def packed(data: Any) -> str:
    """Returns data as JSON, compressed with zlib and written in base64."""
    return base64.b64encode(zlib.compress(json_text(data).encode(), 9)).decode()
