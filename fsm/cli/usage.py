"""Usage errors of the command in one line: unknown sub-commands and missing arguments."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

_EXAMPLES = {
    "--against": "fsm play examples/scenarios/a-working-day.yaml --against HEAD",
    "--covered-by": "fsm draw --covered-by examples/scenarios",
    "fsm journal export": "fsm journal export meetings.db MEETING -o meeting.yaml",
    "fsm journal list": "fsm journal list meetings.db",
    "fsm journal move": "fsm journal move meetings.db http://127.0.0.1:8080",
    "fsm journal prune": "fsm journal prune meetings.db --older-than 30",
    "fsm journal verify": "fsm journal verify meetings.db",
    "fsm plan": "fsm plan examples/scenarios/a-working-day.yaml",
    "fsm play": "fsm play examples/scenarios/a-working-day.yaml",
    "fsm review": "fsm review HEAD",
    "fsm token new": "fsm token new NAME --scope events",
    "fsm token remove": "fsm token remove NAME",
    "fsm token sender": "fsm token sender NAME",
}
"""A complete call, by the command that lacks an argument or the option that lacks its value."""


class WholeNumber(click.IntRange):
    """A whole number within limits; the message for a wrong one is one line.

    Args:
        noun: the meaning of the number, with its article.
        low: the least number.
        high: the greatest number.
    """

    def __init__(self, noun: str, low: int, high: int) -> None:
        super().__init__(low, high)
        self._noun = noun

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Converts the text of a number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            limits = f"({self.min} to {self.max})"
            self.fail(f"{value!r} is not {self._noun} {limits}", param, ctx)


class CommandGroup(click.Group):
    """A group that answers an unknown command with the most similar ones."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns the command that the first argument names, and the rest of the arguments."""
        name, names = args[0], self.list_commands(ctx)
        if name not in names and not name.startswith("-"):
            close = " or ".join(f"'{each}'" for each in similar_names(name, names))
            known = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
            raise click.UsageError(f"there is no command '{name}' ({known})", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands with their whole summaries, which click would cut."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
            )

    def summary(self, ctx: click.Context, name: str) -> str:
        """Returns the summary of a command: the first sentence of its help."""
        command = self.get_command(ctx, name)
        assert command is not None, "a command of the list"
        return command.get_short_help_str(limit=1_000)


def similar_names(name: str, names: list[str]) -> list[str]:
    """Returns the names that are similar to a misspelt one."""
    from difflib import get_close_matches  # only a misspelt name needs it

    return get_close_matches(name, names)


def usage_message(error: click.ClickException) -> str:
    """Returns an error of the command line as one line, with an example if a part is missing."""
    example = None
    if isinstance(error, click.BadParameter):
        error.param_hint = _variable_of(error) or error.param_hint
    if isinstance(error, click.BadOptionUsage):
        example = _EXAMPLES.get(error.option_name)
    elif isinstance(error, click.MissingParameter) and error.ctx is not None:
        example = _EXAMPLES.get(error.ctx.command_path)
    message = " ".join(error.format_message().split())
    return f"{message.removesuffix('.')} (such as: {example})" if example else message


def _variable_of(error: click.BadParameter) -> str | None:
    """Returns the environment variable with the wrong value; ``None`` if there is none."""
    context, parameter = error.ctx, error.param
    if context is None or parameter is None or parameter.name is None:
        return None
    if context.get_parameter_source(parameter.name) is not ParameterSource.ENVIRONMENT:
        return None
    if isinstance(parameter.envvar, str):
        return parameter.envvar
    return f"{context.auto_envvar_prefix}_{parameter.name.upper()}"
