"""From settings and events to the text of a scenario file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import yaml

from fsm.recording import Account, Event, MeetingSettings, Outcome
from fsm.scenario.play import commands


def settings(opening: MeetingSettings) -> dict[str, Any]:
    """Return the head of a scenario, without what is as by default."""
    head: dict[str, Any] = {"account": _account(opening.account)}
    if opening.user is not None:
        head["user"] = given(opening.user)
    if opening.booking is not None:
        head["booking"] = given(opening.booking)
    if opening.type != "scheduled":
        head["meeting"] = {"type": opening.type}
    return head


def step(event: Event, outcome: Outcome) -> dict[str, Any]:
    """Return a step that expects what was answered."""
    expect: dict[str, Any] = {"state": outcome.state}
    if outcome.refused is not None:
        expect["refused"] = outcome.refused
    if outcome.recorder:
        expect["recorder"] = commands(outcome)
    return {event.trigger: given(event), "expect": expect}


def given(of: Any) -> dict[str, Any]:
    """Return the parts of an event, a choice or a command that are not nothing."""
    return attrs.asdict(of, filter=lambda _, value: value is not None)


def text(head: dict[str, Any], steps: Iterable[dict[str, Any]]) -> str:
    """Return the text of a scenario file.

    Args:
        head: title, account, and what else there is of them.
        steps: what happens.
    """
    document = {**head, "events": list(steps)}
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None,
        width=1000,
    )  # fmt: skip


class _Dumper(yaml.SafeDumper):
    """Quotes what looks like a number, and repeats what is the same instead of pointing at it."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Quote what does not begin with a letter, since readers differ in what is a number.

        Letters that cannot be shown go by their numbers: some readers take them for blanks.
        """
        plain = data.isprintable() and data[:1].isalpha()
        style = None if plain else "'" if data.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _account(account: Account) -> dict[str, Any]:
    if not account.has_console:
        return {"edition": account.edition}
    settings = attrs.asdict(account)
    if account.auto_record.kind == "local":  # which has no sub-options (R7)
        del settings["auto_record"]["start_on_any_join"]
        del settings["auto_record"]["host_may_pause"]
    return settings
