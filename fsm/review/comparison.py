"""The comparison of two versions in step, in pairs of situations.

A pair of situations is reached by the same events in both versions. A path ends at its first
difference: later ones would be its consequences. Settings that lead to different plans are
differences themselves, and their meetings are not compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import attrs

from fsm.review.difference import (
    Difference,
    DifferenceKind,
    different_parts,
    different_values,
    texts_in,
)
from fsm.review.scope import ReviewScope, subject_of
from fsm.review.versions import Data, Version
from fsm.verify.meeting_space import max_situations
from fsm.verify.processes import Watch

_BATCH = 400
_MAX_CONSEQUENCES = 20_000
"""The number of pairs that are followed although an answer has shown how their models differ."""


@attrs.define(eq=False)
class _Pair:
    """A pair of situations.

    Args:
        old: the number of the situation in the old version.
        new: its number in the new version.
        start: the settings or the edition that the path to it begins with.
        limit: the maximum number of participants.
        origin: the pair before, and the event that led from it.
        diverged: the parts of the model that differ.
    """

    old: int
    new: int
    start: Any
    limit: int
    origin: tuple[_Pair, Data] | None = None
    diverged: frozenset[str] = frozenset()

    @property
    def path(self) -> tuple[Data, ...]:
        """The events that lead to the pair."""
        events: list[Data] = []
        pair = self
        while pair.origin is not None:
            pair, event = pair.origin
            events.append(event)
        return tuple(reversed(events))


class Walk:
    """The exploration of one machine in two versions, in step.

    A walk gives up, and is ``endless``, if a model seems to grow without end.

    Args:
        old: the old version.
        new: the new version.
        machine: the name of the machine.
        scope: the events to try.
        watch: called with the numbers of situations and events.
    """

    def __init__(
        self, old: Version, new: Version, machine: str, scope: ReviewScope, watch: Watch
    ) -> None:
        self.sides = (old.knowledge_of(machine), new.knowledge_of(machine))
        self.machine = machine
        self.scope = scope
        self.watch = watch
        self.situations = self.tried = 0
        self.found: dict[Hashable, Difference] = {}
        self._places: dict[Hashable, tuple[_Pair, tuple[int, int], int]] = {}
        self._lists: dict[Hashable, tuple[tuple[int, int], list[Data]]] = {}
        self._kinds: dict[tuple[int, int], DifferenceKind | None] = {}
        # The pairs that were reached, without and with the names of participants.
        self._reached: set[Hashable] = set()
        self._reached_by_name: set[tuple[int, int]] = set()
        self._left = _MAX_CONSEQUENCES
        self.endless = False

    # -- requests -------------------------------------------------------------------------

    def begin(self, starts: list[tuple[Any, int]]) -> list[_Pair]:
        """Returns the first pair of each start.

        Args:
            starts: settings or an edition, each with the maximum number of participants.
        """
        arguments = {"machine": self.machine, "from": [start for start, _ in starts]}
        for side in self.sides:
            side.version.send("start", **arguments)
        numbers = [side.learn(side.version.receive()) for side in self.sides]
        pairs = zip(numbers[0]["situations"], numbers[1]["situations"], starts, strict=True)
        return [_Pair(old, new, start, limit) for old, new, (start, limit) in pairs]

    def _list_of(self, pair: _Pair) -> tuple[tuple[int, int], list[Data]]:
        """Returns the events to try in a pair, and the number of their list in each version."""
        names = tuple(sorted({*self.sides[0].names(pair.old), *self.sides[1].names(pair.new)}))
        key = (names, pair.limit)
        if key not in self._lists:
            if self.machine == "policy":
                events = self.scope.changes
            else:
                events = self.scope.events(names, pair.limit)
            old, new = self.sides
            self._lists[key] = (old.list_of(events), new.list_of(events)), events
        return self._lists[key]

    def _tried(
        self, pairs: list[_Pair]
    ) -> Iterator[tuple[_Pair, tuple[int, int], list[Data], Any, Any]]:
        """Yields each pair with its events, and with the answers of both versions."""
        batches = [pairs[at : at + _BATCH] for at in range(0, len(pairs), _BATCH)]
        lists = [[self._list_of(pair) for pair in batch] for batch in batches]
        for at in range(-1, len(batches)):
            # Both versions work at the next batch while this one is compared.
            if at + 1 < len(batches):
                following = list(zip(batches[at + 1], lists[at + 1], strict=True))
                self.sides[0].version.send(
                    "try", machine=self.machine,
                    of=[[pair.old, numbers[0]] for pair, (numbers, _) in following],
                )  # fmt: skip
                self.sides[1].version.send(
                    "try", machine=self.machine,
                    of=[[pair.new, numbers[1]] for pair, (numbers, _) in following],
                )  # fmt: skip
            if at >= 0:
                old, new = (side.learn(side.version.receive())["steps"] for side in self.sides)
                for pair, (numbers, events), one, other in zip(
                    batches[at], lists[at], old, new, strict=True
                ):
                    yield pair, numbers, events, one, other

    # -- the walk -----------------------------------------------------------------------------

    def run(self, starts: list[tuple[Any, int]], *, until_first: bool = False) -> None:
        """Explores all pairs, those of the shortest paths first.

        Args:
            starts: settings or an edition, each with the maximum number of participants.
            until_first: whether to stop after the distance of the first difference.
        """
        limit = max_pairs(max(participants for _, participants in starts))
        layer = [pair for pair in self.begin(starts) if self._is_new(pair)]
        while layer and not (until_first and self.found):
            if len(self._reached) > limit:
                self.endless = True
                return
            following: list[_Pair] = []
            for pair, numbers, events, old, new in self._tried(layer):
                self._compare(pair, numbers, events, old, new, following)
                self.situations += 1
                self.tried += len(events)
                self.watch(self.situations, self.tried)
            layer = self._worth_following(following)

    def _worth_following(self, pairs: list[_Pair]) -> list[_Pair]:
        """Returns the pairs to follow.

        A model that went wrong has far too many situations. Of the pairs whose difference an answer
        has shown already, only the first ones are followed.
        """
        shown = {each.diverged for each in self.found.values() if each.diverged}
        consequences = [pair for pair in pairs if pair.diverged in shown]
        if not consequences:
            return pairs
        self._left = max(0, self._left - len(consequences))
        return pairs if self._left else [pair for pair in pairs if pair.diverged not in shown]

    def _compare(
        self, pair: _Pair, numbers: tuple[int, int], events: list[Data], old: Any, new: Any,
        following: list[_Pair],
    ) -> None:  # fmt: skip
        keys: set[Hashable] = set()
        for at, event in enumerate(events):
            answers = (old[2 * at], new[2 * at])
            if answers not in self._kinds:
                self._kinds[answers] = self._kind(*answers)
            kind = self._kinds[answers]
            if kind is not None:
                keys.add(self._record(pair, numbers, at, event, *answers, kind))
                if kind == "answers":
                    continue
            after = (old[2 * at + 1], new[2 * at + 1])
            if after in self._reached_by_name:
                continue
            self._reached_by_name.add(after)
            limit = pair.limit
            join = event.get("join")
            if join is not None and join["platform"] not in self.scope.platforms:
                limit = 1  # in company, another platform stands for this one
            pair_after = _Pair(*after, pair.start, limit, (pair, event), pair.diverged)
            if self._is_new(pair_after):
                following.append(pair_after)
        for key in keys:
            self.found[key].situations.add(self.situations)

    def _kind(self, old: int, new: int) -> DifferenceKind | None:
        """Returns the kind of difference between two answers; ``None`` if they are the same."""
        parts = different_parts(self.sides[0].answers[old], self.sides[1].answers[new])
        if not parts:
            return None
        return "rules" if parts == {"rules"} else "answers"

    def _is_new(self, pair: _Pair) -> bool:
        """Returns whether a pair is reached for the first time, names apart, and notes it."""
        old, new = self.sides
        (rest, people), (other_rest, other_people) = (
            old.described[pair.old],
            new.described[pair.new],
        )
        names = {**people, **other_people}
        both = sorted((people.get(name, -1), other_people.get(name, -1)) for name in names)
        key = (rest, other_rest, tuple(both), pair.limit)
        if key in self._reached:
            return False
        self._reached.add(key)
        if not pair.diverged:
            diverged = different_values(old.rests[rest], new.rests[other_rest])
            for one, other in both:
                if one >= 0 and other >= 0:
                    diverged |= different_values(old.people[one], new.people[other])
                else:
                    diverged |= {"present"}
            pair.diverged = frozenset(diverged)
        return True

    def _record(
        self, pair: _Pair, numbers: tuple[int, int], at: int, event: Data, old: int, new: int,
        kind: DifferenceKind,
    ) -> Hashable:  # fmt: skip
        """Records a difference, and returns its key."""
        one, other = self.sides[0].answers[old], self.sides[1].answers[new]
        parts = frozenset(different_parts(one, other))
        [trigger] = event
        key = (kind, trigger, *one["by"], *other["by"], parts, pair.diverged)
        values = frozenset(texts_in(event)) | frozenset(texts_in(self._subject(pair, event)))
        values |= frozenset(texts_in(pair.start if self.machine == "policy" else None))
        constants = self.scope.moved_constants(values) if self.scope.moved_names else frozenset()
        known = self.found.get(key)
        if known is None:
            self._places[key] = (pair, numbers, at)
            self.found[key] = Difference(
                kind, self.machine, parts, pair.start,
                (*pair.path, event), one, other, (one["by"], other["by"]),
                self._subject(pair, event), diverged=pair.diverged, constants=constants,
            )  # fmt: skip
        else:
            known.constants &= constants
        return key

    def _subject(self, pair: _Pair, event: Data) -> Data:
        name = subject_of(event)
        new = self.sides[1]
        person = new.names(pair.new).get(name) if name else None
        return new.people[person] if person is not None else {}

    def first_difference(self, start: Any, events: list[Data]) -> Difference | None:
        """Returns the difference that a path meets first; ``None`` if it meets none.

        Args:
            start: the settings or the edition of the path.
            events: the events of the path, all of them in the scope.
        """
        [pair] = self.begin([(start, 0)])
        for event in events:
            [(_, numbers, tried, old, new)] = self._tried([pair])
            at = tried.index(event)
            answers = (old[2 * at], new[2 * at])
            if self._kind(*answers) == "answers":
                return self.found[self._record(pair, numbers, at, event, *answers, "answers")]
            pair = _Pair(old[2 * at + 1], new[2 * at + 1], start, 0, (pair, event))
        return None

    def explain(self) -> list[Difference]:
        """Explains the example of each difference, and returns the differences."""
        for key, difference in self.found.items():
            pair, numbers, at = self._places[key]
            old, new = (
                side.version.ask(
                    "explain", machine=self.machine, situation=situation, list=number, event=at
                )
                for side, situation, number in zip(
                    self.sides, (pair.old, pair.new), numbers, strict=True
                )
            )
            difference.explained = (old, new)
        return list(self.found.values())


def max_pairs(participants: int) -> int:
    """Returns the number of pairs after which a walk gives up, far more than a walk should reach.

    Args:
        participants: the maximum number of participants.
    """
    return 20_000 + 4 * max_situations(participants)
