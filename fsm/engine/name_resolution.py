"""What the names in a definition stand for, as far as it is known before a model is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any


class Missing:
    """Stands for what a name does not lead to."""


MISSING = Missing()


def name_of(given: Any) -> str:
    """Return how a definition names a condition or callback.

    >>> name_of("is_open"), name_of(len)
    ('is_open', 'len')
    """
    return given if isinstance(given, str) else getattr(given, "__name__", repr(given))


def method_of(model_class: type | None, name: str) -> Callable[..., Any] | None:
    """Return the plain method of a class that a name stands for.

    Args:
        model_class: the class of the models, if it is known.
        name: a condition or callback as given.

    Returns:
        ``None`` for what only the model itself can tell: a property, say.
    """
    found = inspect.getattr_static(model_class, name, None)
    return found if inspect.isfunction(found) else None


def look_up(model_class: type | None, given: Any) -> Any:
    """Return what a condition or callback stands for, without calling it.

    Args:
        model_class: the class of the models, if it is known.
        given: a condition or callback as given.

    Returns:
        A callable; or, for a name, what the class has by that name, else what can be
        imported by it, else ``None`` where models may have it all the same, and
        :data:`MISSING` where they cannot.
    """
    if not isinstance(given, str):
        return given
    found = inspect.getattr_static(model_class, given, MISSING)
    if found is MISSING:
        found = _imported(given)
    if found is MISSING and (model_class is None or _may_have(model_class, given)):
        return None
    return found


def function_in(found: Any) -> Any:
    """Return the function inside a property, a static method or the like."""
    if isinstance(found, property):
        return found.fget
    if isinstance(found, cached_property):
        return found.func
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def _imported(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    if not module:
        return MISSING
    try:
        return getattr(import_module(module), attribute, MISSING)
    except (ImportError, TypeError):  # TypeError: the name starts with a dot
        return MISSING


def _may_have(model_class: type, name: str) -> bool:
    # Attributes that only instances have are mostly annotated in the class.
    return hasattr(model_class, "__getattr__") or any(
        name in inspect.get_annotations(each) for each in model_class.__mro__
    )
