import attrs
import pytest

from fsm.recording import plan
from fsm.recording.account import Account, AutoRecord
from fsm.verify import PLAN_PROMISES, Opening, broken, plans


def test_every_setting_leads_to_what_the_rules_say():
    found = plans.resolve_all()
    assert found.broken == ()
    assert len(found.plans) == 14
    assert found.settings == len(list(plans.openings())) > 7000


def test_each_plan_comes_with_settings_that_lead_to_it():
    for wanted, opening in plans.resolve_all().plans.items():
        assert attrs.evolve(opening.resolve().plan, source="none") == wanted


def _evolved(part, **parts):
    def wrong(resolution):
        return attrs.evolve(resolution, **{part: attrs.evolve(getattr(resolution, part), **parts)})

    return wrong


def _nobody_may_pause(resolution):
    plan = resolution.plan
    return _evolved("plan", host_may_pause=plan.kind != "cloud")(resolution)


PLAINEST = Opening(Account("free"))
FAULTS = {
    "The policy status is the one of the status table":
        (lambda found: attrs.evolve(found, status="off"), PLAINEST),
    "The form offers what may be picked, and says whom to ask where it is locked":
        (_evolved("form", contact_admin=True), PLAINEST),
    "The plan is the word of whoever comes first": (_evolved("plan", source="user"), PLAINEST),
    "Sub-options reach a meeting only from an enabled cloud console to a cloud plan":
        (_nobody_may_pause, Opening(Account("business", True, True, AutoRecord(True, True)))),
    "By hand a host may start the kinds whose switch is on":
        (_evolved("plan", kinds=("cloud",)), PLAINEST),
}  # fmt: skip


@pytest.mark.parametrize(("promise", "fault"), FAULTS.items(), ids=FAULTS)
def test_every_promise_of_a_plan_can_break(monkeypatch, promise, fault):
    wrong, opening = fault
    monkeypatch.setattr(broken, "resolve", lambda *args: wrong(plan.resolve(*args)))
    [found] = [each for each in plans.resolve_all().broken if each.name == promise]
    # The plainest settings that can show it are the ones that do.
    assert found.opening == opening
    assert found.what.startswith("it is ")


def test_no_promise_of_a_plan_was_forgotten():
    assert {each.name for each in PLAN_PROMISES} == set(FAULTS)


def test_a_booking_that_is_passed_over_for_the_user_is_found(monkeypatch):
    def wrong(account, user, booking, meeting_type):
        if meeting_type == "quick":
            return plan.resolve(account, user, booking, meeting_type)
        return plan.resolve(account, booking, user, meeting_type)

    monkeypatch.setattr(broken, "resolve", wrong)
    names = {each.name: each for each in plans.resolve_all().broken}
    found = names["The plan is the word of whoever comes first"]
    assert found.rules == ("R1", "R11", "D7", "D12")
    assert None in (found.opening.user, found.opening.booking)


def test_settings_that_lead_to_no_plan_are_found(monkeypatch):
    def raises(account, *rest):
        if account.auto_record.kind == "local":
            raise LookupError("no plan")
        return plan.resolve(account, *rest)

    monkeypatch.setattr(broken, "resolve", raises)
    [found] = plans.resolve_all().broken
    assert found.name == "Every setting leads to a plan"
    assert found.what == "it raises LookupError: no plan"
