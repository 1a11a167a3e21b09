"""Reachability by the definition alone, as if every guard could give either answer."""

from __future__ import annotations

import attrs

from fsm.engine import validation
from fsm.engine.machine import Machine
from fsm.engine.row import Row


@attrs.frozen
class Reachability:
    """The states that a frozen machine can be in, and the rows that it can take.

    Args:
        reached: the names of the states that can be reached.
        unreached: the names of all others.
        never_left: the names of the reached states that no row leaves.
        taken: the rows that can be taken.
    """

    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    never_left: tuple[str, ...]
    taken: tuple[Row, ...]


def reachability(machine: Machine) -> Reachability:
    """Returns the states and the rows that can be reached from the states to start in.

    Guards are not evaluated: a row counts as possible unless an earlier row of its cell always
    wins, or its guards contradict each other. Automatic transitions (:attr:`Row.automatic`) are
    left out: they lead everywhere.

    Args:
        machine: a frozen machine.

    Raises:
        NotFrozenError: the machine is not frozen.
    """
    unreachable = dict(validation.unreachable_rows(machine))
    rows = [
        row for row in machine.table.rows if row.definition not in unreachable and not row.automatic
    ]
    reached: set[str] = set()
    waiting = set(machine.starts)
    while waiting:
        reached |= waiting
        waiting = {row.target for row in rows if row.target and row.source in reached} - reached
    taken = [row for row in rows if row.source in reached]
    left = {row.source for row in taken if row.target not in (None, row.source)}
    return Reachability(
        reached=tuple(name for name in machine.states if name in reached),
        unreached=tuple(name for name in machine.states if name not in reached),
        never_left=tuple(name for name in machine.states if name in reached - left),
        taken=tuple(taken),
    )
