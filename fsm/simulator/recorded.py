"""A moment of a real meeting: its recorded answers, as the page shows those of a simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from fsm.diagrams.catalogue import plan_diagram
from fsm.engine import Refusal
from fsm.recording import Meeting, Outcome
from fsm.recording.outcome import timers_data
from fsm.recording.vocabulary import Timer
from fsm.recording.why import missed_guards, rules_for_no_more
from fsm.runtime import answers, codec
from fsm.runtime.journal_check import in_words
from fsm.runtime.past import Past
from fsm.scenario.play import commands_data
from fsm.scenario.recorded import recorded_steps
from fsm.scenario.write import settings_data
from fsm.simulator.answers import SimulatedStep, Situation
from fsm.simulator.simulation import attempts_in, situation_of, transition_numbers
from fsm.translation import ENGLISH, Translator
from fsm.translation.explanations import explanation_text


def show_past(
    past: Past, at: int, due: Mapping[Timer, int], translate: Translator = ENGLISH
) -> tuple[tuple[SimulatedStep, ...], Situation]:
    """Returns the steps of a part of a meeting's past, and the meeting after them.

    States and refusals are the recorded answers. The explanations are those of the present rules,
    and are left out of a step that these would answer otherwise; it says so instead.

    Args:
        past: the part.
        at: the time that is shown, in milliseconds since 1970.
        due: the times at which timers are due, in milliseconds since 1970.
        translate: the translation of the sentences.
    """
    meeting = past.before
    steps = tuple(_steps(past, meeting, translate))
    remaining = {timer: max(moment - at, 0) for timer, moment in due.items()}
    return steps, situation_of(meeting, at - past.opened_at, remaining, translate)


def _steps(past: Past, meeting: Meeting, translate: Translator) -> Iterator[SimulatedStep]:
    transitions = plan_diagram(meeting.plan).transitions
    numbers = transition_numbers(transitions)
    for recorded in past.answers:
        entry, outcome = recorded.entry, recorded.entry.outcome
        why = meeting.why(entry.event)
        decision = meeting.decide(entry.event)
        today: Outcome = copy(meeting).handle(entry.event)
        same = today == outcome
        no_more = rules_for_no_more(meeting.plan, entry.event, outcome, missed_guards(why))
        row = None if isinstance(decision, Refusal) else decision.definition
        assert entry.seq is not None, "a recorded entry has a number"
        yield SimulatedStep(
            entry.seq, codec.event_data(entry.event), outcome.before, outcome.state,
            tuple(commands_data(outcome)), outcome.refused, outcome.rules,
            no_more if same else (),
            tuple(timers_data(outcome)),
            () if same else (_other_answer(today, translate),),
            explanation_text(why, translate) if same else None,
            (numbers[row],) if same and row in numbers else (),
            tuple(attempts_in(why, transitions, numbers, translate)) if same else (),
            entry.at - past.opened_at,
        )  # fmt: skip
        answers.apply(meeting, recorded.answer, recorded.presence)


def _other_answer(today: Outcome, translate: Translator) -> str:
    answer = in_words(today, translate)
    return translate.fill("the present rules would answer: {answer}", answer=answer)


def past_scenario(past: Past, title: str) -> dict[str, Any]:
    """Returns a past as a scenario whose steps expect the recorded answers.

    Args:
        past: the past, from the opening.
        title: the title of the scenario.
    """
    entries = ((each.entry.at, each.entry.event, each.entry.outcome) for each in past.answers)
    events = list(recorded_steps(entries))
    return {"title": title, **settings_data(past.settings), "events": events}
