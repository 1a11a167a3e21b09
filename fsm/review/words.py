"""The sentences of a review: one for each difference."""

from __future__ import annotations

from typing import Any

from fsm.review.difference import Difference
from fsm.review.scope import RUNNING_SETTING, subject_of
from fsm.review.versions import Data
from fsm.scenario.play import describe_commands, describe_timers

_EVENTS_OF = ("join", "leave", "role")
"""The events "of" a participant; other events are "by" one."""
_PLACES = {"error": "settings", "status": "policy status", "form": "form", "plan": "plan",
           "savable": "saving", "why": "reasons"}  # fmt: skip


def sentence(difference: Difference) -> str:
    """Returns a difference in one sentence.

    Args:
        difference: the difference.
    """
    old, new = difference.old, difference.new
    if not difference.machine:
        place = f"{_PLACES[difference.by[0]]} of {_settings_words(difference.start)}"
        return f"{place}: {_resolutions(difference)}"
    if difference.kind == "rules":
        before, now = (" ".join(each["rules"]) or "none" for each in (old, new))
        return (
            f"{_event_words(difference)}: the same answer, by the rules before {before}, now {now}"
        )
    before, now = (
        _answer_words(old, new, difference.parts),
        _answer_words(new, old, difference.parts),
    )
    return f"{_event_words(difference)}: before {before}, now {now}"


def _event_words(difference: Difference) -> str:
    [(trigger, fields)] = difference.events[-1].items()
    if difference.machine == "policy":
        role, permitted = fields["by"]
        actor = _name(role) + (" with the permission" if permitted else "")
        values = [f"{key}: {_value_words(value)}" for key, value in fields.items() if key != "by"]
        console = f"console of {_with_article(_name(difference.start))} account"
        return f"{console}, {trigger}{_listed(values)} by {_with_article(actor)}"
    if trigger == "time_up":
        timer = fields["timer"]
        runs = fields["set"] == RUNNING_SETTING
        return f"{timer} is up" if runs else f"a stale firing of {timer}"
    person = difference.subject
    values = [str(fields[key]) for key in ("kind",) if key in fields]
    if trigger == "role":
        values.append(f"to {fields['role']}")
    if trigger == "join":
        person = fields | person if person else fields
        values.append(fields["platform"])
        values += [f"version {fields['version']}"] if "version" in fields else []
    elif trigger == "start" and person:
        values.append(f"from {person['platform']}")
    if subject_of(difference.events[-1]) is None:
        actor = " by the server" if trigger == "end" else ""
    else:
        preposition = "of" if trigger in _EVENTS_OF else "by"
        actor = f" {preposition} {_person(person)}"
        if trigger == "join" and difference.subject:
            actor = f" of a {fields['role']} who is present"
    return f"{trigger}{actor}{_listed(values)}"


def _person(person: Data) -> str:
    return f"a {person['role']}" if person else "somebody absent"


def _name(name: str) -> str:
    return name.replace("_", " ")


def _with_article(noun: str) -> str:
    # The one noun that begins with a u is a user.
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _listed(values: list[str]) -> str:
    return f" ({', '.join(values)})" if values else ""


def _answer_words(answer: Data, other: Data, parts: frozenset[str]) -> str:
    """Returns the differing parts of an answer; what follows from them is left out."""
    if "error" in answer:
        return f"an error ({answer['error']})"
    if answer["refused"] is not None:
        return f"refused: {answer['refused']}"
    words = [answer["state"]]
    if "recorder" in parts:
        words.append(f"recorder gets {describe_commands(answer['recorder'])}")
    if "timers" in parts:
        words.append(f"timers: {describe_timers(answer['timers'])}")
    if parts <= {"account", "rules"}:
        words += [
            f"{key} {_value_words(value)}"
            for key, value in _flat(answer["account"]).items()
            if value != _flat(other["account"]).get(key, value)
        ]
    return ", ".join(words)


def _flat(account: Data) -> Data:
    """Returns all settings of an account in one object."""
    settings: Data = account | account["auto_record"]
    del settings["auto_record"]
    return settings


def _settings_words(settings: Data) -> str:
    words = _with_article(f"{_name(settings['account']['edition'])} account")
    choices = {"user": "the user's choice", "booking": "a booking"}
    made = [choice for name, choice in choices.items() if settings.get(name)]
    return f"{words} with {' and '.join(made)}" if made else words


def _resolutions(difference: Difference) -> str:
    stage = difference.by[0]
    if stage == "error":
        before, now = (each.get("error", "accepted") for each in (difference.old, difference.new))
        return f"before {before}, now {now}"
    if stage == "why":
        before, now = (set(each["why"]) for each in (difference.old, difference.new))
        gone, come = sorted(before - now), sorted(now - before)
        if not gone and not come:
            return "the same ones in another order"
        return f"before '{'; '.join(gone) or 'none'}', now '{'; '.join(come) or 'none'}'"
    old, new = difference.old[stage], difference.new[stage]
    if not isinstance(old, dict):
        return f"before {_value_words(old)}, now {_value_words(new)}"
    return "; ".join(
        f"{part} before {_value_words(old[part])}, now {_value_words(new[part])}"
        for part in sorted(difference.parts)
    )


def _value_words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " · ".join(map(_value_words, value)) or "none"
    if isinstance(value, dict):
        if value.keys() == {"kind", "started_by"}:
            return f"{value['kind']} by {value['started_by']}"
        return ", ".join(f"{key} {_value_words(each)}" for key, each in value.items())
    return str(value)
