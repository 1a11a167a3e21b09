"""The invariants of plans and forms find wrong resolutions."""

from typing import get_args

import attrs
import pytest

from fsm.recording import plan
from fsm.recording.plan import MeetingSettings, NotOnOfferError
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.recording.vocabulary import MeetingType, Source
from fsm.verify import PLAN_INVARIANTS, plan_invariants, settings_space
from fsm.verify.plan_rules import UNBOOKED_TYPES

from .faulty import RESOLVED, every_effect, violation_of

RESOLVE = plan.resolve


def test_every_setting_leads_to_what_the_rules_say():
    found = plan_invariants.resolve_all()
    assert found.violations == ()
    # Without timers, with either, and with both.
    assert {*found.effects} == {*every_effect((0, None), *settings_space.TIMES)}
    assert {plan.source for plan in found.plans} == {*get_args(Source)}
    assert found.settings == len(list(settings_space.all_settings())) > 30000


def test_each_plan_comes_with_settings_that_lead_to_it():
    for expected, settings in RESOLVED().plans.items():
        assert settings.resolve().plan == expected


def _evolved(part, **parts):
    def wrong(resolution):
        return attrs.evolve(resolution, **{part: attrs.evolve(getattr(resolution, part), **parts)})

    return wrong


def _nobody_may_pause(resolution):
    plan = resolution.plan
    return _evolved("plan", host_may_pause=plan.kind != "cloud")(resolution)


def _silent_about_local(resolution):
    why = tuple(
        reason for reason in resolution.why if "local" not in reason or "passed over" not in reason
    )
    return attrs.evolve(resolution, why=why)


PRECEDENCE = "The plan follows the source with the highest precedence"
SIMPLEST = MeetingSettings(Account("free"))
FAULTS = {
    "The policy status is the one of the status table":
        (lambda found: attrs.evolve(found, status="off"), SIMPLEST),
    "The form offers the allowed options, and names the contact if it is locked":
        (_evolved("form", contact_admin=True), SIMPLEST),
    PRECEDENCE:
        (_evolved("plan", source="user"), SIMPLEST),
    "Sub-options reach a meeting only from an enabled cloud console to a cloud plan":
        (_nobody_may_pause,
         MeetingSettings(Account("business", True, True, AutoRecord(True, True)))),
    "A host may start by hand the kinds whose switch is on":
        (_evolved("plan", kinds=("cloud",)), SIMPLEST),
    "A choice that is passed over is named among the reasons, and no other is":
        (_silent_about_local, MeetingSettings(Account("free"), Choice(True, "local"))),
}  # fmt: skip


@pytest.mark.parametrize(("invariant", "fault"), FAULTS.items(), ids=FAULTS)
def test_every_invariant_of_a_plan_can_be_violated(monkeypatch, invariant, fault):
    wrong, settings = fault
    monkeypatch.setattr(plan, "resolve", lambda *args: wrong(RESOLVE(*args)))
    found = violation_of(monkeypatch, invariant)
    # The simplest settings that can show it are reported.
    assert found.settings == settings
    assert ", the rules say " in found.problem
    assert "(" not in found.problem


UNBOOKED = "A quick or personal meeting takes no booking"
SAVED = "Options on offer may be saved, and no others"


def _saves_all(account, choice):
    pass


def _saves_nothing(account, choice):
    raise NotOnOfferError


def _saves_what_is_locked(account, choice):
    form = plan.form_of(account)
    option = plan._chosen_option(form, choice)
    if option is not None and option not in form.options:
        raise NotOnOfferError


def _saves_no_other_kind(account, choice):
    plan.check_choice(account, choice)
    if choice.kind == "local":
        raise NotOnOfferError


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (_saves_all, "it is yes, the rules say no"),
        (_saves_nothing, "it is no, the rules say yes"),
        (_saves_what_is_locked, "it is yes, the rules say no"),
        (_saves_no_other_kind, "it is no, the rules say yes"),
    ],
)
def test_a_wrong_check_of_saved_choices_is_found(monkeypatch, wrong, problem):
    monkeypatch.setattr(plan_invariants, "check_choice", wrong)
    [found] = plan_invariants.resolve_all().violations
    assert (found.name, found.rules, found.problem) == (SAVED, ("R6", "R10", "D7"), problem)


def test_an_invariant_that_cannot_be_checked_is_violated(monkeypatch):
    def raises(account, choice):
        raise LookupError("no form")

    monkeypatch.setattr(plan_invariants, "check_choice", raises)
    [found] = plan_invariants.resolve_all().violations
    assert found.problem == "it cannot be checked: LookupError: no form"


TIMERS = "A plan has the grace and the time of an empty meeting of its settings"
RESOLVE_SETTINGS = MeetingSettings.resolve


@pytest.mark.rule("D14", "D15")
@pytest.mark.parametrize("lost", [{"grace": 0}, {"end_when_empty": None}])
def test_a_plan_that_loses_a_timer_of_its_settings_is_found(monkeypatch, lost):
    def wrong(self):
        right = RESOLVE_SETTINGS(self)
        return attrs.evolve(right, plan=attrs.evolve(right.plan, **lost))

    monkeypatch.setattr(MeetingSettings, "resolve", wrong)
    settings = violation_of(monkeypatch, TIMERS).settings
    assert (settings.grace, settings.end_when_empty) == (10, 60)


def test_all_invariants_of_a_plan_have_a_planted_fault():
    named = {*FAULTS, SAVED, UNBOOKED, TIMERS}
    assert {invariant.name for invariant in PLAN_INVARIANTS} == named


def test_a_booking_that_is_passed_over_for_the_user_is_found(monkeypatch):
    def wrong(account, user, booking, meeting_type):
        if meeting_type in UNBOOKED_TYPES:
            return RESOLVE(account, user, booking, meeting_type)
        return RESOLVE(account, booking, user, meeting_type)

    monkeypatch.setattr(plan, "resolve", wrong)
    names = {violation.name: violation for violation in plan_invariants.resolve_all().violations}
    assert set(names) >= {
        "A choice that is passed over is named among the reasons, and no other is"
    }
    found = names[PRECEDENCE]
    assert found.rules == ("R1", "R11", "D7", "D12")
    assert None in (found.settings.user, found.settings.booking)


def test_settings_that_lead_to_no_plan_are_found(monkeypatch):
    def raises(account, *rest):
        if account.auto_record.kind == "local":
            raise LookupError("no plan")
        return RESOLVE(account, *rest)

    monkeypatch.setattr(plan, "resolve", raises)
    [found] = plan_invariants.resolve_all().violations
    assert found.name == "Every setting leads to a plan"
    assert found.problem == "it raises LookupError: no plan"


def test_a_booking_of_an_unbooked_meeting_type_is_found(monkeypatch):
    monkeypatch.setattr(plan, "UNBOOKED", frozenset())
    [found] = plan_invariants.resolve_all().violations
    assert (found.name, found.rules) == (UNBOOKED, ("D13",))
    assert found.settings.type == next(
        each for each in get_args(MeetingType) if each in UNBOOKED_TYPES
    )
    assert found.problem == "it is accepted, the rules say refused"


@pytest.mark.parametrize("edition", ["pro", "education_plus"])
def test_an_edition_that_ignores_choices_is_found(monkeypatch, edition):
    def wrong(account, user, booking, meeting_type):
        if account.edition == edition and meeting_type == "personal":
            user = None
        return RESOLVE(account, user, booking, meeting_type)

    monkeypatch.setattr(plan, "resolve", wrong)
    found = violation_of(monkeypatch, PRECEDENCE)
    assert (found.settings.account.edition, found.settings.type) == (edition, "personal")


def _disagree(account, user, booking, meeting):
    return account.edition == "enterprise" and user and booking and user.kind != booking.kind


def _booked_beside_anyone(account, user, booking, meeting):
    return account.edition == "pro" and booking and user and user.started_by == "anyone"


def _recurring_with_both(account, user, booking, meeting):
    return meeting == "recurring" and user and booking


def _recurring_with_any_join(account, user, booking, meeting):
    return meeting == "recurring" and booking and account.auto_record.start_on_any_join


def _education_with_any_join(account, user, booking, meeting):
    return account.edition == "education" and user and account.auto_record.start_on_any_join


@pytest.mark.parametrize(
    "where",
    [
        _disagree,
        _booked_beside_anyone,
        _recurring_with_both,
        _recurring_with_any_join,
        _education_with_any_join,
    ],
)
def test_settings_that_are_misread_only_together_are_found(monkeypatch, where):
    def wrong(account, user, booking, meeting_type):
        if where(account, user, booking, meeting_type):
            user = booking = None
        return RESOLVE(account, user, booking, meeting_type)

    monkeypatch.setattr(plan, "resolve", wrong)
    settings = violation_of(monkeypatch, PRECEDENCE).settings
    assert where(settings.account, settings.user, settings.booking, settings.type)


@pytest.mark.parametrize("choice", [Choice(False, "local"), Choice(True, None, "anyone")])
def test_a_choice_that_is_misread_is_found(monkeypatch, choice):
    def wrong(account, user, booking, meeting_type):
        user = Choice(True, "cloud") if user == choice else user
        return RESOLVE(account, user, booking, meeting_type)

    monkeypatch.setattr(plan, "resolve", wrong)
    assert violation_of(monkeypatch, PRECEDENCE)
