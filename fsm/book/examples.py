"""The example scenarios as data: each with every step, and the meeting after it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from fsm.book.graph import END_WHEN_EMPTY, GRACE, GraphNode
from fsm.book.pictures import Pictures
from fsm.book.walk import node_of
from fsm.recording.plan import Plan
from fsm.scenario import Scenario, open_meeting, parse
from fsm.scenario.play import Player
from fsm.scenario.write import inline_text, settings_data
from fsm.simulator.pages import page_files
from fsm.simulator.simulation import simulate, situation_of
from fsm.translation import ENGLISH, Lang, Translator
from fsm.translation.settings import setting_lines


def example_scenarios() -> list[tuple[str | None, Scenario]]:
    """Returns the examples, each with its rule; ``None`` for an example of several rules."""
    listed = json.loads(page_files()["examples.json"][1])
    return [
        (each["rule"], *parse(json.dumps(each["scenario"]).encode(), str(each["rule"])))
        for each in listed
    ]


def examples_data(
    pictures: Pictures,
    plans: Mapping[Plan, int],
    nodes: Mapping[GraphNode, int],
    langs: Iterable[Lang],
) -> list[dict[str, Any]]:
    """Returns the examples as data for JSON.

    Args:
        pictures: receives the pictures of their plans.
        plans: the number of each plan of the graph.
        nodes: the number of each situation of the graph.
        langs: the languages of the sentences.
    """
    translators = [*map(Translator, langs)]
    return [
        _example(rule, scenario, pictures, plans, nodes, translators)
        for rule, scenario in example_scenarios()
    ]


def _example(
    rule: str | None, scenario: Scenario, pictures: Pictures, plans: Mapping[Plan, int],
    nodes: Mapping[GraphNode, int], translators: Iterable[Translator],
) -> dict[str, Any]:  # fmt: skip
    resolution = scenario.resolve()
    meeting = open_meeting(scenario)
    player = Player(meeting)
    moments = [_moment(player, nodes)]
    for step in scenario.steps:
        player.play(step.event)
        moments.append(_moment(player, nodes))
    return {
        "rule": rule,
        "title": {translate.lang: translate.title(scenario.title) for translate in translators},
        "settings": {
            translate.lang: settings_in(settings_data(scenario.settings), translate)
            for translate in translators
        },
        "status": resolution.status,
        "plan": attrs.asdict(resolution.plan),
        "why": {translate.lang: [*map(translate, resolution.why)] for translate in translators},
        "picture": pictures.number(resolution.plan),
        "number": plans.get(in_the_graph(resolution.plan)),
        "steps": _steps(scenario, translators),
        "moments": moments,
    }


def settings_in(settings: Mapping[str, Any], translate: Translator) -> list[str]:
    """Returns the settings of a scenario, line by line: as in its file, and in words in Chinese."""
    if translate.lang == "en":
        return [f"{name}: {inline_text(value)}" for name, value in settings.items()]
    return list(setting_lines(settings, translate))


def _steps(scenario: Scenario, translators: Iterable[Translator]) -> list[dict[str, Any]]:
    """Returns the steps with their labels in English, and their sentences in every language."""
    steps = [attrs.asdict(step) for step in simulate(scenario).steps]
    sentences = {
        translate.lang: simulate(scenario, 0, translate).steps for translate in translators
    }
    for number, step in enumerate(steps):
        step["why"] = {lang: translated[number].why for lang, translated in sentences.items()}
    return steps


def in_the_graph(plan: Plan) -> Plan:
    """Returns the plan of the graph that a plan is like, except for its source and its seconds."""
    return attrs.evolve(
        plan, source="none", grace=plan.grace and GRACE,
        end_when_empty=plan.end_when_empty and END_WHEN_EMPTY,
    )  # fmt: skip


def _moment(player: Player, nodes: Mapping[GraphNode, int]) -> dict[str, Any]:
    situation = situation_of(player.meeting, player.now, player.remaining(), ENGLISH)
    node, names = node_of(player.meeting)
    return {
        "state": situation.state,
        "kind": situation.kind,
        "client": situation.client,
        "ended": situation.ended,
        "people": [
            {"id": each.id, "role": each.role, "platform": each.platform}
            for each in situation.participants
        ],
        "timers": [{"timer": each.timer, "remaining": each.remaining} for each in situation.timers],
        # None where more participants are present than in the graph.
        "node": nodes.get(node),
        "names": names,
    }
