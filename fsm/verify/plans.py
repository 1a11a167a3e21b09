"""Every plan that settings can lead to, and what must hold of a plan and its form.

As with the machine, what must hold is said apart from the code that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, product, takewhile
from typing import TypeVar, get_args

import attrs

from fsm.recording.plan import (
    Form,
    MeetingSettings,
    NotOnOfferError,
    Option,
    Plan,
    Resolution,
    check_choice,
)
from fsm.recording.rules import RuleId
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.recording.vocabulary import (
    KINDS,
    Edition,
    Kind,
    MeetingType,
    PolicyStatus,
    Source,
    Starter,
)
from fsm.verify.broken import Broken
from fsm.verify.words import differences, in_words


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
    wanted: Callable[[MeetingSettings], object]
    found: Callable[[MeetingSettings, Resolution], object]


Violations = dict[str, Broken]
"""The promises that do not hold, by their names."""
_BUILT = "All settings of the rules can be made"


def openings(broken: Violations | None = None) -> Iterator[MeetingSettings]:
    """Yield all settings that may differ in effect, the plainest first.

    Every account is tried with every type of meeting, and with each choice alone that no
    other says in other words. All choices, alone and against each other, are tried with every
    edition and type under the console's main settings, and under all settings in one edition
    with a console and one without. In these two each choice alone meets every type as well.

    Args:
        broken: where settings that cannot be made are put.
    """
    broken = {} if broken is None else broken
    accounts = {edition: [*_accounts(edition, broken)] for edition in get_args(Edition)}
    choices = [*_choices(broken)]
    plain = [each for each in choices if _is_plain(each)]
    alone, plainly_alone = _alone(choices), _alone(plain)
    every = [*alone, *product(plain, repeat=2)]
    types: tuple[MeetingType, ...] = get_args(MeetingType)
    for account in chain(*accounts.values()):
        for meeting in types:
            yield MeetingSettings(account, type=meeting)
    for account in filter(_is_main, chain(*accounts.values())):
        for (user, booking), meeting in product(every, types):
            yield MeetingSettings(account, user, booking, meeting)
    for account in (*accounts["free"], *accounts["business"]):
        for user, booking in every:
            yield MeetingSettings(account, user, booking)
        for (user, booking), meeting in product(plainly_alone, types):
            yield MeetingSettings(account, user, booking, meeting)
    for account in chain(*accounts.values()):
        for user, booking in plainly_alone:
            yield MeetingSettings(account, user, booking)


def _alone(choices: list[Choice]) -> list[tuple[Choice | None, Choice | None]]:
    """Return each choice as the user's without a booking, and as a booking without a user's."""
    return [*((each, None) for each in choices), *((None, each) for each in choices)]


def _accounts(edition: Edition, broken: Violations) -> Iterator[Account]:
    if edition in ("free", "pro"):
        yield from _made(broken, Account, edition)
        return
    kinds: list[tuple[Kind, bool, bool]] = [
        *(("cloud", any_join, may) for any_join, may in product((False, True), (True, False))),
        ("local", False, True),
    ]
    switches = product((True, False), repeat=4)
    for (cloud, local, enabled, locked), (kind, any_join, may) in product(switches, kinds):
        for auto in _made(broken, AutoRecord, enabled, locked, kind, any_join, may):
            yield from _made(broken, Account, edition, cloud, local, auto)


def _is_main(account: Account) -> bool:
    """Say whether both kinds are on and the sub-options are as they are by default."""
    auto = account.auto_record
    on = account.cloud_recording and account.local_recording
    return on and not auto.start_on_any_join and auto.host_may_pause


def _choices(broken: Violations) -> Iterator[Choice]:
    starters: tuple[Starter, ...] = get_args(Starter)
    for on, kind, by in product((False, True), (None, *KINDS), (None, *starters)):
        yield from _made(broken, Choice, on, kind, by)


def _is_plain(choice: Choice) -> bool:
    """Say whether no other choice says the same in other words."""
    return choice.started_by != "host" and (choice.auto_record or choice == Choice(False))


T = TypeVar("T")


def _made(broken: Violations, make: Callable[..., T], *values: object) -> list[T]:
    """Make settings, or note that they cannot be made."""
    try:
        return [make(*values)]
    except Exception as error:
        given = ", ".join(in_words(each) for each in values)
        what = f"{make.__name__} of {given} raises {type(error).__name__}: {error}"
        broken.setdefault(_BUILT, Broken(_BUILT, ("R4", "R6", "R7"), what, None))
        return []


def _kinds(account: Account) -> list[Kind]:
    """Return the kinds whose switch is on; an edition without switches has both (D2)."""
    if account.edition in ("free", "pro"):
        return ["cloud", "local"]
    on = {"cloud": account.cloud_recording, "local": account.local_recording}
    return [kind for kind in KINDS if on[kind]]


def status(opening: MeetingSettings) -> PolicyStatus:
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


def form(opening: MeetingSettings) -> Form:
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


def decided(opening: MeetingSettings) -> tuple[Source, Option | None]:
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


def sub_options(opening: MeetingSettings) -> tuple[Starter, bool]:
    """Return who starts it and whether a host may pause, by the words of R12."""
    option = decided(opening)[1]
    if option is None:
        return "host", True
    auto = opening.account.auto_record
    enabled = status(opening) in ("default_on", "locked_on")
    if enabled and auto.kind == "cloud" and option.kind == "cloud":
        return "anyone" if auto.start_on_any_join else "host", auto.host_may_pause
    return option.started_by, True


def planned(opening: MeetingSettings) -> Plan:
    """Return the plan that the rules lead to.

    Args:
        opening: the settings.
    """
    source, option = decided(opening)
    starter, may_pause = sub_options(opening)
    kind = option.kind if option else None
    return Plan(kind, starter, may_pause, source, tuple(_kinds(opening.account)))


def passed_over(opening: MeetingSettings) -> tuple[Source, ...]:
    """Return whose choices are passed over, by the words of R11 and D7."""
    if status(opening) in ("off", "locked_on"):
        return ()
    source = decided(opening)[0]
    asked: list[tuple[Source, Choice | None]] = [
        ("booking", opening.booking),
        ("user", opening.user),
    ]
    before = takewhile(lambda each: each[0] != source, asked)
    return tuple(name for name, choice in before if choice is not None)


def _said_to_be_passed_over(_: MeetingSettings, found: Resolution) -> tuple[str, ...]:
    said = [why for why in found.why if "passed over" in why]
    return tuple(
        source
        for source in ("booking", "user")
        if any(f"the {source}'s choice" in why for why in said)
    )


def _saves(opening: MeetingSettings) -> Choice | None:
    """Return the choice that a user saves in the client settings."""
    return opening.user if opening.booking is None else None


def may_be_saved(opening: MeetingSettings) -> bool | None:
    """Say whether the user's choice may be saved by R6, R10 and D7; ``None`` without one."""
    choice, offered = _saves(opening), form(opening)
    if choice is None:
        return None
    if offered.selected is None or not offered.editable:
        return False
    option = Option(choice.kind or offered.selected.kind, choice.started_by or "host")
    return not choice.auto_record or option in offered.options


def _is_saved(opening: MeetingSettings, _: Resolution) -> bool | None:
    choice = _saves(opening)
    if choice is None:
        return None
    try:
        check_choice(opening.account, choice)
    except NotOnOfferError:
        return False
    return True


def _is_unbooked(opening: MeetingSettings) -> bool:
    """Say whether there is a booking where the meeting is one that nobody books (D13)."""
    return opening.booking is not None and opening.type in ("quick", "personal")


_UNBOOKED = PlanPromise(
    "A quick or personal meeting takes no booking",
    ("D13",),
    lambda opening: "refused" if _is_unbooked(opening) else "taken",
    lambda _, found: "taken",  # or there would be no resolution
)
PLAN_PROMISES: tuple[PlanPromise, ...] = (
    PlanPromise(
        "The policy status is the one of the status table",
        ("R4", "R5", "R6", "D6"),
        status,
        lambda _, found: found.status,
    ),
    PlanPromise(
        "The form offers what may be picked, and says whom to ask where it is locked",
        ("R1", "R6", "R7", "R10", "D6"),
        form,
        lambda _, found: found.form,
    ),
    PlanPromise(
        "The plan is the word of whoever comes first",
        ("R1", "R11", "D7", "D12"),
        lambda opening: (planned(opening).source, planned(opening).kind),
        lambda _, found: (found.plan.source, found.plan.kind),
    ),
    PlanPromise(
        "Sub-options reach a meeting only from an enabled cloud console to a cloud plan",
        ("R7", "R8", "R9", "R12", "D12"),
        sub_options,
        lambda _, found: (found.plan.started_by, found.plan.host_may_pause),
    ),
    PlanPromise(
        "By hand a host may start the kinds whose switch is on",
        ("D2",),
        lambda opening: tuple(_kinds(opening.account)),
        lambda _, found: found.plan.kinds,
    ),
    PlanPromise(
        "A choice that is passed over is named among the reasons, and no other is",
        ("D7",),
        passed_over,
        _said_to_be_passed_over,
    ),
    PlanPromise(
        "What is on offer may be saved, and nothing else",
        ("R6", "R10", "D7"),
        may_be_saved,
        _is_saved,
    ),
    _UNBOOKED,
)


@attrs.frozen
class Resolved:
    """What all settings lead to.

    Args:
        settings: how many there are.
        plans: every plan, each with the plainest settings for it.
        broken: the promises that do not hold, each with the plainest settings that show it.
    """

    settings: int
    plans: dict[Plan, MeetingSettings]
    broken: tuple[Broken, ...]

    @property
    def effects(self) -> dict[Plan, MeetingSettings]:
        """The plans that differ in more than in whose word they are."""
        found: dict[Plan, MeetingSettings] = {}
        for plan, opening in self.plans.items():
            found.setdefault(effect(plan), opening)
        return found


def effect(plan: Plan) -> Plan:
    """Return a plan without whose word it is, which should change nothing in a meeting."""
    return attrs.evolve(plan, source="none")


_ANSWERED = "Every setting leads to a plan"


def resolve_all() -> Resolved:
    """Resolve all settings, and hold each resolution against the rules."""
    count = 0
    plans: dict[Plan, MeetingSettings] = {}
    broken: Violations = {}
    for opening in openings(broken):
        count += 1
        unbooked = _is_unbooked(opening)
        try:
            resolution = opening.resolve()
        except Exception as error:
            if not (unbooked and isinstance(error, ValueError)):
                raised = f"it raises {type(error).__name__}: {error}"
                broken.setdefault(_ANSWERED, Broken(_ANSWERED, ("R11",), raised, opening))
            continue
        if not unbooked:
            plans.setdefault(resolution.plan, opening)
        for each in (_UNBOOKED,) if unbooked else PLAN_PROMISES:
            if each.name not in broken and (what := _wrong(each, opening, resolution)):
                broken[each.name] = Broken(each.name, each.rules, what, opening)
    return Resolved(count, plans, tuple(broken.values()))


def _wrong(each: PlanPromise, opening: MeetingSettings, resolution: Resolution) -> str | None:
    try:
        wanted, found = each.wanted(opening), each.found(opening, resolution)
    except Exception as error:
        return f"it cannot be judged: {type(error).__name__}: {error}"
    return None if found == wanted else differences(found, wanted)
