"""Errors are the library's own kinds, carry their parts and name the machine."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, assert_never

import pytest
import transitions

from fsm.engine import (
    DefinitionError,
    FrozenError,
    InvalidTriggerError,
    NotFrozenError,
    NotPicklableError,
    UnknownTriggerError,
)
from fsm.engine.errors import describe_error


def test_an_invalid_trigger_is_a_machine_error_with_its_parts() -> None:
    error = InvalidTriggerError("shut", "pull", ["push", "kick"])
    assert isinstance(error, transitions.MachineError)
    assert (error.state, error.trigger, error.possible) == ("shut", "pull", ("push", "kick"))
    assert str(error) == "'pull' has no row in state 'shut' (there: push, kick)"
    assert str(InvalidTriggerError("shut", "pull", [])).endswith("(there: none)")


def test_an_unknown_trigger_is_an_attribute_error_with_its_parts() -> None:
    error = UnknownTriggerError("kick", ["push"])
    assert isinstance(error, AttributeError)
    assert (error.trigger, error.known) == ("kick", ("push",))
    assert str(error) == "the machine has no trigger 'kick' (it has: push)"
    assert str(UnknownTriggerError("kick", ())).endswith("(it has: none)")


@pytest.mark.parametrize(("name", "title"), [("door", "machine 'door'"), ("", "the machine")])
def test_the_machine_is_named_where_it_has_a_name(name: str, title: str) -> None:
    assert str(DefinitionError(name, ["a"])) == f"{title} cannot be frozen: a"
    assert str(DefinitionError(name, ["a", "b"])) == f"{title} cannot be frozen:\n  a\n  b"
    assert str(FrozenError(name, "that")) == (
        f"{title} is frozen, that would change it (build a new machine instead)"
    )
    assert str(NotFrozenError(name, "that")) == (
        f"{title} is not frozen, that needs a frozen one (call freeze() first)"
    )


def test_a_missing_case_is_described_by_its_place_and_its_remedy() -> None:
    def colour(light: str) -> str:
        assert_never(light)  # type: ignore[arg-type]

    with pytest.raises(AssertionError) as caught:
        colour("amber")
    place = "/".join(__name__.split("."))
    expected = f"colour in {place}.py has no case for 'amber' (write one)"
    assert describe_error(caught.value) == expected


def test_any_other_error_is_described_by_its_class_and_its_message() -> None:
    assert describe_error(LookupError("no such light")) == "LookupError: no such light"
    with pytest.raises(AssertionError) as caught:
        raise AssertionError("not on")
    assert describe_error(caught.value) == "AssertionError: not on"


class OwnError(FrozenError):
    def __init__(self) -> None:
        super().__init__("own", "that")
        self.more = 1


@pytest.mark.parametrize(
    "error",
    [
        DefinitionError("door", ["a", "b"]),
        FrozenError("door", "that"),
        NotFrozenError("door", "that"),
        NotPicklableError("the table"),
        InvalidTriggerError("shut", "pull", ["push"]),
        UnknownTriggerError("kick", ["push"]),
        OwnError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_errors_survive_a_copy_and_a_pickle(error: Exception, copied: Callable[..., Any]) -> None:
    error.add_note("noted")
    found = copied(error)
    assert type(found) is type(error)
    assert (str(found), found.args, vars(found)) == (str(error), error.args, vars(error))
