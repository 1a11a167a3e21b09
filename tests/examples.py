"""The programs of the folder ``examples``, as modules."""

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


@cache
def example(name):
    """Returns an example as a module, without running it as a program.

    Args:
        name: its name; if it is in a folder, the folder and a dot stand before it.
    """
    folder, _, module = name.rpartition(".")
    if folder:
        # The modules of a folder import each other.
        sys.path.append(str(EXAMPLES / folder))
        try:
            return import_module(module)
        finally:
            sys.path.pop()
    spec = spec_from_file_location(f"examples.{name}", EXAMPLES / f"{name}.py")
    module = module_from_spec(spec)
    # The types of its attrs classes are looked up here.
    sys.modules[spec.name] = module
    # Programs find the modules beside them; an example imports others in this way.
    sys.path.append(str(EXAMPLES))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXAMPLES))
    return module
