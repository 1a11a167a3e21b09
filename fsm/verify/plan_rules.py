"""The reference rules of plans, forms and joins, written from the words of the rules.

So are the classes of names, such as the roles of hosts. The program has such classes as well, in
:mod:`fsm.recording.vocabulary`; a wrong one there is found because the reference rules read these.
"""

from __future__ import annotations

from functools import cache
from itertools import takewhile
from typing import Final, assert_never, get_args

from fsm.recording.events import ChangeRole, Join
from fsm.recording.plan import Form, MeetingSettings, Option, Plan
from fsm.recording.rules import RuleId
from fsm.recording.settings import Account, Choice
from fsm.recording.vocabulary import (
    KINDS,
    Edition,
    Kind,
    MeetingType,
    Platform,
    PolicyStatus,
    Role,
    Source,
    Starter,
    names_where,
)

_FILE = "fsm/verify/plan_rules.py"

HOST_ROLES: Final = names_where(
    {"host": True, "cohost": True, "member": False},
    get_args(Role), f"HOST_ROLES in {_FILE}", "whether D1 makes it a host",
)  # fmt: skip
DESKTOP_PLATFORMS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": False, "android": False,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"DESKTOP_PLATFORMS in {_FILE}", "whether it is a desktop (R2)",
)  # fmt: skip
WORKING_PLATFORMS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": True, "android": True,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"WORKING_PLATFORMS in {_FILE}", "whether R2 names it",
)  # fmt: skip
"""The platforms on which auto-recording works (R2)."""
EDITIONS_WITHOUT_CONSOLE: Final = names_where(
    {
        "free": True, "pro": True,
        "business": False, "enterprise": False, "education": False, "education_plus": False,
    },
    get_args(Edition), f"EDITIONS_WITHOUT_CONSOLE in {_FILE}", "whether it has no console (R4)",
)  # fmt: skip
UNBOOKED_TYPES: Final = names_where(
    {
        "scheduled": False, "webinar": False, "recurring": False,
        "quick": True, "personal": True,
    },
    get_args(MeetingType), f"UNBOOKED_TYPES in {_FILE}", "whether D13 names it",
)  # fmt: skip
KINDS_WITH_SUB_OPTIONS: Final = names_where(
    {"cloud": True, "local": False},
    KINDS, f"KINDS_WITH_SUB_OPTIONS in {_FILE}", "whether it has sub-options (R7)",
)  # fmt: skip


def expected_kinds(account: Account) -> list[Kind]:
    """Returns the kinds whose switch is on; an edition without switches has both (D2)."""
    if account.edition in EDITIONS_WITHOUT_CONSOLE:
        return list(KINDS)
    return [kind for kind in KINDS if _is_on(account, kind)]


def _is_on(account: Account, kind: Kind) -> bool:
    match kind:
        case "cloud":
            return account.cloud_recording
        case "local":
            return account.local_recording
        case _:
            assert_never(kind)


@cache
def expected_status(account: Account) -> PolicyStatus:
    """Returns the policy status (R6, D6)."""
    if account.edition in EDITIONS_WITHOUT_CONSOLE:
        return "free"
    on = expected_kinds(account)
    if not on:
        return "off"
    if account.auto_record.enabled and account.auto_record.kind in on:
        return "locked_on" if account.auto_record.locked else "default_on"
    return "off" if account.auto_record.locked else "free"


@cache
def expected_form(account: Account) -> Form:
    """Returns the form (R6, R10)."""
    shown = expected_status(account)
    if shown == "off":
        return Form(False, False, False, (), None, False)
    if account.edition in EDITIONS_WITHOUT_CONSOLE:
        options = [Option("cloud", "host"), Option("cloud", "anyone")]
    else:
        options = [Option(kind, "host") for kind in expected_kinds(account)]
    match shown:
        case "free":
            return Form(True, False, True, tuple(options), options[0], False)
        case "default_on":
            return Form(True, True, True, tuple(options), _picked(account), False)
        case "locked_on":
            return Form(True, True, False, tuple(options), _picked(account), True)
        case _:
            assert_never(shown)


def _picked(account: Account) -> Option:
    return Option(account.auto_record.kind, "host")


def expected_option(settings: MeetingSettings) -> tuple[Source, Option | None]:
    """Returns the deciding source and its option (R11, D7)."""
    offered = expected_form(settings.account)
    if not offered.visible:
        return "none", None
    if not offered.editable:
        return "console", offered.selected
    choices: list[tuple[Source, Choice | None]] = [
        ("booking", settings.booking),
        ("user", settings.user),
    ]
    for source, choice in choices:
        if choice is None:
            continue
        if not choice.auto_record:
            return source, None
        assert offered.selected is not None
        option = Option(choice.kind or offered.selected.kind, choice.started_by or "host")
        if option in offered.options:
            return source, option
    return ("console", offered.selected) if offered.ticked else ("none", None)


def expected_sub_options(settings: MeetingSettings) -> tuple[Starter, bool]:
    """Returns whose join starts the recording, and whether a host may pause it (R12)."""
    option = expected_option(settings)[1]
    if option is None:
        return "host", True
    auto = settings.account.auto_record
    enabled = expected_form(settings.account).ticked
    if enabled and auto.kind == option.kind and option.kind in KINDS_WITH_SUB_OPTIONS:
        return "anyone" if auto.start_on_any_join else "host", auto.host_may_pause
    return option.started_by, True


def expected_plan(settings: MeetingSettings) -> Plan:
    """Returns the plan (R11, R12), with the timers of the settings (D14, D15)."""
    source, option = expected_option(settings)
    starter, may_pause = expected_sub_options(settings)
    kind = option.kind if option else None
    kinds = tuple(expected_kinds(settings.account))
    return Plan(kind, starter, may_pause, source, kinds, settings.grace, settings.end_when_empty)


def expected_passed_over(settings: MeetingSettings) -> tuple[Source, ...]:
    """Returns the sources whose choices are passed over (R11, D7)."""
    if not expected_form(settings.account).editable:
        return ()
    source = expected_option(settings)[0]
    choices: list[tuple[Source, Choice | None]] = [
        ("booking", settings.booking),
        ("user", settings.user),
    ]
    before = takewhile(lambda pair: pair[0] != source, choices)
    return tuple(name for name, choice in before if choice is not None)


def saved_choice(settings: MeetingSettings) -> Choice | None:
    """Returns the choice that a user saves in the client settings."""
    return settings.user if settings.booking is None else None


def expected_savable(settings: MeetingSettings) -> bool | None:
    """Returns whether the user's choice may be saved (R6, R10, D7); ``None`` without a choice."""
    choice, offered = saved_choice(settings), expected_form(settings.account)
    if choice is None:
        return None
    if offered.selected is None or not offered.editable:
        return False
    option = Option(choice.kind or offered.selected.kind, choice.started_by or "host")
    return not choice.auto_record or option in offered.options


def is_unbooked(settings: MeetingSettings) -> bool:
    """Returns whether there is a booking of a type that is not booked (D13)."""
    return settings.booking is not None and settings.type in UNBOOKED_TYPES


# -- joins ---------------------------------------------------------------------------------------

RULES_OF_JOINS: tuple[RuleId, ...] = ("R2", "R3", "R8", "R13", "R14", "D1", "D5", "D12")
"""The rules of the functions below."""


def is_too_old(version: str | None) -> bool:
    """Returns whether a client is too old for automatic recording (R3, D5).

    The version consists of the leading numbers with ``.``, ``,`` or ``_`` between them, after an
    optional v, v. or version and blanks. A text without them is an unknown version, which is new
    enough.

    Args:
        version: the client's version.
    """
    text = (version or "").lstrip().lower()
    prefix = next(filter(text.startswith, ("version", "v.", "v")), "")
    # A number is its length and its digits: numbers of any length compare like that.
    numbers: list[tuple[int, str]] = []
    for part in text.removeprefix(prefix).lstrip().replace(",", ".").replace("_", ".").split("."):
        digits = "".join(takewhile("0123456789".__contains__, part))
        if digits:
            numbers.append((len(digits.lstrip("0")), digits.lstrip("0")))
        if not digits or digits != part:
            break
    return bool(numbers) and numbers < [(1, "3"), (2, "17")]


def qualifies(plan: Plan, event: Join) -> bool:
    """Returns whether a join can start a recording under a plan (R2, R3, R13, R14).

    Args:
        plan: the plan of the meeting.
        event: the join.
    """
    if is_too_old(event.version):
        return False
    match plan.kind:
        case None:
            return False
        case "cloud":
            return event.platform in WORKING_PLATFORMS and _starts(plan.started_by, event)
        case "local":
            return event.role in HOST_ROLES and event.platform in DESKTOP_PLATFORMS
        case _:
            assert_never(plan.kind)


def _starts(starter: Starter, event: Join) -> bool:
    """Returns whether a participant is one of those whose join starts a cloud recording (R13)."""
    match starter:
        case "host":
            return event.role in HOST_ROLES
        case "anyone":
            return True
        case _:
            assert_never(starter)


def rules_of_start(plan: Plan) -> tuple[RuleId, ...]:
    """Returns the rules by which a join starts the recording of a plan (R13, R14).

    Args:
        plan: the plan of the meeting.
    """
    match plan.kind:
        case None:
            return ()
        case "cloud":
            return _rules_of_starter(plan.started_by)
        case "local":
            return ("R14",)
        case _:
            assert_never(plan.kind)


def _rules_of_starter(starter: Starter) -> tuple[RuleId, ...]:
    match starter:
        case "host" | "anyone":
            return ("R13",)
        case _:
            assert_never(starter)


def needs_hosts(plan: Plan) -> bool:
    """Returns whether a host must remain for a cloud recording to go on (R16, D12).

    Args:
        plan: the plan of the meeting.
    """
    if plan.kind is None:
        # Without auto-recording it is as if a host had started it (D12).
        return True
    match plan.started_by:
        case "host":
            return True
        case "anyone":
            return False
        case _:
            assert_never(plan.started_by)


def keeps_going(plan: Plan, event: Join | ChangeRole) -> bool:
    """Returns whether the participant of an event keeps a cloud recording going after it (D14).

    Args:
        plan: the plan of the meeting.
        event: a join, or a change of role.
    """
    return event.role in HOST_ROLES or not needs_hosts(plan)
