"""The invariants of plans and forms, checked for all settings."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from fsm.engine.errors import describe_error
from fsm.recording.plan import MeetingSettings, NotOnOfferError, Plan, Resolution, check_choice
from fsm.recording.rules import RuleId
from fsm.verify import plan_rules
from fsm.verify.settings_space import Violations, all_settings
from fsm.verify.violation import RuleViolation, describe_difference


@attrs.frozen
class PlanInvariant:
    """An invariant of every resolution.

    Args:
        name: the invariant as a sentence.
        rules: ids of the rules behind it.
        expected: returns the value by the reference rules.
        actual: returns the value of the program.
    """

    name: str
    rules: tuple[RuleId, ...]
    expected: Callable[[MeetingSettings], object]
    actual: Callable[[MeetingSettings, Resolution], object]


def _reported_as_passed_over(_: MeetingSettings, resolution: Resolution) -> tuple[str, ...]:
    reasons = [reason for reason in resolution.why if "passed over" in reason]
    return tuple(
        source
        for source in ("booking", "user")
        if any(f"the {source}'s choice" in reason for reason in reasons)
    )


def _is_saved(settings: MeetingSettings, _: Resolution) -> bool | None:
    choice = plan_rules.saved_choice(settings)
    if choice is None:
        return None
    try:
        check_choice(settings.account, choice)
    except NotOnOfferError:
        return False
    return True


def _expected_source_and_kind(settings: MeetingSettings) -> object:
    source, option = plan_rules.expected_option(settings)
    return source, option.kind if option else None


_UNBOOKED = PlanInvariant(
    "A quick or personal meeting takes no booking",
    ("D13",),
    lambda settings: "refused" if plan_rules.is_unbooked(settings) else "accepted",
    lambda _, resolution: "accepted",  # otherwise there is no resolution
)
PLAN_INVARIANTS: tuple[PlanInvariant, ...] = (
    PlanInvariant(
        "The policy status is the one of the status table",
        ("R4", "R5", "R6", "D6"),
        lambda settings: plan_rules.expected_status(settings.account),
        lambda _, resolution: resolution.status,
    ),
    PlanInvariant(
        "The form offers the allowed options, and names the contact if it is locked",
        ("R1", "R6", "R7", "R10", "D6"),
        lambda settings: plan_rules.expected_form(settings.account),
        lambda _, resolution: resolution.form,
    ),
    PlanInvariant(
        "The plan follows the source with the highest precedence",
        ("R1", "R11", "D7", "D12"),
        _expected_source_and_kind,
        lambda _, resolution: (resolution.plan.source, resolution.plan.kind),
    ),
    PlanInvariant(
        "Sub-options reach a meeting only from an enabled cloud console to a cloud plan",
        ("R7", "R8", "R9", "R12", "D12"),
        plan_rules.expected_sub_options,
        lambda _, resolution: (resolution.plan.started_by, resolution.plan.host_may_pause),
    ),
    PlanInvariant(
        "A host may start by hand the kinds whose switch is on",
        ("D2",),
        lambda settings: tuple(plan_rules.expected_kinds(settings.account)),
        lambda _, resolution: resolution.plan.kinds,
    ),
    PlanInvariant(
        "A plan has the grace and the time of an empty meeting of its settings",
        ("D14", "D15"),
        lambda settings: (settings.grace, settings.end_when_empty),
        lambda _, resolution: (resolution.plan.grace, resolution.plan.end_when_empty),
    ),
    PlanInvariant(
        "A choice that is passed over is named among the reasons, and no other is",
        ("D7",),
        plan_rules.expected_passed_over,
        _reported_as_passed_over,
    ),
    PlanInvariant(
        "Options on offer may be saved, and no others",
        ("R6", "R10", "D7"),
        plan_rules.expected_savable,
        _is_saved,
    ),
    _UNBOOKED,
)


@attrs.frozen
class ResolvedSettings:
    """The plans that all settings lead to.

    Args:
        settings: the number of settings.
        plans: every plan, with the simplest settings that lead to it.
        violations: the violated invariants, each with the simplest settings that show it.
    """

    settings: int
    plans: dict[Plan, MeetingSettings]
    violations: tuple[RuleViolation, ...]

    @property
    def effects(self) -> dict[Plan, MeetingSettings]:
        """The plans that differ in more than their source."""
        plans: dict[Plan, MeetingSettings] = {}
        for plan, settings in self.plans.items():
            plans.setdefault(plan_effect(plan), settings)
        return plans


def plan_effect(plan: Plan) -> Plan:
    """Returns a plan without its source, which has no effect in a meeting."""
    return attrs.evolve(plan, source="none")


_RESOLVABLE = "Every setting leads to a plan"


def resolve_all() -> ResolvedSettings:
    """Resolves all settings, and checks the invariants of each resolution."""
    count = 0
    plans: dict[Plan, MeetingSettings] = {}
    violations: Violations = {}
    for settings in all_settings(violations):
        count += 1
        unbooked = plan_rules.is_unbooked(settings)
        try:
            resolution = settings.resolve()
        except Exception as error:
            if not (unbooked and isinstance(error, ValueError)):
                problem = f"it raises {describe_error(error)}"
                violations.setdefault(
                    _RESOLVABLE, RuleViolation(_RESOLVABLE, ("R11",), problem, settings)
                )
            continue
        if not unbooked:
            plans.setdefault(resolution.plan, settings)
        for invariant in (_UNBOOKED,) if unbooked else PLAN_INVARIANTS:
            if invariant.name in violations:
                continue
            difference = _problem(invariant, settings, resolution)
            if difference:
                name, rules = invariant.name, invariant.rules
                violations[name] = RuleViolation(name, rules, difference, settings)
    return ResolvedSettings(count, plans, tuple(violations.values()))


def _problem(
    invariant: PlanInvariant, settings: MeetingSettings, resolution: Resolution
) -> str | None:
    try:
        expected, actual = invariant.expected(settings), invariant.actual(settings, resolution)
    except Exception as error:
        return f"it cannot be checked: {describe_error(error)}"
    return None if actual == expected else describe_difference(actual, expected)
