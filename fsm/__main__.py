"""The entry point of the ``fsm`` command. It names the extra to install for a missing module."""

from __future__ import annotations

import os
import signal
import sys

_MODULES = {
    "cli": ("click", "rich", "yaml"),
    "cluster": ("httpx", "restate", "uvicorn"),
    "draw": ("graphviz", "pygraphviz"),
    "runtime": ("apsw", "filelock", "msgspec", "tenacity"),
    "serve": (
        "httptools", "httpx", "litestar", "prometheus_client", "standardwebhooks", "structlog",
        "uvicorn",
    ),
}  # fmt: skip
"""The modules of each extra."""
_EXTRAS = {
    "book": ("cli", "draw"),
    "draw": ("cli", "draw"),
    "journal": ("cli", "runtime"),
    "review": ("cli", "draw"),
    "serve": ("serve",),
    "token": ("serve",),
}
"""The extras that a command needs; the others need ``cli`` alone. ``serve`` has all others."""


def main() -> None:
    """Runs the command; the entry point of the installed program."""
    if hasattr(signal, "SIGPIPE"):
        # A reader such as `head` may close the pipe early, as with other commands.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stderr is None:
        _open_standard_error()
    try:
        from fsm.cli import run_command

        run_command()
    except ModuleNotFoundError as error:
        extras = ",".join(extras_for(error.name or "", sys.argv[1:]))
        print(
            f"fsm: '{error.name}' is not installed (pip install 'meeting-fsm[{extras}]')",
            file=sys.stderr,
        )
        sys.exit(2)
    except Exception as error:
        # Tables are built, checked and frozen on import, so a mistake in one of them ends here.
        line = mistake_in_rules(error)
        if line is None:
            raise
        print(f"fsm: {line}", file=sys.stderr)
        sys.exit(2)


def _open_standard_error() -> None:
    """Opens standard error on nothing, if it is closed.

    Otherwise the next file that is opened would be the standard error of libraries below Python.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    if null != 2:
        os.dup2(null, 2)
        os.close(null)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def extras_for(module: str, arguments: list[str]) -> list[str]:
    """Returns the extras to install for a command, once one of its modules is missing.

    They are named all at once, since the module is only the first that is missing.

    Args:
        module: the name of the missing module.
        arguments: the arguments of the command.
    """
    command = next((each for each in arguments if not each.startswith("-")), "")
    extras = [*_EXTRAS.get(command, ("cli",))]
    if any(each.partition("=")[0] == "--draw" for each in arguments):
        extras.append("draw")
    if command == "journal" and "move" in arguments:
        extras.append("cluster")
    if not any(module in _MODULES[extra] for extra in extras):
        extras += [extra for extra, modules in _MODULES.items() if module in modules]
    if "serve" in extras:
        return ["serve"]
    return [each for each in dict.fromkeys(extras) if any(map(_is_missing, _MODULES[each]))]


def _is_missing(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is None
    except (ModuleNotFoundError, ValueError):
        return True


def mistake_in_rules(error: Exception) -> str | None:
    """Returns one line for an error that arose while modules were loaded, or for a missing case."""
    import traceback
    from pathlib import Path

    from fsm.engine.errors import DefinitionError, missing_case

    if isinstance(error, DefinitionError):
        return str(error)
    if case := missing_case(error):
        return case
    if isinstance(error, SyntaxError):
        places = [(error.filename or "", error.lineno)]
        message = error.msg
    else:
        # The last module is the one that was being loaded.
        places = [
            (frame.f_code.co_filename, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_name == "<module>"
        ]
        message = str(error)
    package = Path(__file__).resolve().parent
    for name, line in reversed(places):
        file = Path(name).resolve()
        if file.is_relative_to(package) and file != Path(__file__).resolve():
            return f"{file.relative_to(package.parent)}:{line}: {' '.join(message.split())}"
    return None


if __name__ == "__main__":
    main()
