"""Every plan that settings can lead to, and what must hold of a plan and its form.

As with the machine, what must hold is said apart from the code that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import get_args

import attrs

from fsm.recording.account import Account, AutoRecord
from fsm.recording.plan import Choice, Form, Option, Plan, Resolution
from fsm.recording.rules import RuleId
from fsm.recording.words import KINDS, Edition, Kind, MeetingType, Source, Starter, Status
from fsm.verify.broken import Broken, Opening


@attrs.frozen
class PlanPromise:
    """What must hold of every resolution.

    Args:
        name: what must hold, as a sentence.
        rules: ids of the rules it stands for.
        wanted: what the rules say.
        found: what the program says.
    """

    name: str
    rules: tuple[RuleId, ...]
    wanted: Callable[[Opening], object]
    found: Callable[[Resolution], object]


_CHOICES: tuple[Choice | None, ...] = (
    None,
    Choice(False),
    Choice(True),
    *(Choice(True, kind, by) for kind, by in product(KINDS, (None, *get_args(Starter)))),
)


def openings() -> Iterator[Opening]:
    """Yield all settings that may differ in effect, the plainest first.

    The editions of one kind, and the types of meetings, are told apart with an empty choice
    only.
    """
    for edition in get_args(Edition):
        for account in _accounts(edition):
            for meeting in get_args(MeetingType):
                yield Opening(account, type=meeting)
    told_apart: tuple[Edition, ...] = ("free", "business")
    for edition in told_apart:
        for account, user, booking in product(_accounts(edition), _CHOICES, _CHOICES):
            yield Opening(account, user, booking)


def _accounts(edition: Edition) -> Iterator[Account]:
    if edition in ("free", "pro"):
        yield Account(edition)
        return
    kinds: list[tuple[Kind, bool, bool]] = [
        *(("cloud", any_join, may) for any_join, may in product((False, True), (True, False))),
        ("local", False, True),
    ]
    switches = product((True, False), repeat=4)
    for (cloud, local, enabled, locked), (kind, any_join, may) in product(switches, kinds):
        auto = AutoRecord(enabled, locked, kind, any_join, may)
        yield Account(edition, cloud, local, auto)


def _kinds(account: Account) -> list[Kind]:
    """Return the kinds whose switch is on; an edition without switches has both (D2)."""
    if account.edition in ("free", "pro"):
        return ["cloud", "local"]
    on = {"cloud": account.cloud_recording, "local": account.local_recording}
    return [kind for kind in KINDS if on[kind]]


def status(opening: Opening) -> Status:
    """Return the policy status by the words of R6 and D6."""
    account = opening.account
    if account.edition in ("free", "pro"):
        return "free"
    on = _kinds(account)
    if not on:
        return "off"
    if account.auto_record.enabled and account.auto_record.kind in on:
        return "locked_on" if account.auto_record.locked else "default_on"
    return "off" if account.auto_record.locked else "free"


def form(opening: Opening) -> Form:
    """Return the form by the words of R6 and R10."""
    shown = status(opening)
    if shown == "off":
        return Form(False, False, False, (), None, False)
    if opening.account.edition in ("free", "pro"):
        options = [Option("cloud", "host"), Option("cloud", "anyone")]
    else:
        options = [Option(kind, "host") for kind in _kinds(opening.account)]
    ticked = shown != "free"
    picked = Option(opening.account.auto_record.kind, "host") if ticked else options[0]
    locked = shown == "locked_on"
    return Form(True, ticked, not locked, tuple(options), picked, locked)


def decided(opening: Opening) -> tuple[Source, Option | None]:
    """Return whose word holds, and for what, by the words of R11 and D7."""
    shown, offered = status(opening), form(opening)
    if shown == "off":
        return "none", None
    if shown == "locked_on":
        return "console", offered.selected
    words: list[tuple[Source, Choice | None]] = [
        ("booking", opening.booking),
        ("user", opening.user),
    ]
    for source, choice in words:
        if choice is None:
            continue
        if not choice.auto_record:
            return source, None
        assert offered.selected is not None
        option = Option(choice.kind or offered.selected.kind, choice.started_by or "host")
        if option in offered.options:
            return source, option
    return ("console", offered.selected) if shown == "default_on" else ("none", None)


def sub_options(opening: Opening) -> tuple[Starter, bool]:
    """Return who starts it and whether a host may pause, by the words of R12."""
    option = decided(opening)[1]
    if option is None:
        return "host", True
    auto = opening.account.auto_record
    enabled = status(opening) in ("default_on", "locked_on")
    if enabled and auto.kind == "cloud" and option.kind == "cloud":
        return "anyone" if auto.start_on_any_join else "host", auto.host_may_pause
    return option.started_by, True


def _kind_of(option: Option | None) -> Kind | None:
    return option.kind if option else None


PLAN_PROMISES: tuple[PlanPromise, ...] = (
    PlanPromise(
        "The policy status is the one of the status table",
        ("R4", "R5", "R6", "D6", "D13"),
        status,
        lambda found: found.status,
    ),
    PlanPromise(
        "The form offers what may be picked, and says whom to ask where it is locked",
        ("R1", "R6", "R7", "R10", "D6"),
        form,
        lambda found: found.form,
    ),
    PlanPromise(
        "The plan is the word of whoever comes first",
        ("R1", "R11", "D7", "D12"),
        lambda opening: (decided(opening)[0], _kind_of(decided(opening)[1])),
        lambda found: (found.plan.source, found.plan.kind),
    ),
    PlanPromise(
        "Sub-options reach a meeting only from an enabled cloud console to a cloud plan",
        ("R7", "R8", "R9", "R12", "D12"),
        sub_options,
        lambda found: (found.plan.started_by, found.plan.host_may_pause),
    ),
    PlanPromise(
        "By hand a host may start the kinds whose switch is on",
        ("D2",),
        lambda opening: tuple(_kinds(opening.account)),
        lambda found: found.plan.kinds,
    ),
)


@attrs.frozen
class Resolved:
    """What all settings lead to.

    Args:
        settings: how many there are.
        plans: every plan that differs in effect, each with the plainest settings for it.
        broken: the promises that do not hold, each with the plainest settings that show it.
    """

    settings: int
    plans: dict[Plan, Opening]
    broken: tuple[Broken, ...]


_ANSWERED = "Every setting leads to a plan"


def resolve_all() -> Resolved:
    """Resolve all settings, and hold each resolution against the rules."""
    count = 0
    plans: dict[Plan, Opening] = {}
    broken: dict[str, Broken] = {}
    for opening in openings():
        count += 1
        try:
            resolution = opening.resolve()
        except Exception as error:
            what = f"it raises {type(error).__name__}: {error}"
            broken.setdefault(_ANSWERED, Broken(_ANSWERED, ("R11",), what, opening))
            continue
        # Whose word it was changes nothing in the meeting.
        plans.setdefault(attrs.evolve(resolution.plan, source="none"), opening)
        for each in PLAN_PROMISES:
            wanted, found = each.wanted(opening), each.found(resolution)
            if found != wanted and each.name not in broken:
                what = f"it is {found}, the rules say {wanted}"
                broken[each.name] = Broken(each.name, each.rules, what, opening)
    return Resolved(count, plans, tuple(broken.values()))
