"""What the names in a definition lead to."""

from __future__ import annotations

import inspect
import os.path
from functools import cached_property, partial
from typing import Any

import pytest

from fsm.engine.name_resolution import (
    MISSING,
    attribute_of,
    function_in,
    look_up,
    method_of,
    name_of,
)


class Model:
    annotated: int

    def method(self) -> bool:
        return True

    @property
    def asked(self) -> bool:
        return True

    @cached_property
    def kept(self) -> bool:
        return True

    @staticmethod
    def static() -> bool:
        return True

    @classmethod
    def of_class(cls) -> bool:
        return True


class Derived(Model): ...


class Anything:
    def __getattr__(self, name: str) -> Any: ...


def test_a_guard_is_named_as_it_was_given() -> None:
    assert name_of("is_open") == "is_open"
    assert name_of(len) == "len"
    assert name_of(partial(partial(len), [])) == "len"
    assert name_of(object()) == "object"


def test_only_a_plain_method_of_a_known_class_is_found_at_once() -> None:
    assert method_of(Model, "method") is vars(Model)["method"]
    assert method_of(Derived, "method") is vars(Model)["method"]
    for name in ("asked", "kept", "static", "of_class", "absent"):
        assert method_of(Model, name) is None
    for name in ("method", "__bool__"):
        assert method_of(None, name) is None


@pytest.mark.parametrize("name", ["asked", "kept", "static", "of_class"])
def test_the_function_inside_is_found_whatever_wraps_it(name: str) -> None:
    function = function_in(vars(Model)[name])
    assert inspect.isfunction(function)
    assert function.__name__ == name
    assert function_in(len) is len
    assert function_in(None) is None


def test_a_name_leads_to_the_class_then_to_an_import_then_perhaps_to_the_model() -> None:
    assert look_up(Model, len) is len
    assert look_up(Model, "asked") is vars(Model)["asked"]
    assert look_up(Model, "os.path.exists") is os.path.exists
    assert look_up(None, "os.path.exists") is os.path.exists
    assert look_up(Model, "annotated") is None
    assert look_up(Derived, "annotated") is None
    assert look_up(Anything, "whatever") is None
    assert look_up(None, "whatever") is None


@pytest.mark.parametrize("name", ["absent", "os.path.absent", "no_such_module.name", ".exists"])
def test_what_a_name_does_not_lead_to_is_missing(name: str) -> None:
    assert look_up(Model, name) is MISSING


class Meta(type):
    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(name)

    def of_metaclass(cls) -> bool:
        return True

    async def __call__(cls) -> None: ...


class WithMeta(metaclass=Meta): ...


@pytest.mark.parametrize("name", ["of_metaclass", "mro", "anything"])
def test_what_only_the_metaclass_has_is_missing(name: str) -> None:
    assert attribute_of(WithMeta, name) is MISSING
    assert method_of(WithMeta, name) is None
    assert look_up(WithMeta, name) is MISSING
