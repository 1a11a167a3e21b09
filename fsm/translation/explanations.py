"""Explanations of decisions as sentences in a language."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator
from typing import Final

from fsm.engine import Explanation
from fsm.engine.explanation import Attempt, FailedGuard
from fsm.engine.observe import ObservedValue
from fsm.recording import EventExplanation
from fsm.recording.rules import RULE_IDS
from fsm.translation.translator import RULE_TITLES, Translator

_OF_PARTICIPANT: Final = re.compile(
    r"""(?P<present>present\[)?(?P<id>'.*'|".*")(?(present)\]\.(?P<field>\w+)| in present)""",
    re.DOTALL,
)
"""The name of a value of a participant, in which the id stands as a literal."""
_VOCABULARIES: Final = {
    "kind": "kind",
    "kinds": "kind",
    "platform": "platform",
    "role": "role",
    "started_by": "starter",
    "timer": "timer",
}
"""The vocabularies of values, by the last part of their names."""


def explanation_text(why: Explanation, translate: Translator) -> str:
    """Returns an explanation as a sentence; in English it is its string.

    Args:
        why: the explanation.
        translate: the translation.
    """
    if translate.lang == "en":
        return str(why)
    names = {"trigger": translate(why.trigger), "state": translate(why.state)}
    if why.row is not None:
        if why.row.target is not None:
            target = translate(why.row.target)
            return translate.fill(
                "'{trigger}' in '{state}' leads to '{target}'", **names, target=target
            )
        stays = translate.fill("'{trigger}' in '{state}' stays there", **names)
        return translate("; ").join([stays, *_needs(why.missed, "would need", translate)])
    refused = translate.fill("'{trigger}' is refused in '{state}': ", **names)
    if why.failed_precondition is not None:
        guard = _guard_text(why.failed_precondition, translate)
        return refused + translate.fill("it needs {guards}", guards=guard)
    needs = translate("; ").join(_needs(why.attempts, "needs", translate))
    return refused + (needs or translate("the state has no transition for it"))


def event_sentences(why: EventExplanation, translate: Translator) -> tuple[str, ...]:
    """Returns the explanation of an event as sentences: the decision, then a title for each rule.

    Args:
        why: the explanation.
        translate: the translation.
    """
    titles = RULE_TITLES[translate.lang]
    named = (translate.paired(rule, titles[rule]) for rule in RULE_IDS if rule in why.rules)
    return explanation_text(why.decision, translate), *named


def _needs(attempts: tuple[Attempt, ...], verb: str, translate: Translator) -> Iterator[str]:
    """Yields a phrase per target with the alternatives that would lead there."""
    alternatives: dict[str | None, list[str]] = {}
    for attempt in attempts:
        assert attempt.failed is not None, "an attempt of a refusal"
        guards = alternatives.setdefault(attempt.row.target, [])
        guards.append(_guard_text(attempt.failed, translate))
    for target, guards in alternatives.items():
        listed = translate(", or ").join(guards)
        if target is None:
            yield translate.fill(f"to stay it {verb} {{guards}}", guards=listed)
        else:
            yield translate.fill(
                f"to '{{target}}' it {verb} {{guards}}", target=translate(target), guards=listed
            )


def _guard_text(failed: FailedGuard, translate: Translator) -> str:
    text = translate.fill("'{guard}'", guard=translate(failed.guard.label))
    if not failed.observed:
        return text
    values = translate(", ").join(_value_text(each, translate) for each in failed.observed)
    return text + translate.fill(" ({values})", values=values)


def _value_text(observed: ObservedValue, translate: Translator) -> str:
    name, value = observed.name, observed.value
    match = _OF_PARTICIPANT.fullmatch(name)
    if match is None:
        text = translate(name)
    else:
        phrase = f"present[{{id}}].{match['field']}" if match["field"] else "{id} in present"
        text = translate.fill(phrase, id=literal_eval(match["id"]))
    vocabulary = _VOCABULARIES.get(name.rpartition(".")[2])
    if isinstance(value, tuple):
        answer = translate(", ").join(_answer(each, vocabulary, translate) for each in value)
    else:
        answer = _answer(value, vocabulary, translate)
    return translate.fill("{value} = {answer}", value=text, answer=answer or translate("None"))


def _answer(value: object, vocabulary: str | None, translate: Translator) -> str:
    if not isinstance(value, str):
        return translate(str(value))
    return value if vocabulary is None else translate.name(vocabulary, value)
