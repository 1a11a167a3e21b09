"""Changes of the console in every status: the status they lead to, and the rules behind them."""

from itertools import product

import pytest

from fsm.recording import (
    POLICY,
    Account,
    Actor,
    AutoRecord,
    Changed,
    ChooseKind,
    Console,
    Disable,
    Enable,
    Lock,
    Outcome,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)

BY = Actor("super_admin")
YES_NO, KINDS = (False, True), ("cloud", "local")
BOTH, CLOUD, LOCAL, NEITHER = (True, True), (True, False), (False, True), (False, False)


def console(enabled, locked, kinds, kind="cloud"):
    return Console.of(Account("business", *kinds, AutoRecord(enabled, locked, kind)))


@pytest.mark.rule("R6", "D6")
@pytest.mark.parametrize(
    ("settings", "change", "before", "after", "rules"),
    [
        # Enabling, while the admin's kind is on and while it is not.
        ((False, False, BOTH), Enable(BY), "free", "default_on", ("R6",)),
        ((False, True, BOTH), Enable(BY), "off", "locked_on", ("R6",)),
        ((False, False, LOCAL), Enable(BY), "free", "free", ("R6",)),
        ((False, True, LOCAL), Enable(BY), "off", "off", ("R6",)),
        ((False, False, NEITHER), Enable(BY), "off", "off", ("R6",)),
        ((True, False, BOTH), Enable(BY), "default_on", "default_on", ("R6",)),
        ((True, True, BOTH), Enable(BY), "locked_on", "locked_on", ("R6",)),
        # Disabling.
        ((True, False, BOTH), Disable(BY), "default_on", "free", ("R6",)),
        ((True, True, BOTH), Disable(BY), "locked_on", "off", ("R6",)),
        ((False, False, BOTH), Disable(BY), "free", "free", ("R6",)),
        ((False, True, BOTH), Disable(BY), "off", "off", ("R6",)),
        # Locking and unlocking.
        ((True, False, BOTH), Lock(BY), "default_on", "locked_on", ("R6",)),
        ((False, False, BOTH), Lock(BY), "free", "off", ("R6",)),
        ((True, True, BOTH), Lock(BY), "locked_on", "locked_on", ("R6",)),
        ((False, True, BOTH), Lock(BY), "off", "off", ("R6",)),
        ((True, True, BOTH), Unlock(BY), "locked_on", "default_on", ("R6",)),
        ((False, True, BOTH), Unlock(BY), "off", "free", ("R6",)),
        ((False, True, NEITHER), Unlock(BY), "off", "off", ("R6",)),
        ((False, False, BOTH), Unlock(BY), "free", "free", ("R6",)),
        ((True, False, BOTH), Unlock(BY), "default_on", "default_on", ("R6",)),
        # The last switch goes off; the admin's kind goes off; another one does.
        ((False, False, CLOUD), SwitchOff(BY, "cloud"), "free", "off", ("R6", "D6")),
        ((True, False, CLOUD), SwitchOff(BY, "cloud"), "default_on", "off", ("R6", "D6")),
        ((True, True, CLOUD), SwitchOff(BY, "cloud"), "locked_on", "off", ("R6", "D6")),
        ((True, False, BOTH), SwitchOff(BY, "cloud"), "default_on", "free", ("D6",)),
        ((True, True, BOTH), SwitchOff(BY, "cloud"), "locked_on", "off", ("D6",)),
        ((True, False, BOTH), SwitchOff(BY, "local"), "default_on", "default_on", ("R6",)),
        ((True, True, BOTH), SwitchOff(BY, "local"), "locked_on", "locked_on", ("R6",)),
        ((False, False, BOTH), SwitchOff(BY, "cloud"), "free", "free", ("R6",)),
        ((False, True, BOTH), SwitchOff(BY, "cloud"), "off", "off", ("R6",)),
        # The first switch comes on; the admin's kind comes on; another one does.
        ((True, True, NEITHER), SwitchOn(BY, "cloud"), "off", "locked_on", ("D6",)),
        ((True, True, LOCAL), SwitchOn(BY, "cloud"), "off", "locked_on", ("D6",)),
        ((True, False, NEITHER), SwitchOn(BY, "cloud"), "off", "default_on", ("D6",)),
        ((True, False, NEITHER), SwitchOn(BY, "local"), "off", "free", ("R6", "D6")),
        ((False, False, NEITHER), SwitchOn(BY, "cloud"), "off", "free", ("R6", "D6")),
        ((True, True, NEITHER), SwitchOn(BY, "local"), "off", "off", ("R6",)),
        ((False, True, NEITHER), SwitchOn(BY, "cloud"), "off", "off", ("R6",)),
        ((True, False, LOCAL), SwitchOn(BY, "cloud"), "free", "default_on", ("D6",)),
        ((False, False, LOCAL), SwitchOn(BY, "cloud"), "free", "free", ("R6",)),
        ((True, False, CLOUD), SwitchOn(BY, "local"), "default_on", "default_on", ("R6",)),
        ((True, True, CLOUD), SwitchOn(BY, "local"), "locked_on", "locked_on", ("R6",)),
        # Choosing a kind that is on, or one that is not.
        ((True, False, LOCAL), ChooseKind(BY, "local"), "free", "default_on", ("D6",)),
        ((True, True, LOCAL), ChooseKind(BY, "local"), "off", "locked_on", ("D6",)),
        ((True, False, CLOUD), ChooseKind(BY, "local"), "default_on", "free", ("D6",)),
        ((True, True, CLOUD), ChooseKind(BY, "local"), "locked_on", "off", ("D6",)),
        ((True, False, LOCAL), ChooseKind(BY, "cloud"), "free", "free", ("R6",)),
        ((True, True, LOCAL), ChooseKind(BY, "cloud"), "off", "off", ("R6",)),
        ((False, False, BOTH), ChooseKind(BY, "local"), "free", "free", ("R6",)),
        ((False, True, BOTH), ChooseKind(BY, "local"), "off", "off", ("R6",)),
        ((True, False, BOTH), ChooseKind(BY, "local"), "default_on", "default_on", ("R6",)),
        ((True, True, BOTH), ChooseKind(BY, "local"), "locked_on", "locked_on", ("R6",)),
        # Sub-options move nothing.
        ((False, False, BOTH), SetOptions(BY, True, False), "free", "free", ("R7",)),
        ((True, False, BOTH), SetOptions(BY, True, False), "default_on", "default_on", ("R7",)),
        ((True, True, BOTH), SetOptions(BY, True, False), "locked_on", "locked_on", ("R7",)),
        ((False, True, BOTH), SetOptions(BY, True, False), "off", "off", ("R7",)),
    ],
)
def test_a_change_leads_to_the_status_that_the_rules_name(settings, change, before, after, rules):
    changing = console(*settings)
    assert changing.state == before
    assert changing.handle(change) == Changed(before, after, rules)
    assert changing.state == after


def every_change():
    simple = [change(BY) for change in (Enable, Disable, Lock, Unlock, SetOptions)]
    return simple + [of(BY, kind) for of in (SwitchOn, SwitchOff, ChooseKind) for kind in KINDS]


@pytest.mark.rule("R6", "D6")
@pytest.mark.parametrize("change", every_change(), ids=str)
def test_two_rows_of_the_policy_never_both_hold(change):
    for enabled, locked, kinds, kind in product(YES_NO, YES_NO, product(YES_NO, YES_NO), KINDS):
        changing = console(enabled, locked, kinds, kind)
        rows = POLICY.table.cell(changing, change.trigger).rows
        holding = [
            row.info
            for row in rows
            if row.guards
            and all(guard.call(changing, change) == guard.wanted for guard in row.guards)
        ]
        assert len(holding) <= 1


@pytest.mark.rule("R7")
def test_a_local_recording_refuses_sub_options_by_r7():
    refused = Changed("free", "free", ("R7",), "no_sub_options")
    assert console(False, False, BOTH, "local").handle(SetOptions(BY)) == refused


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("edition", "by", "reason"),
    [
        ("pro", BY, "no_console"),
        ("business", Actor("user"), "not_permitted"),
        ("business", Actor("user", account_settings=True), "not_permitted"),
        ("business", Actor("admin"), "not_permitted"),
        ("business", Actor("admin", account_settings=True), None),
        ("business", Actor("super_admin"), None),
    ],
)
@pytest.mark.parametrize(
    "change", [Enable, Disable, Lock, Unlock, SwitchOn, SwitchOff, ChooseKind, SetOptions]
)
def test_every_change_requires_a_console_and_a_permitted_actor(change, edition, by, reason):
    kind = ("cloud",) if change in (SwitchOn, SwitchOff, ChooseKind) else ()
    assert Console(edition).handle(change(by, *kind)).refused == reason


@pytest.mark.rule("R4")
def test_an_admin_does_not_hold_the_permission_by_default():
    assert Actor("admin") == Actor("admin", account_settings=False)


@pytest.mark.rule("R6")
def test_the_initial_status_is_that_of_a_new_console():
    assert POLICY.initial == Console("business").state == "free"


@pytest.mark.rule("R8", "R9")
def test_the_default_sub_options_are_those_of_a_new_console():
    given = SetOptions(BY)
    new = Console("business")
    assert (given.start_on_any_join, given.host_may_pause) == (False, True)
    assert (new.start_on_any_join, new.host_may_pause) == (False, True)


@pytest.mark.rule("R7")
def test_choosing_local_resets_the_sub_options_and_choosing_cloud_keeps_them():
    changing = console(True, False, BOTH)
    changing.handle(SetOptions(BY, start_on_any_join=True, host_may_pause=False))
    changing.handle(ChooseKind(BY, "cloud"))
    assert (changing.start_on_any_join, changing.host_may_pause) == (True, False)
    changing.handle(ChooseKind(BY, "local"))
    assert (changing.start_on_any_join, changing.host_may_pause) == (False, True)


def test_the_account_of_a_console_has_its_settings():
    account = Account("business", True, False, AutoRecord(True, True, "cloud", True, False))
    assert Console.of(account).account == account
    other = Account("enterprise", False, True, AutoRecord(True, False, "local"))
    assert Console.of(other).account == other


def test_the_console_of_an_edition_without_one_is_a_new_one():
    assert Console.of(Account("free")) == Console("free")


def test_every_guard_of_the_policy_has_its_rules():
    rules = {
        guard.name: guard.description.rules
        for cell in POLICY.table
        for guard in (*cell.preconditions, *(guard for row in cell.rows for guard in row.guards))
    }
    about_status = {"is_enabled", "is_locked"}
    about_editions = {"has_console", "may_change_settings"}
    assert {name for name, of in rules.items() if of == ("R6",)} == about_status
    assert {name for name, of in rules.items() if of == ("R4",)} == about_editions
    assert {name for name, of in rules.items() if of == ("R7",)} == {"own_kind_is_cloud"}
    rest = rules.keys() - about_status - about_editions - {"own_kind_is_cloud"}
    assert {rules[name] for name in rest} == {("D6",)}  # what the switches of the kinds do


@pytest.mark.rule("D6")
def test_a_switch_leaves_the_other_one_alone():
    changing = console(False, False, LOCAL)
    changing.handle(SwitchOn(BY, "cloud"))
    assert changing.kinds == {"cloud", "local"}
    changing.handle(SwitchOff(BY, "local"))
    assert changing.kinds == {"cloud"}
    changing.handle(SwitchOff(BY, "cloud"))
    assert changing.kinds == set()


def test_an_outcome_has_no_rules_by_default():
    assert Changed("free", "free") == Changed("free", "free", (), None)
    assert Outcome("idle", "idle") == Outcome("idle", "idle", (), (), None)


@pytest.mark.rule("R4")
def test_the_only_static_guard_of_the_policy_is_that_of_the_edition():
    guards = [guard for cell in POLICY.table for guard in cell.preconditions]
    guards += [guard for row in POLICY.table.rows for guard in row.guards]
    assert {guard.name for guard in guards if guard.description.static} == {"has_console"}
