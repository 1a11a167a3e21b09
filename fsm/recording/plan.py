"""From account, user's setting and booking to a form and to the plan of one meeting."""

from __future__ import annotations

from typing import get_args

import attrs
from attrs.validators import optional

from fsm.recording.account import Account
from fsm.recording.console import Console
from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import (
    KINDS,
    UNBOOKED,
    Kind,
    MeetingType,
    PolicyStatus,
    Source,
    Starter,
)


@attrs.frozen
class Choice:
    """What a user picked, in the client settings or for one booking.

    Args:
        auto_record: whether the meeting shall record by itself.
        kind: what; ``None`` takes what the form has picked.
        started_by: whose join starts it; ``None`` is a host's.
    """

    auto_record: bool = attrs.field(validator=instance_of(bool))
    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    started_by: Starter | None = attrs.field(default=None, validator=optional(one_of(Starter)))


@attrs.frozen
class Option:
    """One line of the form: what is recorded, started by whose join."""

    kind: Kind
    started_by: Starter = "host"

    def __str__(self) -> str:
        return f"{self.kind}, started by {'a host' if self.started_by == 'host' else 'anyone'}"


@attrs.frozen
class Form:
    """What a user who has chosen nothing yet is shown (R6, R10).

    Args:
        visible: whether there is an auto-record option at all.
        ticked: whether it is ticked.
        editable: whether it may be changed.
        options: what may be picked.
        selected: what is picked, or would be if it were ticked.
        contact_admin: whether it says that the admin is the one to ask.
    """

    visible: bool
    ticked: bool
    editable: bool
    options: tuple[Option, ...]
    selected: Option | None
    contact_admin: bool


@attrs.frozen
class Plan:
    """What holds for one meeting, frozen when it opens (D8).

    The defaults are those of a meeting in which nothing starts by itself (D12).

    Args:
        kind: what starts by itself; ``None`` where nothing does.
        started_by: whose join starts it.
        host_may_pause: whether a host may pause or stop a cloud recording (R9).
        source: whose word it was.
        kinds: the kinds a host may start by hand: those whose master switch is on (D2).

    Raises:
        ValueError: an unknown name, or sub-options without a cloud recording (R12).
        TypeError: a value of another type.
    """

    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    started_by: Starter = attrs.field(default="host", validator=one_of(Starter))
    host_may_pause: bool = attrs.field(default=True, validator=instance_of(bool))
    source: Source = attrs.field(default="none", validator=one_of(Source))
    kinds: tuple[Kind, ...] = attrs.field(
        default=KINDS, validator=attrs.validators.deep_iterable(one_of(Kind))
    )

    def __attrs_post_init__(self) -> None:
        if self.kind != "cloud" and (self.started_by != "host" or not self.host_may_pause):
            raise ValueError("only a cloud recording has sub-options (R12)")


@attrs.frozen
class Resolution:
    """How a meeting's plan came about.

    Args:
        status: the policy status of the account.
        form: the booking form under that status.
        plan: the plan.
        why: the reason for each part, in words, with rule ids.
    """

    status: PolicyStatus
    form: Form
    plan: Plan
    why: tuple[str, ...]


class NotOnOfferError(ValueError):
    """A choice cannot be saved, because the form does not offer it (D7)."""


_TYPES = get_args(MeetingType)
_STATUS_WORDS: dict[PolicyStatus, str] = {
    "off": "auto-recording is disabled and locked, or no kind is on",
    "free": "auto-recording is left to the user",
    "default_on": "auto-recording is on unless the user changes it",
    "locked_on": "auto-recording is on and locked",
}


def form_of(account: Account) -> Form:
    """Return the form of the client settings and of a booking (R1, R6, R10).

    >>> form_of(Account("free")).options
    (Option(kind='cloud', started_by='host'), Option(kind='cloud', started_by='anyone'))
    """
    return _form(account, Console.of(account).state)


def _form(account: Account, status: PolicyStatus) -> Form:
    if status == "off":
        return Form(False, False, False, (), None, False)
    on = status in ("default_on", "locked_on")
    options: tuple[Option, ...] = (Option("cloud"), Option("cloud", "anyone"))
    if account.has_console:
        options = tuple(Option(kind) for kind in account.kinds)
    return Form(
        visible=True,
        ticked=on,
        editable=status != "locked_on",
        options=options,
        selected=Option(account.auto_record.kind) if on else options[0],
        contact_admin=status == "locked_on",
    )


def wanted(form: Form, choice: Choice) -> Option | None:
    """Return the option a choice amounts to; ``None`` for no auto-recording.

    What a choice leaves open is what the form, which is one that is shown, has picked,
    started by a host's join.
    """
    if not choice.auto_record:
        return None
    assert form.selected is not None
    return Option(choice.kind or form.selected.kind, choice.started_by or "host")


def check_choice(account: Account, choice: Choice) -> None:
    """Refuse to save a choice that the form does not offer.

    Raises:
        NotOnOfferError: the form is not shown, may not be changed, or lacks the option.
    """
    form = form_of(account)
    if not form.visible:
        raise NotOnOfferError("auto-recording is off for this account: ask its admin (R6)")
    if not form.editable:
        raise NotOnOfferError("auto-recording is locked for this account: ask its admin (R10)")
    option = wanted(form, choice)
    if option is not None and option not in form.options:
        offered = " or ".join(f"'{each}'" for each in form.options)
        raise NotOnOfferError(f"'{option}' is not on offer (on offer: {offered}) (D7)")


def resolve(
    account: Account,
    user: Choice | None = None,
    booking: Choice | None = None,
    meeting_type: MeetingType = "scheduled",
) -> Resolution:
    """Resolve what holds for a meeting that opens now (R11, R12, D6, D7).

    Args:
        account: the organiser's account.
        user: the organiser's own setting, if one is stored.
        booking: what was picked for this meeting, if it was booked.
        meeting_type: the policy holds for every type (R5); some are not booked (D13).

    Raises:
        ValueError: an unknown type, or a booking of a meeting that nobody books (D13).

    >>> resolve(Account("pro"), user=Choice(True, "cloud", "anyone")).plan.started_by
    'anyone'
    """
    if meeting_type not in _TYPES:
        raise ValueError(f"a meeting cannot be {meeting_type!r} (one of: {', '.join(_TYPES)})")
    if booking is not None and meeting_type in UNBOOKED:
        raise ValueError(f"a {meeting_type} meeting is not booked (D13)")
    status = Console.of(account).state
    form = _form(account, status)
    why = [
        f"status {status}: {_STATUS_WORDS[status]} (R6)"
        if account.has_console
        else f"status free: the {account.edition} edition has no console (R4)"
    ]
    source, option = _decide(status, form, user, booking, why)
    return Resolution(status, form, _plan(account, source, option, status, why), tuple(why))


def _decide(
    status: PolicyStatus, form: Form, user: Choice | None, booking: Choice | None, why: list[str]
) -> tuple[Source, Option | None]:
    if status == "off":
        why.append("nothing records by itself: off means none (R11)")
        return "none", None
    if status == "locked_on":
        why.append(f"{form.selected}: the console's word, locked_on wins over everything (R11)")
        return "console", form.selected
    choices: tuple[tuple[Source, Choice | None], ...] = (("booking", booking), ("user", user))
    for source, choice in choices:
        if choice is None:
            continue
        option = wanted(form, choice)
        if option is None or option in form.options:
            why.append(f"{option or 'no auto-recording'}: the {source}'s choice (R11)")
            return source, option
        why.append(f"the {source}'s choice '{option}' is passed over: it is not on offer (D7)")
    if status == "default_on":
        why.append(f"{form.selected}: the console's default (R11)")
        return "console", form.selected
    why.append("nothing records by itself: nobody chose it (R11)")
    return "none", None


def _plan(
    account: Account, source: Source, option: Option | None, status: PolicyStatus, why: list[str]
) -> Plan:
    kinds = account.kinds
    if option is None:
        return Plan(source=source, kinds=kinds)
    auto = account.auto_record
    if account.has_console and status != "free" and auto.kind == option.kind == "cloud":
        starter: Starter = "anyone" if auto.start_on_any_join else "host"
        who = "a host" if starter == "host" else "anyone"
        why.append(f"started by {who}: the console's sub-option (R8, R12)")
        may = "may" if auto.host_may_pause else "may not"
        why.append(f"the host {may} pause: the console's sub-option (R9, R12)")
        return Plan(option.kind, starter, auto.host_may_pause, source, kinds)
    return Plan(option.kind, option.started_by, True, source, kinds)
