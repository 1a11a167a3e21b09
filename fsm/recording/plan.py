"""The booking form of an account, and the plan that the settings of a meeting resolve to."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, assert_never, get_args

import attrs
from attrs.validators import optional

from fsm.recording.console import Console
from fsm.recording.durations import duration_text
from fsm.recording.settings import Account, Choice
from fsm.recording.validators import check_whole_number, instance_of, one_of
from fsm.recording.vocabulary import (
    KINDS,
    KINDS_WITH_OPTIONS,
    UNBOOKED,
    Kind,
    MeetingType,
    PolicyStatus,
    Source,
    Starter,
    check_complete,
)

MAX_GRACE: Final = 600
"""The longest grace, in seconds (D14)."""
MAX_END_WHEN_EMPTY: Final = 604_800
"""The longest time that a meeting may be empty, in seconds: a week (D15)."""


def check_grace(seconds: int) -> None:
    """Raises a ValueError or TypeError if a number of seconds cannot be a grace (D14)."""
    check_whole_number("grace", seconds, 0, MAX_GRACE)


def check_end_when_empty(seconds: int | None) -> None:
    """Raises a ValueError or TypeError if an empty meeting cannot end after that time (D15)."""
    if seconds is not None:
        check_whole_number("end_when_empty", seconds, 1, MAX_END_WHEN_EMPTY)


def _valid_grace(_: object, __: object, seconds: int) -> None:
    check_grace(seconds)


def _valid_end_when_empty(_: object, __: object, seconds: int | None) -> None:
    check_end_when_empty(seconds)


STARTER_WORDS: Final[dict[Starter, str]] = {"host": "a host", "anyone": "anyone"}
"""The words for whose join starts a recording."""
check_complete(
    STARTER_WORDS, get_args(Starter), "STARTER_WORDS in fsm/recording/plan.py", "its words"
)


@attrs.frozen
class Option:
    """An option of the form: a kind of recording, and whose join starts it."""

    kind: Kind
    started_by: Starter = "host"

    def __str__(self) -> str:
        return f"{self.kind}, started by {STARTER_WORDS[self.started_by]}"


@attrs.frozen
class Form:
    """The booking form for a user who has chosen nothing yet (R6, R10).

    Args:
        visible: whether it has an auto-record option at all.
        ticked: whether the option is ticked.
        editable: whether it may be changed.
        options: the options on offer.
        selected: the selected option, or the one that ticking would select.
        contact_admin: whether it names the admin as the person to contact.
    """

    visible: bool
    ticked: bool
    editable: bool
    options: tuple[Option, ...]
    selected: Option | None
    contact_admin: bool


# Each meeting looks its machine up by its plan.
@attrs.frozen(cache_hash=True)
class Plan:
    """The plan of one meeting, resolved from its settings when it opens, then frozen (D8).

    The defaults are those of a meeting without automatic recording (D12).

    Args:
        kind: the kind that is recorded automatically; ``None`` for no auto-recording.
        started_by: whose join starts it.
        host_may_pause: whether a host may pause or stop a cloud recording (R9).
        source: the setting that decided.
        kinds: the kinds a host may start by hand: those whose master switch is on (D2).
        grace: the seconds for which a cloud recording goes on after a leave that would stop it
            (D14).
        end_when_empty: the seconds after which an empty meeting ends; ``None`` for never (D15).

    Raises:
        ValueError: an unknown name, a number outside its limits, or sub-options without a cloud
            recording (R12).
        TypeError: a value of a wrong type.
    """

    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    started_by: Starter = attrs.field(default="host", validator=one_of(Starter))
    host_may_pause: bool = attrs.field(default=True, validator=instance_of(bool))
    source: Source = attrs.field(default="none", validator=one_of(Source))
    kinds: tuple[Kind, ...] = attrs.field(
        default=KINDS, validator=attrs.validators.deep_iterable(one_of(Kind))
    )
    grace: int = attrs.field(default=0, validator=_valid_grace)
    end_when_empty: int | None = attrs.field(default=None, validator=_valid_end_when_empty)

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS_WITH_OPTIONS and (
            self.started_by != "host" or not self.host_may_pause
        ):
            raise ValueError("only a cloud recording has sub-options (R12)")

    @property
    def needs_hosts(self) -> bool:
        """True if a host must remain for a cloud recording to go on (R16, D12)."""
        match self.started_by:
            case "host":
                return True
            case "anyone":
                return False
            case _:
                assert_never(self.started_by)


@attrs.frozen
class Resolution:
    """A plan with its derivation.

    Args:
        status: the policy status of the account.
        form: the booking form under that status.
        plan: the plan.
        why: the reason for each part, as sentences with rule ids.
    """

    status: PolicyStatus
    form: Form
    plan: Plan
    why: tuple[str, ...]


class NotOnOfferError(ValueError):
    """A choice that cannot be saved because the form does not offer it (D7)."""


_TYPES = get_args(MeetingType)
_STATUS_WORDS: dict[PolicyStatus, str] = {
    "off": "auto-recording is disabled and locked, or no kind is on",
    "free": "auto-recording is left to the user",
    "default_on": "auto-recording is on unless the user changes it",
    "locked_on": "auto-recording is on and locked",
}
check_complete(
    _STATUS_WORDS, get_args(PolicyStatus), "_STATUS_WORDS in fsm/recording/plan.py", "its words"
)


def form_of(account: Account) -> Form:
    """Returns the form of the client settings and of a booking (R1, R6, R10).

    >>> form_of(Account("free")).options
    (Option(kind='cloud', started_by='host'), Option(kind='cloud', started_by='anyone'))
    """
    return _status_and_form(account)[1]


# Meetings of one account open again and again, and a status takes several steps of the console.
@lru_cache(maxsize=1024)
def _status_and_form(account: Account) -> tuple[PolicyStatus, Form]:
    status = Console.of(account).state
    match status:
        case "off":
            return status, Form(False, False, False, (), None, False)
        case "free":
            on, locked = False, False
        case "default_on":
            on, locked = True, False
        case "locked_on":
            on, locked = True, True
        case _:
            assert_never(status)
    options: tuple[Option, ...] = (Option("cloud"), Option("cloud", "anyone"))
    if account.has_console:
        options = tuple(Option(kind) for kind in account.kinds)
    form = Form(
        visible=True,
        ticked=on,
        editable=not locked,
        options=options,
        selected=Option(account.auto_record.kind) if on else options[0],
        contact_admin=locked,
    )
    return status, form


def _chosen_option(form: Form, choice: Choice) -> Option | None:
    """Returns the option that a choice stands for; ``None`` for no auto-recording.

    A choice without a kind stands for the selection of the form, which must be visible.
    """
    if not choice.auto_record:
        return None
    assert form.selected is not None
    return Option(choice.kind or form.selected.kind, choice.started_by or "host")


def check_choice(account: Account, choice: Choice) -> None:
    """Checks that a choice may be saved.

    Raises:
        NotOnOfferError: the form is not visible, not editable, or lacks the option.
    """
    form = form_of(account)
    if not form.visible:
        raise NotOnOfferError("auto-recording is off for this account (contact its admin) (R6)")
    if not form.editable:
        raise NotOnOfferError("auto-recording is locked for this account (contact its admin) (R10)")
    option = _chosen_option(form, choice)
    if option is not None and option not in form.options:
        offered = " or ".join(f"'{offer}'" for offer in form.options)
        raise NotOnOfferError(f"'{option}' is not on offer (on offer: {offered}) (D7)")


def resolve(
    account: Account,
    user: Choice | None = None,
    booking: Choice | None = None,
    meeting_type: MeetingType = "scheduled",
) -> Resolution:
    """Resolves the plan of a meeting that opens now (R11, R12, D6, D7).

    Args:
        account: the organiser's account.
        user: the organiser's own setting, if one is stored.
        booking: the choice made for this meeting, if it was booked.
        meeting_type: the type; the policy applies to every type (R5), but some are not booked
            (D13).

    Raises:
        ValueError: an unknown type, or a booking of a type that is not booked (D13).

    >>> resolve(Account("pro"), user=Choice(True, "cloud", "anyone")).plan.started_by
    'anyone'
    """
    if meeting_type not in _TYPES:
        from fsm.recording.aliases import name_hint  # only a wrong name needs it

        hint = name_hint(str(meeting_type), _TYPES)
        raise ValueError(f"a meeting cannot be {meeting_type!r} ({hint})")
    if booking is not None and meeting_type in UNBOOKED:
        raise ValueError(f"a {meeting_type} meeting is not booked (D13)")
    status, form = _status_and_form(account)
    why = [
        f"status {status}: {_STATUS_WORDS[status]} (R6)"
        if account.has_console
        else f"status free: the {account.edition} edition has no console (R4)"
    ]
    source, option = _select_option(form, user, booking, why)
    return Resolution(status, form, _plan(account, source, option, form, why), tuple(why))


def _select_option(
    form: Form, user: Choice | None, booking: Choice | None, why: list[str]
) -> tuple[Source, Option | None]:
    if not form.visible:
        why.append("no auto-recording: the policy status is off (R11)")
        return "none", None
    if not form.editable:
        why.append(f"{form.selected}: the console's setting, which is locked (R11)")
        return "console", form.selected
    choices: tuple[tuple[Source, Choice | None], ...] = (("booking", booking), ("user", user))
    for source, choice in choices:
        if choice is None:
            continue
        option = _chosen_option(form, choice)
        if option is None or option in form.options:
            why.append(f"{option or 'no auto-recording'}: the {source}'s choice (R11)")
            return source, option
        why.append(f"the {source}'s choice '{option}' is passed over: it is not on offer (D7)")
    if form.ticked:
        why.append(f"{form.selected}: the console's default (R11)")
        return "console", form.selected
    why.append("no auto-recording: no setting asks for it (R11)")
    return "none", None


def _plan(
    account: Account, source: Source, option: Option | None, form: Form, why: list[str]
) -> Plan:
    kinds = account.kinds
    if option is None:
        return Plan(source=source, kinds=kinds)
    auto = account.auto_record
    if form.ticked and auto.kind == option.kind and option.kind in KINDS_WITH_OPTIONS:
        starter: Starter = "anyone" if auto.start_on_any_join else "host"
        why.append(f"started by {STARTER_WORDS[starter]}: the console's sub-option (R8, R12)")
        may = "may" if auto.host_may_pause else "may not"
        why.append(f"the host {may} pause: the console's sub-option (R9, R12)")
        return Plan(option.kind, starter, auto.host_may_pause, source, kinds)
    return Plan(option.kind, option.started_by, True, source, kinds)


@attrs.frozen
class MeetingSettings:
    """The settings of a meeting at the moment it opens; its plan is resolved once (D8).

    Args:
        account: the organiser's account.
        user: the organiser's own setting, if one is stored.
        booking: the choice made for this meeting, if it was booked.
        type: the type of the meeting.
        grace: the seconds for which a cloud recording goes on after a leave that would stop it
            (D14).
        end_when_empty: the seconds after which an empty meeting ends; ``None`` for never (D15).

    Raises:
        ValueError: an unknown type, or a number outside its limits.
        TypeError: a value of a wrong type.
    """

    account: Account = attrs.field(validator=instance_of(Account))
    user: Choice | None = attrs.field(default=None, validator=optional(instance_of(Choice)))
    booking: Choice | None = attrs.field(default=None, validator=optional(instance_of(Choice)))
    type: MeetingType = attrs.field(default="scheduled", validator=one_of(MeetingType))
    grace: int = attrs.field(default=0, validator=_valid_grace)
    end_when_empty: int | None = attrs.field(default=None, validator=_valid_end_when_empty)

    def resolve(self) -> Resolution:
        """Resolves the plan, with the reason for each part.

        Raises:
            ValueError: a booking of a type that is not booked (D13).
        """
        resolution = resolve(self.account, self.user, self.booking, self.type)
        if not self.grace and self.end_when_empty is None:
            return resolution
        why = list(resolution.why)
        if self.grace:
            why.append(
                f"a cloud recording goes on for {duration_text(self.grace)} after a leave that "
                "would stop it (D14)"
            )
        if self.end_when_empty is not None:
            empty = duration_text(self.end_when_empty)
            why.append(f"the meeting ends when empty for {empty} (D15)")
        plan = attrs.evolve(resolution.plan, grace=self.grace, end_when_empty=self.end_when_empty)
        return attrs.evolve(resolution, plan=plan, why=tuple(why))
