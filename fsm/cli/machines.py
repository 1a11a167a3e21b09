"""Frozen machines of users, by the name ``MODULE:MACHINE``."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType

import fsm
from fsm.cli.errors import BadInput, printable
from fsm.cli.usage import similar_names
from fsm.engine import Machine
from fsm.engine.errors import DefinitionError, describe_error


def load_machine(name: str) -> tuple[ModuleType, Machine]:
    """Imports a frozen machine, from the current folder or the environment.

    Args:
        name: the machine, such as ``shop.turnstile:machine``.

    Returns:
        Its module, and the machine.

    Raises:
        BadInput: there is no such module or attribute, or it is no frozen machine.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute or module_name.endswith(".py"):
        raise BadInput(
            f"'{printable(name)}' names no machine (write MODULE:MACHINE as for an import, "
            "such as shop.turnstile:machine)"
        )
    module = _imported(module_name)
    try:
        machine = attrgetter(attribute)(module)
    except AttributeError:
        raise BadInput(_not_there(module, attribute)) from None
    if not isinstance(machine, Machine):
        raise BadInput(
            f"'{name}' is a {type(machine).__name__} (name a frozen machine, declared with "
            "Machine of fsm.engine)"
        )
    if not machine.frozen:
        raise BadInput(f"'{name}' is not frozen (call its freeze() in the module)")
    return module, machine


def _imported(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise BadInput(
                f"there is no module '{printable(error.name)}' in {folder} or the environment "
                "(run fsm where Python finds it)"
            ) from None
        raise _not_imported(name, error) from None
    except (Exception, SystemExit) as error:
        raise _not_imported(name, error) from None


def _not_imported(name: str, error: BaseException) -> BadInput:
    return BadInput(f"'{printable(name)}' cannot be imported: {error_with_place(error)}")


def error_with_place(error: BaseException) -> str:
    """Returns an error in one line, with the place in the user's code that it comes from.

    The problems of a definition have a line each if there are several.

    Args:
        error: an error that was raised by a module of the user, or called by one.
    """
    problems = error.problems if isinstance(error, DefinitionError) else ()
    if len(problems) > 1:
        return "\n".join(map(printable, str(error).splitlines()))
    text = " ".join(describe_error(error).split())
    own = f"{Path(fsm.__file__).parent}{os.sep}"
    places = [
        f" ({Path(frame.filename).name}:{frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((own, "<frozen "))
        and frame.filename != import_module.__code__.co_filename
    ]
    return printable(text + (places[-1] if places else ""))


def _not_there(module: ModuleType, attribute: str) -> str:
    machines = [name for name, value in vars(module).items() if isinstance(value, Machine)]
    close = similar_names(attribute, machines) or machines
    hint = f"did you mean {' or '.join(repr(each) for each in close)}?" if close else (
        "it has no machine"
    )  # fmt: skip
    return f"the module '{module.__name__}' has no '{printable(attribute)}' ({hint})"
