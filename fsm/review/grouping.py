"""Grouping: the differences that one change of the rules explains become one group.

Two differences belong together if they have a cause in common: a guard that answers differently, an
edit of a row, a name that moved to another set, a part of the model that was changed differently
before. A difference of the console explains those of the settings that are stored by it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import attrs

from fsm.review.comparison import Walk
from fsm.review.difference import Difference
from fsm.review.scope import ReviewScope
from fsm.review.versions import Data

Cause = tuple[Hashable, ...]
_RULE = re.compile(r"\b[RD]\d+\b")


@attrs.define
class ChangeGroup:
    """The differences of one change.

    Args:
        differences: the differences, the plainest first.
    """

    differences: list[Difference]

    @property
    def main(self) -> Difference:
        """The difference that describes the group: an answer rather than its consequences."""
        return self.differences[0]

    @property
    def rules(self) -> list[str]:
        """The ids of the rules that the differing answers name."""
        named: dict[str, None] = {}
        for each in self.differences:
            named |= dict.fromkeys(_rules_of(each))
        return sorted(named, key=lambda rule: (rule[0] != "R", int(rule[1:])))

    @property
    def settings(self) -> int:
        """The number of settings with another plan or form."""
        return sum(each.count for each in self.differences if not each.machine)

    @property
    def situations(self) -> int:
        """The number of situations that answer an event differently."""
        return len({(each.machine, pair) for each in self.differences for pair in each.situations})


def _rules_of(difference: Difference) -> Iterator[str]:
    if difference.machine:
        for answer in (difference.old, difference.new):
            yield from answer.get("rules", ())
        return
    reasons = [set(each.get("why", ())) for each in (difference.old, difference.new)]
    for reason in reasons[0] ^ reasons[1]:
        yield from _RULE.findall(reason)


def grouped(differences: Iterable[Difference], scope: ReviewScope) -> list[ChangeGroup]:
    """Returns the groups of differences, those with the fewest events first.

    Args:
        differences: the differences, each explained.
        scope: the tables of both versions.
    """
    edits = {machine: TableEdits(scope, machine) for machine in ("recording", "policy")}
    groups: list[tuple[set[Hashable], list[Difference]]] = []
    reasons = []
    for difference in sorted(differences, key=_plainness):
        if difference.kind == "reasons":
            reasons.append(difference)
            continue
        causes: set[Hashable] = {id(difference)}
        if difference.replayed is not None:
            causes.add(id(difference.replayed))
        # Other rule ids of the same answer share a group with other answers only by a guard.
        same_answer = difference.kind == "rules"
        causes |= {
            (same_answer and cause[0] != "guard", *cause) for cause in _causes(difference, edits)
        }
        members = [difference]
        separate = []
        for known, others in groups:
            if known & causes:
                causes |= known
                members = [*others, *members]
            else:
                separate.append((known, others))
        groups = [*separate, (causes, members)]
    changes = [ChangeGroup(sorted(members, key=_plainness)) for _, members in groups]
    for difference in reasons:
        _add_reasons(changes, difference)
    return sorted(changes, key=lambda group: _plainness(group.main))


def _add_reasons(groups: list[ChangeGroup], difference: Difference) -> None:
    """Adds other reasons to the change of plans whose sentences are most alike.

    The status is the same, so no change of the console or of the status explains them. The rules
    give reasons with the plan, so a change of plans is likelier than a change of the reasons alone.
    """
    nearest, most = None, -1.0
    for group in groups:
        derived = [each for each in group.differences if each.by[0] in ("form", "plan")]
        if derived:
            sentences: frozenset[str] = frozenset().union(*(each.reasons for each in derived))
            alike = len(difference.reasons & sentences) / max(1, len(sentences))
            if alike > most:
                nearest, most = group, alike
    if nearest is not None:
        nearest.differences.append(difference)
    else:
        groups.append(ChangeGroup([difference]))


def _plainness(difference: Difference) -> tuple[int, bool, int]:
    kinds = ("answers", "settings", "reasons", "rules")
    return kinds.index(difference.kind), difference.machine == "policy", len(difference.events)


def _causes(difference: Difference, edits: dict[str, TableEdits]) -> set[Cause]:
    """Returns the possible causes of a difference, by the most telling evidence."""
    constants: set[Cause] = {("constant", name) for name in difference.constants}
    if not difference.machine:
        return constants or {("settings", difference.by[0], part) for part in difference.parts}
    machine = difference.machine
    table = edits[machine]
    if difference.kind == "rules":
        return (
            table.of_decision(difference)
            or _guards(difference, "guards")
            or {("rules of", machine, *by) for by in difference.by}
        )
    if difference.diverged:
        return constants | {("model", machine, part) for part in difference.diverged}
    return constants | (
        _guards(difference, "guards")
        or table.of_preconditions(difference)
        or table.of_decision(difference)
        or table.of_attempts(difference)
        or _guards(difference, "guards_elsewhere")
        or {("answer", machine, part) for part in difference.parts}
    )


def _guards(difference: Difference, key: str) -> set[Cause]:
    """Returns the guards that answer differently, among those that both explanations list."""
    # An older version lists no guards of other states.
    before, after = (each.get(key, {}) for each in difference.explained)
    return {
        ("guard", difference.machine, name)
        for name in before.keys() & after.keys()
        if before[name] != after[name]
    }


class TableEdits:
    """The edits of a table, row by row.

    Rows of the two versions are paired if they have a trigger in common, most similar first. An
    edit is what was added to and removed from a field; the same edit of several rows is one.

    Args:
        scope: the tables of both versions.
        machine: the machine of the table.
    """

    def __init__(self, scope: ReviewScope, machine: str) -> None:
        self.machine = machine
        self._tables = (scope.old["tables"][machine], scope.new["tables"][machine])
        self.edits: tuple[dict[int, set[Cause]], dict[int, set[Cause]]] = ({}, {})
        old, new = (list(enumerate(table["rows"])) for table in self._tables)
        for row in list(new):
            same = next((other for other in old if other[1] == row[1]), None)
            if same is not None:
                old.remove(same)
                new.remove(row)
        candidates = sorted(
            (
                (-_similarity(one, other), i, j)
                for i, one in old
                for j, other in new
                if one["trigger"] == other["trigger"]
            ),
        )
        paired: tuple[set[int], set[int]] = (set(), set())
        for _, i, j in candidates:
            if i not in paired[0] and j not in paired[1]:
                paired[0].add(i)
                paired[1].add(j)
                edits = set(self._edits(self._tables[0]["rows"][i], self._tables[1]["rows"][j]))
                self.edits[0][i] = self.edits[1][j] = edits
        for side, rows in enumerate((old, new)):
            for number, _ in rows:
                if number not in paired[side]:
                    self.edits[side][number] = {("row", machine, side, number)}

    def _edits(self, old: Data, new: Data) -> Iterator[Cause]:
        for field in old.keys() & new.keys():
            one, other = old[field], new[field]
            if one == other:
                continue
            if not isinstance(one, list):
                yield ("edit", self.machine, field, one, other)
                continue
            removed = frozenset(one) - frozenset(other)
            added = frozenset(other) - frozenset(one)
            # Without a difference of the items, the edit is their new order.
            order = () if removed or added else tuple(other)
            yield ("edit", self.machine, field, removed, added, *order)

    def of_decision(self, difference: Difference) -> set[Cause]:
        """Returns the edits of the rows that decided."""
        edits: set[Cause] = set()
        for side, (carrier, name) in enumerate(difference.by):
            if carrier == "row":
                edits |= self.edits[side].get(name, set())
        if difference.kind == "rules":
            return {edit for edit in edits if edit[2:3] == ("rules",)} or edits
        return edits

    def of_attempts(self, difference: Difference) -> set[Cause]:
        """Returns the edits of all rows that were attempted, and of their order."""
        edits: set[Cause] = set()
        for side, explained in enumerate(difference.explained):
            for number in explained["rows"]:
                edits |= self.edits[side].get(number, set())
        return edits

    def of_preconditions(self, difference: Difference) -> set[Cause]:
        """Returns the edit of the preconditions, if one of them refused the event."""
        [trigger] = difference.events[-1]
        old, new = (table["preconditions"].get(trigger, []) for table in self._tables)
        refused_by = {name for carrier, name in difference.by if carrier == "guard"}
        if old == new or not refused_by & {*old, *new}:
            return set()
        removed, added = frozenset(old) - frozenset(new), frozenset(new) - frozenset(old)
        return {("preconditions", self.machine, removed, added)}


def _similarity(old: Data, new: Data) -> int:
    same = sum(3 for field in old.keys() & new.keys() if old[field] == new[field])
    return same + sum(len({*old[field]} & {*new[field]}) for field in ("when", "unless", "source"))


def attribute_to_console(differences: Iterable[Difference], walk: Walk, scope: ReviewScope) -> None:
    """Notes the console's difference behind each difference of the settings.

    Stored settings are replayed as changes of a new console. If the answers to a change differ,
    the settings follow from that.

    Args:
        differences: the differences of settings.
        walk: the comparison of the console.
        scope: the changes of the console.
    """
    for difference in differences:
        if "error" in difference.old or "error" in difference.new:
            continue
        if difference.old["status"] == difference.new["status"]:
            continue
        account = difference.start["account"]
        changes: list[Any] = [each for each in scope.replayed(account) if each in scope.changes]
        difference.replayed = walk.first_difference(account["edition"], changes)
