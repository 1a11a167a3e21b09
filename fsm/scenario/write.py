"""Writing of scenario files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import yaml

from fsm.recording import Account, Event, MeetingSettings, Outcome
from fsm.recording.outcome import timers_data
from fsm.recording.vocabulary import KINDS_WITH_OPTIONS
from fsm.scenario.play import commands_data
from fsm.translation import ENGLISH, Translator


def settings_data(settings: MeetingSettings) -> dict[str, Any]:
    """Returns the head of a scenario, without default values."""
    head: dict[str, Any] = {"account": _account(settings.account)}
    if settings.user is not None:
        head["user"] = fields_data(settings.user)
    if settings.booking is not None:
        head["booking"] = fields_data(settings.booking)
    meeting = meeting_data(settings)
    if meeting:
        head["meeting"] = meeting
    return head


def meeting_data(settings: MeetingSettings) -> dict[str, Any]:
    """Returns the part ``meeting`` of a scenario, without default values."""
    values = {
        "type": settings.type, "grace": settings.grace, "end_when_empty": settings.end_when_empty,
    }  # fmt: skip
    defaults = attrs.fields_dict(MeetingSettings)
    return {name: value for name, value in values.items() if value != defaults[name].default}


def step_data(event: Event, outcome: Outcome) -> dict[str, Any]:
    """Returns a step that expects a recorded outcome."""
    return {event.trigger: fields_data(event), "expect": expectation_data(outcome)}


def expectation_data(outcome: Outcome) -> dict[str, Any]:
    """Returns the expectation of a recorded outcome."""
    expect: dict[str, Any] = {"state": outcome.state}
    if outcome.refused is not None:
        expect["refused"] = outcome.refused
    if outcome.recorder:
        expect["recorder"] = commands_data(outcome)
    if outcome.timers:
        expect["timers"] = timers_data(outcome)
    return expect


_VOCABULARIES = {"kind": "kind", "platform": "platform", "role": "role", "timer": "timer"}
"""The vocabularies of the fields of events."""


def step_words(written: dict[str, Any], translate: Translator = ENGLISH) -> str:
    """Returns the words of a step as written in a file: the trigger, and its values.

    Args:
        written: the step.
        translate: the translation of the names in it.

    >>> step_words({"join": {"id": "alice", "role": "host"}}), step_words({"wait": 30})
    ('join alice host', 'wait 30')
    """
    [(trigger, values)] = written.items()
    fields = values if isinstance(values, dict) else {trigger: values}
    texts = (
        translate.name(_VOCABULARIES[name], str(value)) if name in _VOCABULARIES else str(value)
        for name, value in fields.items()
        if value is not None
    )
    return " ".join([translate.name("trigger", trigger), *texts])


def fields_data(value: Any) -> dict[str, Any]:
    """Returns the fields of an event, a choice or a command that are not null."""
    return attrs.asdict(value, filter=lambda _, value: value is not None)


def scenario_text(head: dict[str, Any], steps: Iterable[dict[str, Any]]) -> str:
    """Returns the text of a scenario file.

    Args:
        head: the title, the account, and the other settings.
        steps: the steps.
    """
    document = {**head, "events": list(steps)}
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None,
        width=1000,
    )  # fmt: skip


def inline_text(data: Any) -> str:
    """Returns plain data as YAML in one line."""
    # A list of one value is never followed by the mark of the end of a document.
    text: str = yaml.dump(
        [data], Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=True,
        width=float("inf"),
    )  # fmt: skip
    return text.strip()[1:-1]


class _Dumper(yaml.SafeDumper):
    """Quotes text that looks like a number, and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Returns true: equal values are written out."""
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Quotes text that does not begin with a letter: YAML readers differ on numbers.

        Characters that are not printable are escaped: some readers take them for blanks.
        """
        plain = data.isprintable() and data[:1].isalpha()
        style = None if plain else "'" if data.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _account(account: Account) -> dict[str, Any]:
    if not account.has_console:
        return {"edition": account.edition}
    settings = attrs.asdict(account)
    if account.auto_record.kind not in KINDS_WITH_OPTIONS:
        del settings["auto_record"]["start_on_any_join"]
        del settings["auto_record"]["host_may_pause"]
    return settings
