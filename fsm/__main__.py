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
    except ValueError as error:
        # Tables are frozen on import, so a mistake in one of them ends here.
        from fsm.engine.errors import DefinitionError

        if not isinstance(error, DefinitionError):
            raise
        print(f"fsm: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
