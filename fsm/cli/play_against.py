"""``fsm play --against``: the steps of scenarios that another version answers differently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fsm.cli.data import echo_json
from fsm.cli.errors import BadInput, count_of, printable
from fsm.cli.output import print_line
from fsm.review.playing import PlayedByBoth, play_both
from fsm.review.versions import VersionError, opened
from fsm.scenario import Scenario
from fsm.scenario.play import describe_commands, describe_timers
from fsm.scenario.write import step_words


def play_against(scenarios: Iterable[Scenario], version: str, *, as_json: bool) -> int:
    """Plays scenarios on two versions, and prints what differs.

    Args:
        scenarios: the scenarios.
        version: the name of the other version.
        as_json: whether to print JSON, one object a line.

    Returns:
        The exit code: 1 if a plan or a step differs.

    Raises:
        BadInput: there is no such version, or it cannot be compared with.
    """
    different = 0
    try:
        with opened(version) as other:
            for scenario in scenarios:
                both = play_both(scenario, other)
                different += both.differs
                if as_json:
                    _print_json(both)
                else:
                    _print_text(both)
    except VersionError as error:
        raise BadInput(f"fsm play: {error}") from None
    return 1 if different else 0


def _print_json(both: PlayedByBoth) -> None:
    scenario = both.scenario
    echo_json(
        {
            "scenario": scenario.title,
            "file": scenario.file,
            "document": scenario.document,
            "old": both.old,
            "new": both.new,
        }
    )
    for line, answer in both.steps:
        new = {name: line[name] for name in answer if name in line}
        echo_json({"step": line["step"], "event": line["event"], "old": answer, "new": new})
    echo_json({"steps": len(scenario.steps), "different": len(both.steps)})


def _print_text(both: PlayedByBoth) -> None:
    scenario = both.scenario
    print_line(
        (printable(scenario.title), "bold"), (" ", ""), (printable(f"({scenario.file})"), "dim")
    )
    if both.old != both.new:
        print_line(("before: ", "dim"), (printable(_header(both.old)), "yellow"))
        print_line(("now:    ", "dim"), (printable(_header(both.new)), ""))
    for line, answer in both.steps:
        print_line(
            (f"step {line['step']}: ", "dim"), (printable(step_words(line["event"])), "bold")
        )
        print_line(("  before: ", "dim"), (printable(_answer(answer)), "yellow"))
        print_line(("  now:    ", "dim"), (printable(_answer(line)), ""))
    steps = count_of(len(scenario.steps), "step")
    different = f"{len(both.steps) or 'none'} different"
    print_line((f"{steps}, {'none compared' if 'error' in both.old else different}", "dim"))
    print_line()


def _header(header: dict[str, Any]) -> str:
    if "error" in header:
        return str(header["error"])
    plan = ", ".join(f"{name} {value}" for name, value in header["plan"].items())
    return f"status {header['status']} · plan: {plan}"


def _answer(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"an error: {answer['error']}"
    if answer["refused"] is not None:
        words = f"refused: {answer['refused']}"
    else:
        words = f"{answer['state']}, recorder gets {describe_commands(answer['recorder'])}"
        if answer.get("timers"):
            words += f", timers: {describe_timers(answer['timers'])}"
    return f"{words} ({' '.join(answer['rules']) or 'no rule'})"
