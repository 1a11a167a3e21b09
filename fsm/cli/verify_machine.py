"""``fsm verify MODULE:MACHINE``: a frozen machine of the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import attrs

from fsm.cli.errors import BadInput, count_of, printable
from fsm.cli.machines import error_with_place, load_machine
from fsm.cli.progress import shown_progress
from fsm.engine import Machine, Row
from fsm.engine.exploration import Exploration
from fsm.engine.explore import explore
from fsm.engine.reachability import Reachability, reachability
from fsm.engine.state_space import StateSpace

SPACE = "SPACE"
"""The attribute of the module that describes the state space of its machine."""


_LABELS = (
    ("situations", "situations", ""),
    ("events tried", "events", ""),
    ("states reached", "states_reached", "states"),
    ("transitions that can be taken", "rows_possible", "rows"),
    ("transitions taken", "rows_taken", "rows"),
    ("guards with a deciding pair (MC/DC)", "guards_decided", "guards"),
)
"""The label of each count, its name, and the name of the count that it is a part of."""


@attrs.frozen
class MachineReport:
    """The report on a machine.

    Args:
        machine: its name, as on the command line.
        counts: the counts, by their names in JSON.
        never_left: the names of the states that are reached and never left.
        violations: the violations, as JSON objects.
        gaps: the parts of the machine without a use, in words; none are known if the exploration
            was given up.
        explored: whether a state space was explored; without one, guards were not evaluated.
        automatic: whether the machine has automatic transitions, which no count includes.
    """

    machine: str
    counts: dict[str, int]
    never_left: tuple[str, ...]
    violations: list[dict[str, Any]]
    gaps: list[str]
    explored: bool
    automatic: bool = False

    @property
    def sound(self) -> bool:
        """True if there is neither a violation nor a gap."""
        return not (self.violations or self.gaps)

    def as_json(self) -> dict[str, Any]:
        """Returns the report as a JSON object."""
        return {
            "machine": self.machine,
            "explored": self.explored,
            **self.counts,
            "never_left": list(self.never_left),
            "violations": self.violations,
            "gaps": self.gaps,
        }

    def lines(self) -> list[str]:
        """Returns the report as lines of text."""
        lines = [self.machine]
        for label, name, total in _LABELS:
            if name in self.counts:
                of = f" of {self.counts[total]}" if total else ""
                lines.append(f"{label:37}{self.counts[name]}{of}")
        if self.never_left:
            lines.append(f"never left: {', '.join(self.never_left)}")
        for violation in self.violations:
            rules = f" ({', '.join(violation['rules'])})" if violation["rules"] else ""
            lines.append(f"violated: {violation['property']}{rules}")
            events = ", ".join(violation["events"])
            lines.append(f"   {violation['problem']}, after: {events}")
        if any("pass at once" in each["problem"] for each in self.violations):
            lines.append(
                "(if rows are meant to be tried in order, StateSpace(..., exclusive=False) allows "
                "several to pass at once)"
            )
        lines += [f"gap: {gap}" for gap in self.gaps]
        if self.automatic:
            lines.append(
                "automatic transitions to_<state> are not counted (auto_transitions=False leaves "
                "them out)"
            )
        if not self.explored:
            lines.append(f"no guard was evaluated: the module has no {SPACE} (docs/engine.md)")
        violations = count_of(len(self.violations), "violation")
        lines.append(f"{violations}, {count_of(len(self.gaps), 'gap')}")
        return [printable(line) for line in lines]


def verify_machine(name: str) -> MachineReport:
    """Explores a frozen machine.

    With a ``SPACE`` in its module, a :class:`fsm.engine.state_space.StateSpace` with ``starts``,
    every reachable situation is explored. Without it, only the definition is searched for states
    that are never reached, and rows and triggers that are never possible.

    Args:
        name: the machine, such as ``shop.turnstile:machine``.

    Raises:
        BadInput: there is no such machine, or its state space cannot be explored.
    """
    module, machine = load_machine(name)
    space = getattr(module, SPACE, None)
    if space is None:
        return _structural_report(name, machine, reachability(machine))
    found, space = _explored(module, machine, space)
    return _explored_report(name, machine, found, space)


def _explored(
    module: ModuleType, machine: Machine, space: Any
) -> tuple[Exploration[Any], StateSpace[Any]]:
    where = f"{module.__name__}.{SPACE}"
    if not isinstance(space, StateSpace):
        raise BadInput(
            f"{where} is a {type(space).__name__} (make it a fsm.engine.state_space.StateSpace)"
        )
    if not space.starts:
        raise BadInput(f"{where} has no initial models (give it starts, such as starts=(Door(),))")
    if space.group is attrs.fields(StateSpace).group.default:
        # The rows of a wildcard are one row of the definition.
        space = attrs.evolve(space, group=lambda row: row.declaration)
    starts = [(start, None) for start in space.starts]
    try:
        with shown_progress("verifying", "situations", "events") as show:
            found = explore(
                machine.table, starts, space, watch=lambda now: show(now.situations, now.steps)
            )
    except Exception as error:  # of the functions of the space
        raise BadInput(f"{where} cannot be explored: {error_with_place(error)}") from None
    return found, space


def _structural_report(name: str, machine: Machine, structure: Reachability) -> MachineReport:
    rows = _declared(machine.table.rows)
    counts = {
        "states": len(machine.states),
        "states_reached": len(structure.reached),
        "rows": len(_groups(rows)),
        "rows_possible": len(_groups(structure.taken)),
    }
    never = structure.never_left
    automatic = len(rows) < len(machine.table.rows)
    gaps = [*_unreached(structure.unreached), *_never_taken(rows, structure.taken)]
    return MachineReport(name, counts, never, [], gaps, False, automatic)


def _explored_report(
    name: str, machine: Machine, found: Exploration[Any], space: StateSpace[Any]
) -> MachineReport:
    state_name = machine.table.state_name
    reached = {state_name(start) for start in space.starts}
    reached |= {row.target for row in found.taken if row.target is not None}
    rows = _declared(machine.table.rows)
    evidence = [*found.preconditions.values(), *found.evidence.values()]
    guards = sum(len(each.guards) for each in evidence)
    undecided = [
        *_undecided(found, rows, space),
        *(
            f"the precondition '{guard.label}' of '{trigger}' decides nothing by itself"
            for trigger, each in found.preconditions.items()
            for guard in each.undecided()
        ),
    ]
    counts = {
        "situations": found.situations,
        "events": found.steps,
        "states": len(machine.states),
        "states_reached": len(reached),
        "rows": len(_groups(rows)),
        "rows_taken": len(_groups(_declared(found.taken))),
        "guards": guards,
        # The guards of a row that is never taken are no gaps of their own.
        "guards_decided": guards - sum(len(each.undecided()) for each in evidence),
    }
    violations = [
        {
            "property": each.name,
            "rules": list(each.rules),
            "problem": each.problem,
            "events": list(map(_event_text, each.triggers, each.events)),
        }
        for each in found.violations
    ]
    unreached = [state for state in machine.states if state not in reached]
    gaps = [*_unreached(unreached), *_never_taken(rows, found.taken), *undecided]
    if not found.complete:
        gaps = []
    never_left = tuple(sorted(found.stuck[None]))
    automatic = len(rows) < len(machine.table.rows)
    return MachineReport(name, counts, never_left, violations, gaps, True, automatic)


def _event_text(trigger: str, event: object) -> str:
    return trigger if event is None or str(event) == trigger else f"{trigger} {event}"


def _declared(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.automatic]


def _groups(rows: Iterable[Row]) -> set[object]:
    return {row.declaration for row in rows}


def _unreached(states: Iterable[str]) -> list[str]:
    return [f"state '{state}' is never reached" for state in states]


def _never_taken(rows: Iterable[Row], taken: Iterable[Row]) -> list[str]:
    rows, used = list(rows), _groups(taken)
    possible = {row.trigger for row in rows if row.declaration in used}
    lines = [
        f"trigger '{trigger}' is never possible"
        for trigger in dict.fromkeys(row.trigger for row in rows)
        if trigger not in possible
    ]
    unused: dict[object, list[Row]] = {}
    for row in rows:
        if row.declaration not in used and row.trigger in possible:
            unused.setdefault(row.declaration, []).append(row)
    for group in unused.values():
        sources = ", ".join(row.source for row in group)
        targets = {row.target or row.source for row in group}
        where = f"from {sources} to {min(targets)}" if len(targets) == 1 else f"in {sources}"
        lines.append(f"a transition of '{group[0].trigger}' {where} is never taken")
    return lines


def _undecided(
    found: Exploration[Any], rows: Iterable[Row], space: StateSpace[Any]
) -> Iterable[str]:
    used = _groups(found.taken)
    groups = {space.group(row): row for row in reversed(list(rows)) if row.declaration in used}
    for group, row in reversed(groups.items()):
        for guard in found.evidence[group].undecided():
            yield (
                f"the guard '{guard.label}' of '{row.trigger}' from '{row.source}' "
                "decides nothing by itself"
            )
