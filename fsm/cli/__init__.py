"""The ``fsm`` command: one module per sub-command, imported when it is called.

Exit codes: 0 on success, 1 if a check failed, 2 on bad input.
"""

from __future__ import annotations

import contextlib
import io
import sys
from difflib import get_close_matches
from importlib import import_module

import click

from fsm import __version__
from fsm.cli.errors import BadInput

# The module of each command, and its summary in the list of commands.
_COMMANDS = {
    "draw": "Render the machines.",
    "journal": "List, verify, export and prune the meetings of a journal.",
    "plan": "Show policy status, booking form and resolved plan.",
    "play": "Run scenarios and print each step.",
    "rules": "Show each rule with everything that carries it.",
    "serve": "Run the meeting service.",
    "token": "Manage access tokens and webhook secrets.",
    "verify": "Explore every reachable situation and check every rule.",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called.

    Each command imports only what it needs, so that all of them start quickly and work without
    the extras of the others.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"fsm.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            close = " or ".join(f"'{each}'" for each in get_close_matches(name, _COMMANDS))
            known = f"did you mean {close}?" if close else f"there are {', '.join(_COMMANDS)}"
            raise click.UsageError(f"there is no command '{name}' ({known})", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fsm")
def fsm_command() -> None:
    """Automatic meeting recording as one explicit state machine."""


def main() -> None:
    """Runs the command; the entry point of the installed program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without a character shows another one instead of failing.
        sys.stdout.reconfigure(errors="replace")
    try:
        _run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        # Every file has its own message, so this is standard output.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.close()
        print(f"fsm: the output cannot be written: {error.strerror}", file=sys.stderr)
        sys.exit(2)


def _run() -> None:
    if sys.stdout is None:
        print("fsm: standard output is closed (leave it open)", file=sys.stderr)
        sys.exit(2)
    try:
        fsm_command.main(prog_name="fsm", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except BadInput as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"fsm: {' '.join(error.format_message().split())}", err=True)
        sys.exit(2)
