import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    Account,
    Actor,
    AutoRecord,
    ChooseKind,
    Console,
    Disable,
    Enable,
    Lock,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)

from . import generate
from .translate import to_account

SUPER_ADMIN = Actor("super_admin")
STATUSES = ["off", "free", "default_on", "locked_on"]


def changes(by):
    kinds = st.sampled_from(["cloud", "local"])
    return st.one_of(
        *(st.builds(change, by) for change in (Enable, Disable, Lock, Unlock)),
        *(st.builds(change, by, kinds) for change in (SwitchOn, SwitchOff, ChooseKind)),
        st.builds(SetOptions, by, st.booleans(), st.booleans()),
    )


def by_formula(enabled, locked, kind, kinds):
    """The status of R6 and D6, as a formula."""
    on = enabled and kind in kinds
    unlocked, when_locked = ("default_on", "locked_on") if on else ("free", "off")
    return "off" if not kinds else when_locked if locked else unlocked


def follow(settings_now, change):
    """Plain settings after a change, computed without the machine."""
    enabled, locked, kind, kinds = settings_now
    match change:
        case Enable() | Disable():
            enabled = isinstance(change, Enable)
        case Lock() | Unlock():
            locked = isinstance(change, Lock)
        case ChooseKind():
            kind = change.kind
        case SwitchOn():
            kinds = kinds | {change.kind}
        case SwitchOff():
            kinds = kinds - {change.kind}
    return enabled, locked, kind, kinds


def console(status):
    """A console in a status, reached by the fewest changes."""
    made = Console("enterprise")
    ways = {"off": [Lock], "free": [], "default_on": [Enable], "locked_on": [Enable, Lock]}
    for change in ways[status]:
        made.handle(change(SUPER_ADMIN))
    assert made.state == status
    return made


@pytest.mark.rule("R6", "D6")
@settings(max_examples=400, deadline=None)
@given(st.lists(changes(st.just(SUPER_ADMIN)), max_size=25))
def test_any_order_of_changes_leads_to_the_status_of_the_settings(sequence):
    made = Console("business")
    plain = (False, False, "cloud", {"cloud", "local"})
    for change in sequence:
        before = by_formula(*plain)
        plain = follow(plain, change)
        changed = made.handle(change)
        assert (changed.before, changed.status) == (before, by_formula(*plain))
        assert made.state == by_formula(*plain)
        assert (made.enabled, made.locked, made.kind, made.kinds) == plain


@pytest.mark.rule("R6", "D6")
@settings(max_examples=200, deadline=None)
@given(generate.accounts())
def test_stored_settings_have_the_status_that_changes_to_them_lead_to(plain):
    account = to_account(plain)
    made = Console.of(account)
    assert made.account == account
    assert made.state == by_formula(
        plain["enabled"], plain["locked"], plain["kind"], set(account.kinds)
    )


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("enabled", "locked", "status"),
    [
        (False, True, "off"),
        (False, False, "free"),
        (True, False, "default_on"),
        (True, True, "locked_on"),
    ],
)
def test_enabled_and_locked_together_make_the_status(enabled, locked, status):
    account = Account("business", auto_record=AutoRecord(enabled, locked))
    assert Console.of(account).state == status


@pytest.mark.rule("R6", "D6")
@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("locked", [False, True])
def test_with_neither_master_switch_on_the_status_is_off(enabled, locked):
    account = Account("business", False, False, AutoRecord(enabled, locked))
    assert Console.of(account).state == "off"


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("status", "without_cloud"), [("default_on", "free"), ("locked_on", "off")]
)
def test_switching_the_admins_own_kind_off_counts_as_not_enabled_until_it_is_on_again(
    status, without_cloud
):
    made = console(status)
    assert made.handle(SwitchOff(SUPER_ADMIN, "cloud")).status == without_cloud
    assert made.handle(SwitchOn(SUPER_ADMIN, "cloud")).status == status


@pytest.mark.rule("D6")
@pytest.mark.parametrize("status", STATUSES)
def test_switching_the_other_kind_off_changes_no_status(status):
    made = console(status)
    changed = made.handle(SwitchOff(SUPER_ADMIN, "local"))
    assert (changed.status, changed.refused) == (status, None)
    assert made.kinds == {"cloud"}


@pytest.mark.rule("D6")
def test_choosing_a_kind_that_is_off_disables_and_choosing_one_that_is_on_enables_again():
    made = console("locked_on")
    made.handle(SwitchOff(SUPER_ADMIN, "local"))
    assert made.handle(ChooseKind(SUPER_ADMIN, "local")).status == "off"
    assert made.handle(ChooseKind(SUPER_ADMIN, "cloud")).status == "locked_on"


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor("super_admin"), True),
        (Actor("super_admin", account_settings=True), True),
        (Actor("admin", account_settings=True), True),
        (Actor("admin"), False),
        (Actor("user"), False),
        (Actor("user", account_settings=True), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("change", [Enable, Disable, Lock, Unlock])
def test_super_admins_and_admins_with_the_permission_may_change_it_and_nobody_else(
    actor, may, change
):
    changed = Console("business").handle(change(actor))
    assert changed.refused == (None if may else "not_permitted")
    assert changed.rules == (("R6",) if may else ("R4",))


@pytest.mark.rule("R4")
@settings(max_examples=150, deadline=None)
@given(
    generate.accounts(),
    changes(st.sampled_from([Actor("user"), Actor("user", True), Actor("admin")])),
)
def test_a_change_by_an_actor_without_permission_changes_nothing(plain, change):
    made = Console.of(to_account(plain))
    untouched = copy.deepcopy(made)
    changed = made.handle(change)
    assert changed.refused == ("not_permitted" if made.account.has_console else "no_console")
    assert changed.before == changed.status == untouched.state
    assert made == untouched


@pytest.mark.rule("R4")
@pytest.mark.parametrize("edition", ["free", "pro"])
@settings(max_examples=30, deadline=None)
@given(changes(st.just(SUPER_ADMIN)))
def test_free_and_pro_refuse_every_change_of_a_console(edition, change):
    made = Console(edition)
    changed = made.handle(change)
    assert (changed.refused, changed.rules) == ("no_console", ("R4",))
    assert made == Console(edition)


@pytest.mark.rule("R7", "R8", "R9")
@pytest.mark.parametrize("status", STATUSES)
def test_the_sub_options_of_a_cloud_recording_can_be_set_in_every_status(status):
    made = console(status)
    changed = made.handle(SetOptions(SUPER_ADMIN, start_on_any_join=True, host_may_pause=False))
    assert (changed.status, changed.refused, changed.rules) == (status, None, ("R7",))
    assert made.account.auto_record.start_on_any_join
    assert not made.account.auto_record.host_may_pause


@pytest.mark.rule("R7")
def test_the_sub_options_of_a_local_recording_cannot_be_set():
    made = console("free")
    made.handle(ChooseKind(SUPER_ADMIN, "local"))
    untouched = copy.deepcopy(made)
    changed = made.handle(SetOptions(SUPER_ADMIN, start_on_any_join=True))
    assert (changed.refused, changed.rules) == ("no_sub_options", ("R7",))
    assert made == untouched


@pytest.mark.rule("R7")
def test_choosing_local_resets_the_sub_options():
    made = console("locked_on")
    made.handle(SetOptions(SUPER_ADMIN, start_on_any_join=True, host_may_pause=False))
    made.handle(ChooseKind(SUPER_ADMIN, "local"))
    assert made.account.auto_record == AutoRecord(enabled=True, locked=True, kind="local")
    made.handle(ChooseKind(SUPER_ADMIN, "cloud"))
    assert made.account.auto_record == AutoRecord(enabled=True, locked=True, kind="cloud")


@pytest.mark.rule("R7")
def test_choosing_cloud_again_keeps_the_sub_options():
    made = console("free")
    made.handle(SetOptions(SUPER_ADMIN, start_on_any_join=True, host_may_pause=False))
    made.handle(ChooseKind(SUPER_ADMIN, "cloud"))
    assert made.start_on_any_join
    assert not made.host_may_pause
