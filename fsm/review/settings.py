"""The comparison of all settings: policy status, form and plan in two versions."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable

import attrs

from fsm.review.difference import Difference, DifferenceKind, alike, different_values, texts_in
from fsm.review.scope import ReviewScope
from fsm.review.versions import Data, Version

_STAGES = ("error", "status", "form", "savable", "plan")
"""The parts of a resolution in the order in which one follows from another."""


@attrs.define
class SettingsComparison:
    """The differences of all settings.

    Args:
        count: the number of settings.
        found: the differences.
        plans: each plan that both versions resolve alike, with its simplest settings.
    """

    count: int
    found: list[Difference]
    plans: list[tuple[Data, Data]]


def compare_settings(old: Version, new: Version, scope: ReviewScope) -> SettingsComparison:
    """Compares the resolutions of all settings that both versions know.

    Args:
        old: the old version.
        new: the new version.
        scope: the words that both know.
    """
    for version in (new, old):
        version.send("settings")
    texts = [text for version in (new, old) for text in version.receive()["settings"]]
    settings = scope.known_settings(texts)
    request = json.dumps({"do": "resolve", "settings": settings})
    for version in (old, new):
        version.send_text(request)
    before, after = old.receive(), new.receive()
    found: dict[Hashable, Difference] = {}
    plans: dict[str, tuple[Data, Data]] = {}
    compared: dict[tuple[int, int], tuple[str, frozenset[str]]] = {}
    numbers = zip(before["numbers"], after["numbers"], strict=True)
    for text, pair in zip(settings, numbers, strict=True):
        one, other = before["resolutions"][pair[0]], after["resolutions"][pair[1]]
        if pair not in compared:
            compared[pair] = _first_different_stage(one, other)
            if "plan" in one and "plan" in other and alike(one["plan"], other["plan"]):
                plans.setdefault(json.dumps(one["plan"]), (one["plan"], json.loads(text)))
        stage, parts = compared[pair]
        if stage:
            _add_settings(found, scope, json.loads(text), stage, parts, one, other)
    return SettingsComparison(len(settings), list(found.values()), list(plans.values()))


def _first_different_stage(old: Data, new: Data) -> tuple[str, frozenset[str]]:
    """Returns the first stage in which two resolutions differ ("" if in none), and its parts."""
    if ("error" in old) != ("error" in new):
        return "error", frozenset({"error"})
    for stage in _STAGES[1:]:
        one, other = old.get(stage), new.get(stage)
        if not alike(one, other):
            if isinstance(one, dict) and isinstance(other, dict):
                return stage, frozenset(different_values(one, other))
            return stage, frozenset({stage})
    if old.get("why") != new.get("why"):
        return "why", frozenset({"why"})
    return "", frozenset()


def _add_settings(
    found: dict[Hashable, Difference], scope: ReviewScope, settings: Data, stage: str,
    parts: frozenset[str], old: Data, new: Data,
) -> None:  # fmt: skip
    constants = scope.moved_constants(frozenset(texts_in(settings)))
    before, after = {*old.get("why", ())}, {*new.get("why", ())}
    changed = frozenset(before ^ after or before)  # the same sentences may be in another order
    # Settings with a moved name are apart from those without one. Other reasons are apart from each
    # other, since each belongs to the plans that changed for the same reasons.
    key = (stage, parts, bool(constants), changed if stage == "why" else None)
    known = found.get(key)
    if known is None:
        kind: DifferenceKind = "reasons" if stage == "why" else "settings"
        known = found[key] = Difference(
            kind, "", parts, settings, (), old, new, (stage, stage), constants=constants
        )
    known.count += 1
    known.constants &= constants
    known.reasons |= changed
    if known.meeting is None and not alike(_effect(old), _effect(new)):
        known.meeting = settings


def _effect(resolution: Data) -> Data:
    """Returns the parts of a plan that its meetings depend on; none for refused settings."""
    plan = resolution.get("plan", {})
    return {name: value for name, value in plan.items() if name != "source"}


def plan_starts(plans: Iterable[tuple[Data, Data]], participants: int) -> list[tuple[Data, int]]:
    """Returns the settings whose meetings are explored, each with the number of participants.

    The source of a plan should not matter. Of plans that differ only in their source, the first is
    explored with all participants and the others with one. Meetings with one timer are explored
    with at most two.
    """
    effects: set[str] = set()
    starts = []
    for plan, settings in plans:
        effect = json.dumps(_effect({"plan": plan}))
        with_one_timer = bool(plan.get("grace")) != bool(plan.get("end_when_empty"))
        maximum = min(participants, 2) if with_one_timer else participants
        starts.append((settings, 1 if effect in effects else maximum))
        effects.add(effect)
    return starts
