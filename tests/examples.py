"""The programs of the folder ``examples``, as modules."""

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


@cache
def example(name):
    """Returns an example as a module, without running it as a program.

    Args:
        name: its name, after a dot if it is in a folder.
    """
    file = EXAMPLES.joinpath(*name.split(".")).with_suffix(".py")
    spec = spec_from_file_location(f"examples.{name}", file)
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
