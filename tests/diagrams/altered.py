"""Other versions of a diagram: as it would be if its table were another one."""

from __future__ import annotations

import attrs

from fsm.diagrams import Diagram


def with_each(diagram: Diagram, change) -> Diagram:
    """Replaces each transition by ``change(transition)``; ``None`` removes it."""
    changed = (change(each) if not each.stays else each for each in diagram.transitions)
    return attrs.evolve(diagram, transitions=tuple(each for each in changed if each))


def with_first(diagram: Diagram, source: str, trigger: str, change) -> Diagram:
    """Replaces the first transition of a state and a trigger by ``change(transition)``."""
    first = next(
        each for each in diagram.transitions if (each.source, each.trigger) == (source, trigger)
    )
    return with_each(diagram, lambda each: change(each) if each is first else each)


def with_first_altered(diagram: Diagram, source: str, trigger: str, **values) -> Diagram:
    """Gives the first transition of a state and a trigger other values."""
    return with_first(diagram, source, trigger, lambda each: attrs.evolve(each, **values))


def with_first_staying(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The first transition of a state and a trigger no longer leaves the state."""
    return with_first_altered(diagram, source, trigger, target=source)


def with_preconditions(diagram: Diagram, trigger: str, change) -> Diagram:
    """Changes the preconditions of a trigger."""
    changed = tuple(change(diagram.preconditions[trigger]))
    assert changed != diagram.preconditions[trigger]
    return attrs.evolve(diagram, preconditions={**diagram.preconditions, trigger: changed})


def with_reversed_order(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The transitions of a state and a trigger are tried from the last to the first."""

    def change(each):
        if (each.source, each.trigger) == (source, trigger):
            return attrs.evolve(each, position=-each.position)
        return each

    return with_each(diagram, change)


def without_a_guard(diagram):
    """The first pause does not need the permission."""

    def change(each):
        guards = tuple(guard for guard in each.guards if guard != "plan: host may pause")
        assert guards != each.guards
        return attrs.evolve(each, guards=guards)

    return with_first(diagram, "recording", "pause", change)


def without_a_row(diagram):
    """The row of rule R9 that resumes a recording is missing."""
    return with_first(diagram, "paused", "resume", lambda each: None)


def with_another_target(diagram):
    """A failure of the recorder leads to another state."""
    return with_first_altered(diagram, "recording", "recorder_failed", target="idle")


def with_all_of_these(diagram):
    return with_another_target(without_a_row(without_a_guard(diagram)))
