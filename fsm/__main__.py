"""The entry point of the ``fsm`` command. It names the extra to install for a missing module."""

from __future__ import annotations

import signal
import sys

_EXTRAS = {
    "graphviz": "draw",
    "pygraphviz": "draw",
    **dict.fromkeys(("apsw", "filelock", "msgspec", "tenacity"), "runtime"),
    **dict.fromkeys(
        ("httpx", "litestar", "prometheus_client", "standardwebhooks", "structlog", "uvicorn"),
        "serve",
    ),
}


def main() -> None:
    """Runs the command; the entry point of the installed program."""
    if hasattr(signal, "SIGPIPE"):
        # A reader such as `head` may close the pipe early, as with other commands.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        from fsm.cli import run_command

        run_command()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(error.name or "", "cli")
        print(
            f"fsm: '{error.name}' is not installed (pip install 'meeting-fsm[{extra}]')",
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
