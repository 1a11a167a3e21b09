"""The booking form, choices that may be saved, and the plan that settings resolve to."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    Account,
    Actor,
    AutoRecord,
    Choice,
    Console,
    Disable,
    Enable,
    Form,
    Join,
    Meeting,
    NotOnOfferError,
    Option,
    Plan,
    check_choice,
    form_of,
    resolve,
)
from fsm.recording.plan import MeetingSettings

from . import generate
from .translate import to_account, to_choice

CLOUD, LOCAL, CLOUD_ANYONE = Option("cloud"), Option("local"), Option("cloud", "anyone")
NO = Choice(auto_record=False)
PICKS_CLOUD = Choice(True, "cloud", "host")
PICKS_LOCAL = Choice(True, "local", "host")
PICKS_ANYONE = Choice(True, "cloud", "anyone")
CONSOLE = ["business", "enterprise", "education", "education_plus"]
NO_CONSOLE = ["free", "pro"]


def account(status, kind="cloud", edition="enterprise", cloud=True, local=True, **options):
    enabled = status in ("default_on", "locked_on")
    locked = status in ("off", "locked_on")
    return Account(edition, cloud, local, AutoRecord(enabled, locked, kind, **options))


# -- the form ----------------------------------------------------------------------------------
@pytest.mark.rule("R6")
def test_under_off_there_is_no_form():
    assert form_of(account("off")) == Form(False, False, False, (), None, False)


@pytest.mark.rule("R6", "R10")
def test_under_free_the_form_is_not_ticked_and_anything_offered_may_be_picked():
    assert form_of(account("free", kind="local")) == Form(
        True, False, True, (CLOUD, LOCAL), CLOUD, False
    )


@pytest.mark.rule("R6", "R10")
@pytest.mark.parametrize(("kind", "selected"), [("cloud", CLOUD), ("local", LOCAL)])
def test_under_default_on_the_form_is_ticked_with_the_admins_kind_and_may_be_changed(
    kind, selected
):
    assert form_of(account("default_on", kind)) == Form(
        True, True, True, (CLOUD, LOCAL), selected, False
    )


@pytest.mark.rule("R6", "R10")
@pytest.mark.parametrize(("kind", "selected"), [("cloud", CLOUD), ("local", LOCAL)])
def test_under_locked_on_the_form_may_not_be_changed_and_says_to_ask_the_admin(kind, selected):
    assert form_of(account("locked_on", kind)) == Form(
        True, True, False, (CLOUD, LOCAL), selected, True
    )


@pytest.mark.rule("R1", "R10")
@pytest.mark.parametrize("edition", NO_CONSOLE)
def test_free_and_pro_are_offered_the_cloud_only_started_by_a_host_or_by_anyone(edition):
    assert form_of(Account(edition)) == Form(True, False, True, (CLOUD, CLOUD_ANYONE), CLOUD, False)


@pytest.mark.rule("R1", "R10")
@pytest.mark.parametrize("edition", CONSOLE)
def test_the_console_editions_are_offered_both_kinds_started_by_a_host(edition):
    assert form_of(Account(edition)).options == (CLOUD, LOCAL)


@pytest.mark.rule("R10", "D6")
def test_a_kind_whose_master_switch_is_off_is_missing_from_the_form():
    assert form_of(account("free", local=False)).options == (CLOUD,)
    assert form_of(account("free", cloud=False)).options == (LOCAL,)
    assert form_of(account("free", cloud=False)).selected == LOCAL


@pytest.mark.rule("D6")
def test_a_console_whose_own_kind_is_off_leaves_the_form_free_with_what_remains():
    assert form_of(account("default_on", "cloud", cloud=False)) == Form(
        True, False, True, (LOCAL,), LOCAL, False
    )


@pytest.mark.rule("D6")
def test_a_locked_console_whose_own_kind_is_off_shows_no_form():
    assert not form_of(account("locked_on", "cloud", cloud=False)).visible


# -- saving a choice ---------------------------------------------------------------------------
@pytest.mark.rule("R6", "D7")
@pytest.mark.parametrize("choice", [NO, PICKS_CLOUD, PICKS_LOCAL])
@pytest.mark.parametrize("status", ["free", "default_on"])
def test_a_choice_on_offer_can_be_saved(status, choice):
    check_choice(account(status), choice)


@pytest.mark.rule("R10", "D7")
@pytest.mark.parametrize("choice", [NO, PICKS_CLOUD, PICKS_ANYONE])
def test_a_choice_that_free_and_pro_are_offered_can_be_saved(choice):
    check_choice(Account("pro"), choice)


@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("where", "choice", "message"),
    [
        (Account("pro"), PICKS_LOCAL, "'local, started by a host' is not on offer"),
        (account("free"), PICKS_ANYONE, "'cloud, started by anyone' is not on offer"),
        (account("free", local=False), PICKS_LOCAL, "on offer: 'cloud, started by a host'"),
        (account("locked_on"), PICKS_CLOUD, "locked for this account"),
        (account("locked_on"), NO, "locked for this account"),
        (account("off"), PICKS_CLOUD, "off for this account"),
        (account("off"), NO, "off for this account"),
    ],
)
def test_a_choice_that_is_not_on_offer_cannot_be_saved(where, choice, message):
    with pytest.raises(NotOnOfferError, match=message):
        check_choice(where, choice)


@pytest.mark.rule("D7")
@settings(max_examples=200, deadline=None)
@given(generate.accounts(), generate.choices().filter(bool))
def test_a_choice_that_can_be_saved_is_never_passed_over(plain_account, plain_choice):
    where, choice = to_account(plain_account), to_choice(plain_choice)
    try:
        check_choice(where, choice)
    except NotOnOfferError:
        assert resolve(where, user=choice).plan.source != "user"
    else:
        assert resolve(where, user=choice).plan.source == "user"


# -- the setting that decides ------------------------------------------------------------------
@pytest.mark.rule("R11")
@pytest.mark.parametrize("choice", [None, NO, PICKS_LOCAL])
def test_locked_on_wins_over_booking_and_user(choice):
    plan = resolve(account("locked_on"), user=choice, booking=choice).plan
    assert (plan.kind, plan.source) == ("cloud", "console")


@pytest.mark.rule("R11")
def test_under_off_no_choice_counts():
    plan = resolve(account("off"), user=PICKS_CLOUD, booking=PICKS_CLOUD).plan
    assert (plan.kind, plan.source) == (None, "none")


@pytest.mark.rule("R11")
@pytest.mark.parametrize("status", ["free", "default_on"])
def test_the_booking_goes_before_the_user(status):
    plan = resolve(account(status), user=PICKS_CLOUD, booking=PICKS_LOCAL).plan
    assert (plan.kind, plan.source) == ("local", "booking")


@pytest.mark.rule("R11")
@pytest.mark.parametrize("status", ["free", "default_on"])
def test_a_booking_without_auto_recording_goes_before_a_user_with_it(status):
    plan = resolve(account(status), user=PICKS_LOCAL, booking=NO).plan
    assert (plan.kind, plan.source) == (None, "booking")


@pytest.mark.rule("R11")
def test_the_user_goes_before_the_consoles_default():
    plan = resolve(account("default_on"), user=PICKS_LOCAL).plan
    assert (plan.kind, plan.source) == ("local", "user")
    assert resolve(account("default_on"), user=NO).plan.kind is None


@pytest.mark.rule("R11")
@pytest.mark.parametrize("kind", ["cloud", "local"])
def test_the_consoles_default_holds_where_nobody_chose(kind):
    plan = resolve(account("default_on", kind)).plan
    assert (plan.kind, plan.source) == (kind, "console")


@pytest.mark.rule("R11")
@pytest.mark.parametrize("where", [account("free"), Account("free"), Account("pro")])
def test_without_a_choice_or_a_default_nothing_is_recorded(where):
    plan = resolve(where).plan
    assert plan == Plan(kind=None, started_by="host", host_may_pause=True, source="none")


@pytest.mark.rule("R5")
@pytest.mark.parametrize("status", ["off", "free", "default_on", "locked_on"])
def test_the_policy_holds_for_every_meeting_type(status):
    where = account(status, start_on_any_join=True)
    resolved = [resolve(where, PICKS_CLOUD, None, type_) for type_ in generate.TYPES]
    assert (
        len({(each.status, each.form, each.plan.kind, each.plan.source) for each in resolved}) == 1
    )


@pytest.mark.rule("D13")
@pytest.mark.parametrize("meeting_type", ["quick", "personal"])
def test_a_quick_or_personal_meeting_cannot_have_a_booking(meeting_type):
    with pytest.raises(ValueError, match=rf"a {meeting_type} meeting is not booked \(D13\)"):
        resolve(Account("pro"), booking=NO, meeting_type=meeting_type)
    assert resolve(Account("pro"), PICKS_CLOUD, None, meeting_type).plan.source == "user"


def test_an_unknown_meeting_type_is_refused():
    known = "scheduled, webinar, recurring, quick, personal"
    for name, hint in {"party": f"one of: {known}", "quik": r"did you mean 'quick'\?"}.items():
        with pytest.raises(ValueError, match=rf"^a meeting cannot be '{name}' \({hint}\)$"):
            resolve(Account("pro"), meeting_type=name)


@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("where", "choice"),
    [
        (account("free", local=False), PICKS_LOCAL),
        (account("free", cloud=False), PICKS_CLOUD),
        (account("free"), PICKS_ANYONE),
        (Account("free"), PICKS_LOCAL),
    ],
)
def test_a_stored_choice_that_is_no_longer_on_offer_is_passed_over_and_the_plan_says_so(
    where, choice
):
    resolution = resolve(where, user=choice)
    assert (resolution.plan.kind, resolution.plan.source) == (None, "none")
    (reason,) = [line for line in resolution.why if "(D7)" in line]
    assert "the user's choice" in reason
    assert "passed over" in reason


@pytest.mark.rule("D7")
def test_after_a_booking_that_is_passed_over_the_user_counts_then_the_console():
    where = account("default_on", local=False)
    assert resolve(where, user=NO, booking=PICKS_LOCAL).plan.source == "user"
    resolution = resolve(where, user=PICKS_LOCAL, booking=PICKS_LOCAL)
    assert (resolution.plan.kind, resolution.plan.source) == ("cloud", "console")
    assert len([line for line in resolution.why if "(D7)" in line]) == 2


@pytest.mark.rule("R10", "R11")
@pytest.mark.parametrize(
    ("where", "kind"),
    [
        (account("default_on", "local"), "local"),
        (account("default_on", "cloud"), "cloud"),
        (account("free"), "cloud"),
        (account("free", cloud=False), "local"),
        (Account("pro"), "cloud"),
    ],
)
def test_a_choice_without_a_kind_takes_the_selection_of_the_form(where, kind):
    plan = resolve(where, booking=Choice(True)).plan
    assert (plan.kind, plan.started_by, plan.source) == (kind, "host", "booking")


# -- sub-options -------------------------------------------------------------------------------
@pytest.mark.rule("R8", "R9", "R12")
@pytest.mark.parametrize("any_join", [False, True])
@pytest.mark.parametrize("may_pause", [False, True])
@pytest.mark.parametrize(
    ("status", "choice"), [("locked_on", None), ("default_on", None), ("default_on", PICKS_CLOUD)]
)
def test_sub_options_reach_a_cloud_meeting_of_an_enabled_cloud_console(
    status, choice, any_join, may_pause
):
    where = account(status, start_on_any_join=any_join, host_may_pause=may_pause)
    plan = resolve(where, user=choice).plan
    assert plan.started_by == ("anyone" if any_join else "host")
    assert plan.host_may_pause is may_pause


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("where", "choice"),
    [
        (account("free", start_on_any_join=True, host_may_pause=False), PICKS_CLOUD),
        (account("free", start_on_any_join=True, host_may_pause=False), PICKS_LOCAL),
        (account("default_on", start_on_any_join=True, host_may_pause=False), PICKS_LOCAL),
        (account("default_on", start_on_any_join=True, host_may_pause=False), NO),
        (account("default_on", kind="local"), PICKS_CLOUD),
        (account("default_on", kind="local"), None),
    ],
    ids=[
        "not enabled, cloud",
        "not enabled, local",
        "enabled for cloud, the user picked local",
        "enabled for cloud, the user wants none",
        "enabled for local, the user picked cloud",
        "enabled for local",
    ],
)
def test_sub_options_reach_no_other_meeting(where, choice):
    plan = resolve(where, user=choice).plan
    assert (plan.started_by, plan.host_may_pause) == ("host", True)


@pytest.mark.rule("R12")
@pytest.mark.parametrize("edition", NO_CONSOLE)
@pytest.mark.parametrize(("choice", "starter"), [(PICKS_ANYONE, "anyone"), (PICKS_CLOUD, "host")])
def test_in_free_and_pro_the_choice_itself_names_the_starter(edition, choice, starter):
    plan = resolve(Account(edition), booking=choice).plan
    assert (plan.kind, plan.started_by, plan.host_may_pause) == ("cloud", starter, True)


@pytest.mark.rule("D2", "D6")
@pytest.mark.parametrize("choice", [NO, PICKS_CLOUD])
def test_the_plan_lists_the_kinds_a_host_may_start_by_hand(choice):
    assert resolve(account("free", local=False), user=choice).plan.kinds == ("cloud",)
    assert resolve(Account("free"), user=choice).plan.kinds == ("cloud", "local")


# -- frozen ------------------------------------------------------------------------------------
@pytest.mark.rule("D8")
def test_a_plan_cannot_be_changed():
    plan = resolve(account("locked_on")).plan
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        plan.kind = None


@pytest.mark.rule("D8")
def test_changing_the_console_later_changes_only_meetings_that_open_later():
    admin = Actor("super_admin")
    console = Console("business")
    console.handle(Enable(admin))
    earlier = Meeting(resolve(console.account).plan)
    console.handle(Disable(admin))
    later = Meeting(resolve(console.account).plan)
    alice = Join("alice", "host", "windows")
    assert earlier.handle(alice).state == "recording"
    assert later.handle(alice).state == "idle"


# -- why ---------------------------------------------------------------------------------------
@pytest.mark.rule("R4", "R6")
@pytest.mark.parametrize("status", ["off", "free", "default_on", "locked_on"])
def test_the_reasons_begin_with_the_status_and_its_cause(status):
    why = resolve(account(status)).why
    assert why[0].startswith(f"status {status}: ")
    assert why[0].endswith("(R6)")
    assert resolve(Account("pro")).why[0] == "status free: the pro edition has no console (R4)"


@pytest.mark.rule("R8", "R9", "R12")
@pytest.mark.parametrize(
    ("any_join", "may_pause", "lines"),
    [
        (False, True, ["started by a host", "the host may pause"]),
        (True, False, ["started by anyone", "the host may not pause"]),
    ],
)
def test_the_reasons_name_the_sub_options_that_reach_the_meeting(any_join, may_pause, lines):
    where = account("locked_on", start_on_any_join=any_join, host_may_pause=may_pause)
    why = resolve(where).why
    assert [line.partition(":")[0] for line in why[-2:]] == lines


@pytest.mark.rule("R11", "D7")
@pytest.mark.parametrize(
    ("status", "user", "booking", "lines"),
    [
        ("off", PICKS_CLOUD, None, ["no auto-recording: the policy status is off (R11)"]),
        ("free", None, None, ["no auto-recording: no setting asks for it (R11)"]),
        ("default_on", None, None, ["local, started by a host: the console's default (R11)"]),
        (
            "locked_on",
            PICKS_CLOUD,
            None,
            ["local, started by a host: the console's setting, which is locked (R11)"],
        ),
        (
            "free",
            PICKS_LOCAL,
            PICKS_CLOUD,
            ["cloud, started by a host: the booking's choice (R11)"],
        ),
        ("default_on", NO, None, ["no auto-recording: the user's choice (R11)"]),
        (
            "free",
            PICKS_LOCAL,
            PICKS_ANYONE,
            [
                (
                    "the booking's choice 'cloud, started by anyone' is passed over: "
                    "it is not on offer (D7)"
                ),
                "local, started by a host: the user's choice (R11)",
            ],
        ),
    ],
)
def test_the_reasons_name_the_source_and_the_choices_passed_over(status, user, booking, lines):
    assert list(resolve(account(status, "local"), user, booking).why[1:]) == lines


@pytest.mark.rule("R11")
@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_reasons_of_every_plan_name_its_source(data):
    where = to_account(data.draw(generate.accounts()))
    user = to_choice(data.draw(generate.choices()))
    booking = to_choice(data.draw(generate.choices()))
    resolution = resolve(where, user, booking)
    (reason,) = [line for line in resolution.why if line.endswith("(R11)")]
    words = {
        "booking": ["the booking's choice"],
        "user": ["the user's choice"],
        "console": ["the console's"],
        "none": ["no setting asks for it", "the policy status is off"],
    }
    assert any(word in reason for word in words[resolution.plan.source])


@pytest.mark.rule("D12")
def test_the_default_plan_starts_nothing():
    assert Plan() == Plan(None, "host", True, "none", ("cloud", "local"))


@pytest.mark.rule("R11", "D7")
@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice(True, "cloud", "anyone"), "cloud, started by anyone: the user's choice (R11)"),
        (Choice(False), "no auto-recording: the user's choice (R11)"),
        (None, "no auto-recording: no setting asks for it (R11)"),
    ],
)
def test_the_reasons_name_the_choice_and_its_source(choice, why):
    assert resolve(Account("pro"), user=choice).why[1] == why


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"account": "pro"}, "account must be a Account"),
        ({"user": True}, "must be a Choice"),
        ({"booking": {}}, "must be a Choice"),
    ],
)
def test_meeting_settings_of_a_wrong_type_are_refused(parts, what):
    with pytest.raises(TypeError, match=what):
        MeetingSettings(**{"account": Account("pro"), **parts})


def test_meeting_settings_with_an_unknown_meeting_type_are_refused():
    with pytest.raises(ValueError, match="type cannot be 'party'"):
        MeetingSettings(Account("pro"), type="party")


def test_the_plan_of_meeting_settings_depends_on_each_of_them():
    console = Account("business", auto_record=AutoRecord(enabled=True))
    assert MeetingSettings(Account("pro")).resolve().plan.kind is None
    assert MeetingSettings(Account("pro"), Choice(True)).resolve().plan.kind == "cloud"
    assert MeetingSettings(console).resolve().plan.kind == "cloud"
    assert MeetingSettings(console, booking=Choice(False)).resolve().plan.kind is None


@pytest.mark.rule("R16", "D12")
def test_a_host_must_remain_unless_anyones_join_starts_the_recording():
    assert Plan("cloud", "host").needs_hosts
    assert not Plan("cloud", "anyone").needs_hosts
    assert Plan(None).needs_hosts


@pytest.mark.rule("D13")
def test_meeting_settings_with_a_booking_of_a_quick_meeting_cannot_be_resolved():
    with pytest.raises(ValueError, match="D13"):
        MeetingSettings(Account("pro"), booking=Choice(True), type="quick").resolve()
