"""Resolution of the names in a definition, as far as it is possible without a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property, partial
from importlib import import_module
from typing import Any


class Missing:
    """The type of :data:`MISSING`."""


MISSING = Missing()
"""The result of a look-up that leads nowhere."""


def name_of(callback: Any) -> str:
    """Returns the name by which a definition refers to a guard or callback.

    Of a callable without a name it is that of its class, or of the function of a partial: the
    ``repr`` of both differs from one process to the next.

    >>> name_of("is_open"), name_of(len), name_of(partial(print, "open"))
    ('is_open', 'len', 'print')
    """
    if isinstance(callback, str):
        return callback
    if isinstance(callback, partial):
        return name_of(callback.func)
    return str(getattr(callback, "__name__", type(callback).__name__))


def attribute_of(model_class: type | None, name: str) -> Any:
    """Returns an attribute of a class as its instances have it, without evaluating it.

    An attribute of the metaclass, such as ``mro``, is none of the instances'.

    Args:
        model_class: the class of the models, if known.
        name: the name of the attribute.

    Returns:
        :data:`MISSING` if there is no such attribute.
    """
    for base in model_class.__mro__ if model_class is not None else ():
        if name in vars(base):
            return vars(base)[name]
    return MISSING


def method_of(model_class: type | None, name: str) -> Callable[..., Any] | None:
    """Returns the plain method of a class with a name.

    Args:
        model_class: the class of the models, if known.
        name: the name of a guard or callback.

    Returns:
        ``None`` if only the model itself can resolve the name: a property, for instance.
    """
    attribute = attribute_of(model_class, name)
    return attribute if inspect.isfunction(attribute) else None


def look_up(model_class: type | None, callback: Any) -> Any:
    """Returns the target of a guard or callback, without calling it.

    Args:
        model_class: the class of the models, if known.
        callback: a name or a callable.

    Returns:
        The callable itself; for a name, the attribute of the class, else the importable object.
        ``None`` if a model may still have the attribute, and :data:`MISSING` if it cannot.
    """
    if not isinstance(callback, str):
        return callback
    target = attribute_of(model_class, callback)
    if target is MISSING:
        target = _imported(callback)
    if target is MISSING and (model_class is None or _may_have(model_class, callback)):
        return None
    return target


def function_in(target: Any) -> Any:
    """Returns the function inside a property, a static method or the like."""
    if isinstance(target, property):
        return target.fget
    if isinstance(target, cached_property):
        return target.func
    return target.__func__ if isinstance(target, (staticmethod, classmethod)) else target


def _imported(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    if not module:
        return MISSING
    try:
        return getattr(import_module(module), attribute, MISSING)
    except (ImportError, TypeError):  # TypeError: the name starts with a dot
        return MISSING


def _may_have(model_class: type, name: str) -> bool:
    # Attributes that only instances have are usually annotated in the class.
    return attribute_of(model_class, "__getattr__") is not MISSING or any(
        name in inspect.get_annotations(base) for base in model_class.__mro__
    )
