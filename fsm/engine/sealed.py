"""Lists, dictionaries and objects that refuse to be changed once their machine is frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Never, TypeVar

from fsm.engine.errors import FrozenError

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class SealedList(list[T]):
    """A list that refuses every change. Copies and slices of it are ordinary lists.

    Args:
        items: what it holds for good.
        machine: the title of the machine it belongs to.
        name: what the machine uses it for.

    >>> SealedList(["a"], "door", "models").append("b")
    Traceback (most recent call last):
    ...
    fsm.engine.errors.FrozenError: machine 'door' is frozen, writing to its models would \
change it (build a new machine instead)
    """

    __slots__ = ("_machine", "_name")

    def __init__(self, items: Iterable[T], machine: str, name: str) -> None:
        super().__init__(items)
        self._machine = machine
        self._name = name

    def _refuse(self, *_args: Any, **_kwargs: Any) -> Never:
        raise FrozenError(self._machine, f"writing to its {self._name}")

    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse


class SealedDict(dict[K, V]):
    """A dictionary that refuses every change. Copies of it are ordinary dictionaries.

    Args:
        items: what it holds for good.
        machine: the title of the machine it belongs to.
        name: what the machine uses it for.
    """

    __slots__ = ("_machine", "_name")

    def __init__(self, items: Mapping[K, V], machine: str, name: str) -> None:
        super().__init__(items)
        self._machine = machine
        self._name = name

    def _refuse(self, *_args: Any, **_kwargs: Any) -> Never:
        raise FrozenError(self._machine, f"writing to its {self._name}")

    clear = pop = popitem = setdefault = update = _refuse
    __setitem__ = __delitem__ = __ior__ = _refuse


class Sealable:
    """An object whose attributes can be set until it is sealed."""

    def refuse_when_sealed(self, what: str) -> None:
        """Stop a change of a sealed object.

        Args:
            what: the change.

        Raises:
            FrozenError: the object is sealed.
        """
        machine = self.__dict__.get("_sealed_by")
        if machine is not None:
            raise FrozenError(machine, f"{what} of {self!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.refuse_when_sealed(f"setting '{name}'")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self.refuse_when_sealed(f"deleting '{name}'")
        super().__delattr__(name)


def seal_part(part: Any, machine: str) -> None:
    """Let an object refuse every change from now on.

    Args:
        part: a :class:`Sealable`.
        machine: the title of the machine it belongs to.
    """
    vars(part)["_sealed_by"] = machine
