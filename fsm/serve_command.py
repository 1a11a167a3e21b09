"""The `fsm serve` and `fsm token` commands: the meeting service, and who may use it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal, cast

import click

from fsm import terminal
from fsm.terminal import BadInput

_option = partial(click.option, show_envvar=True)
_SCOPES = click.Choice(["events", "console", "read"])


# fmt: off
@click.command("serve", context_settings={"auto_envvar_prefix": "FSM", "show_default": False})
@_option("--host", default="127.0.0.1", metavar="HOST",
              help="Where to listen (127.0.0.1). Beyond the loopback it needs --tokens.")
@_option("--port", type=click.IntRange(0, 65535), default=8080, metavar="PORT",
              help="The port (8080); 0 takes a free one.")
@_option("--db", type=click.Path(path_type=Path), default=Path("meetings.db"), metavar="FILE",
              help="The journal (meetings.db); it is made where there is none.")
@_option("--tokens", type=click.Path(path_type=Path), metavar="FILE",
              help="Who may use it; see fsm token. Without it everything is allowed.")
@_option("--recorder", "recorder_url", metavar="URL", envvar="FSM_RECORDER",
              help="Where the recorder takes its orders. Without it nothing is recorded.")
@_option("--recorder-secret", metavar="SECRET",
              help="What orders are signed with; rather set the variable.")
@_option("--recorder-attempts", type=click.IntRange(1, 1000), metavar="COUNT",
              help="How often an order is sent, waiting longer each time, before the recorder "
              "counts as failed (9, some 33 seconds).")
@_option("--reconcile-every", type=click.FloatRange(min=1), metavar="SECONDS",
              help="How often recorders are asked what they are doing (at the start only).")
@_option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]),
              default="info", help="The least important messages that are logged (info).")
def serve_command(
    host: str, port: int, db: Path, tokens: Path | None, recorder_url: str | None,
    recorder_secret: str | None, recorder_attempts: int | None, reconcile_every: float | None,
    log_level: str,
) -> None:
    # fmt: on
    """Run the meeting service: events in over HTTP, orders out to a recorder.

    It ends cleanly on SIGTERM and SIGINT, and loses nothing that was answered if it is killed.
    Each option may be set as a variable too: FSM_PORT is --port.
    """
    if reconcile_every is not None and not math.isfinite(reconcile_every):
        raise click.UsageError(f"--reconcile-every cannot be {reconcile_every} (give seconds)")
    from fsm.runtime import RetryPolicy
    from fsm.web.serve import serve
    from fsm.web.settings import Settings

    retry = RetryPolicy() if recorder_attempts is None else RetryPolicy(attempts=recorder_attempts)
    settings = Settings(
        db=db, host=host, port=port, tokens=tokens, recorder_url=recorder_url,
        recorder_secret=recorder_secret, retry=retry,
        reconcile_every=reconcile_every,
        log_level=cast(Literal["debug", "info", "warning", "error"], log_level),
    )  # fmt: skip
    sys.exit(serve(settings))


@click.group("token")
def token_command() -> None:
    """Say who may use the service: make, list and remove tokens, and secrets for webhooks.

    A service that runs with the file heeds a change within a second or two.
    """


_FILE = click.option("--tokens", "file", type=click.Path(path_type=Path), metavar="FILE",
                     default=Path("tokens.json"), envvar="FSM_TOKENS", show_envvar=True,
                     help="The file of tokens (tokens.json).")  # fmt: skip
_NAME = click.argument("name", metavar="NAME")


@token_command.command("new")
@_NAME
@_FILE
@click.option("--scope", "scopes", type=_SCOPES, multiple=True, required=True,
              help="What it is good for; may be given more than once.")  # fmt: skip
def new_command(name: str, file: Path, scopes: tuple[str, ...]) -> None:
    """Make a token and print it. It is shown once: FILE keeps only its hash."""
    from fsm.web import token_file, tokens

    with _told():
        click.echo(token_file.create_token(file, name, cast("tuple[tokens.Scope, ...]", scopes)))


@token_command.command("sender")
@_NAME
@_FILE
def sender_command(name: str, file: Path) -> None:
    """Make a secret for somebody who sends events as signed webhooks, and print it."""
    from fsm.web import token_file

    with _told():
        click.echo(token_file.create_sender(file, name))


@token_command.command("secret")
def secret_command() -> None:
    """Make a secret to sign a recorder's orders with, and print it."""
    from fsm.web import tokens

    click.echo(tokens.new_secret())


@token_command.command("list")
@_FILE
def list_command(file: Path) -> None:
    """Show the names in FILE, and what each is good for."""
    from fsm.web import token_file

    with _told():
        found = token_file.read_tokens(file)
    lines = {name: ", ".join(sorted(each.scopes)) for name, each in found.tokens.items()}
    lines |= dict.fromkeys(found.senders, "sends webhooks")
    for name in sorted(lines):
        click.echo(f"{name}: {lines[name]}")


@token_command.command("remove")
@_NAME
@_FILE
def remove_command(name: str, file: Path) -> None:
    """Take a token or a sender out of FILE."""
    from fsm.web import token_file

    with _told():
        token_file.remove_name(file, name)
    click.echo(f"{file}: removed {name}")


@contextmanager
def _told() -> Iterator[None]:
    """Turn what can be wrong with a file of tokens into one line."""
    from fsm.web.token_file import TokenFileError

    try:
        yield
    except (TokenFileError, ValueError) as error:
        raise BadInput(terminal.plain(str(error))) from None
