"""Variants of a model's constant part, explored together as long as a step cannot tell them apart.

Models may differ in a part that no event changes, such as a meeting's plan. A step that reads only
what several variants have in common is the same step under each of them, so one step stands for
all. The models of such an exploration hold a shared constant that answers for the whole group, and
every answer that not all of them would give makes the group smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

V = TypeVar("V", bound=Hashable)


class Variants(Generic[V]):
    """The variants of a constant, and the group for which a step stands.

    A group is a set of variants as the bits of a number; bit 0 is the first variant.

    Args:
        values: the variants: immutable objects of one class, all different.
    """

    def __init__(self, values: Iterable[V]) -> None:
        self.values = tuple(values)
        self.everyone = (1 << len(self.values)) - 1
        self.group = 0
        self.shared = cast(V, SharedConstant(self))
        self._answers: dict[Callable[[V], Any], dict[int, tuple[Any, int]]] = {}

    def split(self, group: int) -> Iterator[None]:
        """Yields for one part of a group after another, until each variant had its turn.

        Meanwhile :attr:`group` is the part: at first all that remain, then fewer with every
        question that they answer differently.
        """
        while group:
            self.group = group
            yield
            group &= ~self.group
        self.group = 0

    def ask(self, question: Callable[[V], Any]) -> Any:
        """Returns the answer of the first variant of the group; those that differ leave the group.

        Args:
            question: a function of the variant alone. It is called once with each.

        Raises:
            RuntimeError: the variants differ, and no step is being taken.
            Exception: the exception that the question raises for the first variant.
        """
        answers = self._answers.get(question)
        if answers is None:
            answers = self._answers[question] = self._ask_everyone(question)
        answer, same = answers[self.group & -self.group or 1]
        if self.group:
            self.group &= same
        elif same != self.everyone:
            raise RuntimeError("variants can only be told apart within a step")
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def first(self) -> V:
        """The first variant of the group."""
        return self.values[(self.group & -self.group).bit_length() - 1]

    def members(self, group: int) -> list[V]:
        """Returns the variants of a group."""
        return [value for bit, value in enumerate(self.values) if group >> bit & 1]

    def _ask_everyone(self, question: Callable[[V], Any]) -> dict[int, tuple[Any, int]]:
        """Returns the answer of each variant, and the group that answers the same."""
        answers = [_answer(question, value) for value in self.values]
        return {
            1 << bit: (
                answer,
                sum(1 << other for other, its in enumerate(answers) if _same(answer, its)),
            )
            for bit, answer in enumerate(answers)
        }


def _answer(question: Callable[[V], Any], value: V) -> Any:
    try:
        return question(value)
    except Exception as error:  # an answer like any other
        return error


def _same(answer: Any, other: Any) -> bool:
    return type(answer) is type(other) and bool(answer == other)


def ask(constant: V, question: Callable[[V], Any]) -> Any:
    """Returns the answer to a question about a constant, shared or not; see :meth:`Variants.ask`.

    Args:
        constant: the constant of a model.
        question: a function of the constant alone.
    """
    if isinstance(constant, SharedConstant):
        return _variants_of(constant).ask(question)
    return question(constant)


class SharedConstant:
    """Stands for every variant of a group, and asks them whatever it is asked.

    It looks like an object of their class: its attributes are theirs, and it equals what they
    equal. An operator that it does not have raises.

    Args:
        variants: the variants.
    """

    __slots__ = ("_variants",)

    def __init__(self, variants: Variants[Any]) -> None:
        object.__setattr__(self, "_variants", variants)

    def __getattribute__(self, name: str) -> Any:
        return _variants_of(self).ask(_attribute(name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a constant has no attribute to set: {name}")

    def __eq__(self, other: object) -> bool:
        return self is other or bool(_variants_of(self).ask(_itself) == other)

    def __hash__(self) -> int:
        return hash(_variants_of(self).ask(_itself))

    def __bool__(self) -> bool:
        return bool(_variants_of(self).ask(_itself))

    def __repr__(self) -> str:
        return repr(_variants_of(self).ask(_itself))


_attribute = cache(attrgetter)
# The constant itself answers no name with an attribute of its own.
_variants_of: Callable[[Any], Variants[Any]] = vars(SharedConstant)["_variants"].__get__


def _itself(value: V) -> V:
    return value
