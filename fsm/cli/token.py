"""``fsm token``: manages access tokens and webhook secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click

from fsm.cli.errors import BadInput, printable
from fsm.cli.usage import CommandGroup
from fsm.web import token_file, tokens

_FILE = click.option("--tokens", "file", type=click.Path(path_type=Path), metavar="FILE",
                     default=Path("tokens.json"), envvar="FSM_TOKENS", show_envvar=True,
                     help="The file of tokens (tokens.json).")  # fmt: skip
_NAME = click.argument("name", metavar="NAME")


@click.group("token", cls=CommandGroup)
def token_command() -> None:
    """Manage access to the service: create, list and remove tokens and webhook secrets.

    A running service applies a change within two seconds.
    """


@token_command.command("new")
@_NAME
@_FILE
@click.option("--scope", "scopes", type=click.Choice(["events", "console", "read"]),
              multiple=True, required=True,
              help="A scope of the token; may be given more than once.")  # fmt: skip
def add_token(name: str, file: Path, scopes: tuple[str, ...]) -> None:
    """Create a token and print it. It is shown once: FILE keeps only its hash."""
    with _one_line_errors():
        click.echo(token_file.create_token(file, name, cast("tuple[tokens.Scope, ...]", scopes)))


@token_command.command("sender")
@_NAME
@_FILE
def add_sender(name: str, file: Path) -> None:
    """Create the secret of a sender of signed webhooks, and print it."""
    with _one_line_errors():
        click.echo(token_file.create_sender(file, name))


@token_command.command("secret")
def print_secret() -> None:
    """Create a secret that signs recorder commands, and print it."""
    click.echo(tokens.new_secret())


@token_command.command("list")
@_FILE
def list_tokens(file: Path) -> None:
    """List the names in FILE with their scopes."""
    with _one_line_errors():
        known = token_file.read_tokens(file)
    lines = {name: ", ".join(sorted(token.scopes)) for name, token in known.tokens.items()}
    lines |= dict.fromkeys(known.senders, "sends webhooks")
    for name in sorted(lines):
        click.echo(f"{name}: {lines[name]}")


@token_command.command("remove")
@_NAME
@_FILE
def remove_token(name: str, file: Path) -> None:
    """Remove a token or a sender from FILE."""
    with _one_line_errors():
        token_file.remove_name(file, name)
    click.echo(f"{file}: removed {name}")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except (token_file.TokenFileError, ValueError) as error:
        raise BadInput(printable(str(error))) from None
