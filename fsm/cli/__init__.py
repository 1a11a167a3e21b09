"""The ``fsm`` command: one module per sub-command, imported when it is called.

Exit codes: 0 on success, 1 if a check failed, 2 on bad input.
"""

from __future__ import annotations

import contextlib
import io
import sys
from importlib import import_module

import click

from fsm import __version__
from fsm.cli.errors import BadInput
from fsm.cli.usage import CommandGroup, usage_message

# The function of each command, and its summary in the list of commands.
_COMMANDS = {
    "book": (
        "fsm.cli.book:book_command",
        "Write the rules as one HTML file to read and to try.",
    ),
    "draw": (
        "fsm.cli.draw:draw_command",
        "Render the machines, or their coverage.",
    ),
    "journal": (
        "fsm.cli.journal:journal_command",
        "List, verify, export and prune the meetings of a journal.",
    ),
    "plan": (
        "fsm.cli.plan:plan_command",
        "Show policy status, booking form and resolved plan.",
    ),
    "play": (
        "fsm.cli.play:play_command",
        "Run scenarios and print each step.",
    ),
    "review": (
        "fsm.cli.review:review_command",
        "Show what a change of the rules does.",
    ),
    "rules": (
        "fsm.cli.rules:rules_command",
        "Show each rule with its rows, guards, scenarios and tests.",
    ),
    "serve": (
        "fsm.cli.serve:serve_command",
        "Run the meeting service.",
    ),
    "token": (
        "fsm.cli.token:token_command",
        "Manage access tokens and webhook secrets.",
    ),
    "verify": (
        "fsm.cli.verify:verify_command",
        "Explore every reachable situation and check every rule.",
    ),
}


class _LazyGroup(CommandGroup):
    """A group whose commands are imported when they are called.

    A command starts quickly and works without the extras of the others, because it imports only
    what it needs.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, function = _COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def summary(self, ctx: click.Context, name: str) -> str:
        return _COMMANDS[name][1]


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fsm")
def fsm_command() -> None:
    """Automatic meeting recording as one explicit state machine."""


def run_command() -> None:
    """Runs the command with the arguments of the process, and exits unless it succeeds."""
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
        click.echo(f"fsm: {usage_message(error)}", err=True)
        sys.exit(2)
