"""``fsm play --against``: the steps of scenarios that another version answers differently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fsm.cli.data import echo_json
from fsm.cli.errors import BadInput, printable
from fsm.cli.output import print_line
from fsm.review.playing import PlayedByBoth, play_both
from fsm.review.versions import VersionError, opened
from fsm.scenario import Scenario
from fsm.scenario.play import describe_commands, describe_timers
from fsm.scenario.write import step_words
from fsm.translation import Translator

_VOCABULARIES = {"kind": "kind", "started_by": "starter", "source": "source"}
"""The vocabularies of the fields of a plan."""


def play_against(
    scenarios: Iterable[Scenario], version: str, translate: Translator, *, as_json: bool
) -> int:
    """Plays scenarios on two versions, and prints what differs.

    Args:
        scenarios: the scenarios.
        version: the name of the other version.
        translate: the translation of the text.
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
                    _print_text(both, translate)
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


def _print_text(both: PlayedByBoth, translate: Translator) -> None:
    scenario = both.scenario
    title, file = printable(translate.title(scenario.title)), printable(f"({scenario.file})")
    print_line((title, "bold"), (" ", ""), (file, "dim"))
    if both.old != both.new:
        old, new = (printable(_header(each, translate)) for each in (both.old, both.new))
        print_line((translate("before: "), "dim"), (old, "yellow"), indent=8)
        print_line((translate("now:    "), "dim"), (new, ""), indent=8)
    for line, answer in both.steps:
        number = translate.fill("step {number}: ", number=line["step"])
        print_line((number, "dim"), (printable(step_words(line["event"], translate)), "bold"))
        old, new = (printable(_answer(each, translate)) for each in (answer, line))
        print_line((f"  {translate('before: ')}", "dim"), (old, "yellow"), indent=10)
        print_line((f"  {translate('now:    ')}", "dim"), (new, ""), indent=10)
    total, count = len(scenario.steps), len(both.steps) or translate("none")
    if "error" in both.old:
        text = "1 step, none compared" if total == 1 else "{total} steps, none compared"
    else:
        text = "1 step, {count} different" if total == 1 else "{total} steps, {count} different"
    print_line((translate.fill(text, total=total, count=count), "dim"))
    print_line()


def _header(header: dict[str, Any], translate: Translator) -> str:
    if "error" in header:
        return str(header["error"])
    plan = translate(", ").join(
        _plan_field(name, value, translate) for name, value in header["plan"].items()
    )
    status = translate.name("status", header["status"])
    return translate.fill("status {status} · plan: {values}", status=status, values=plan)


def _plan_field(name: str, value: object, translate: Translator) -> str:
    if translate.lang == "en":
        return f"{name} {value}"
    is_name = isinstance(value, str) and name in _VOCABULARIES
    text = translate.name(_VOCABULARIES[name], str(value)) if is_name else translate(str(value))
    return translate.paired(translate(f"plan.{name}"), text)


def _answer(answer: dict[str, Any], translate: Translator) -> str:
    if "error" in answer:
        return translate.fill("an error: {error}", error=answer["error"])
    if answer["refused"] is not None:
        reason = translate.name("reason", answer["refused"])
        words = translate.fill("refused: {reason}", reason=reason)
    else:
        timers = ", timers: {timers}" if answer.get("timers") else ""
        words = translate.fill(
            f"{{state}}, recorder gets {{commands}}{timers}",
            state=translate.name("state", answer["state"]),
            commands=describe_commands(answer["recorder"], translate),
            timers=describe_timers(answer.get("timers") or (), translate),
        )
    rules = " ".join(answer["rules"]) or translate("no rule")
    return words + translate.fill(" ({values})", values=rules)
