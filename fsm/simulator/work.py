"""The work of the simulator, which a process of its own does.

Drawing takes a tenth of a second, in which the event loop of a service would answer no event. Only
that process imports what draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fsm.recording import Plan
from fsm.recording.vocabulary import Timer
from fsm.scenario import Scenario

if TYPE_CHECKING:
    from fsm.runtime.past import Past
    from fsm.simulator.answers import SimulatedStep, Simulation, Situation
    from fsm.translation import Lang


def simulation_of(scenario: Scenario, after: int, lang: Lang) -> Simulation:
    """Plays a scenario; see :func:`fsm.simulator.simulation.simulate`."""
    from fsm.simulator import simulation
    from fsm.translation import Translator

    return simulation.simulate(scenario, after, Translator(lang))


def past_of(
    past: Past, at: int, due: Mapping[Timer, int], lang: Lang
) -> tuple[tuple[SimulatedStep, ...], Situation]:
    """Shows a part of a meeting's past; see :func:`fsm.simulator.recorded.show_past`."""
    from fsm.simulator import recorded
    from fsm.translation import Translator

    return recorded.show_past(past, at, due, Translator(lang))


def tried_from(past: Past, title: str) -> dict[str, Any]:
    """Returns a past as a scenario; see :func:`fsm.simulator.recorded.past_scenario`."""
    from fsm.simulator import recorded

    return recorded.past_scenario(past, title)


def draw(scenario: Scenario, lang: Lang) -> bytes:
    """Returns the diagram of the machine under the plan of a scenario, as SVG."""
    return _draw(scenario.resolve().plan, lang)


@lru_cache(maxsize=256)
def _draw(plan: Plan, lang: Lang) -> bytes:
    from fsm.diagrams.catalogue import plan_diagram
    from fsm.diagrams.dot import render_marked_svg
    from fsm.translation import Translator

    return render_marked_svg(plan_diagram(plan), Translator(lang)).encode()
