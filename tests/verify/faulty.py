"""Tables with a planted fault, and the explorations that should find it."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from typing import get_args

import attrs
import pytest

from fsm.engine import action, action_description
from fsm.engine.explore import explore
from fsm.engine.variants import Variants
from fsm.recording import console as policy
from fsm.recording import machine, meeting
from fsm.recording.machine import build
from fsm.recording.model import RecordingModel
from fsm.recording.plan import Plan
from fsm.recording.table import PRECONDITIONS, ROWS
from fsm.recording.vocabulary import KINDS, KINDS_WITH_OPTIONS, Starter
from fsm.verify import meeting_space, plan_invariants, policy_space, settings_space, verifier
from fsm.verify.plan_invariants import resolve_all
from fsm.verify.reference_model import ReferenceModel

TABLE = (ROWS, PRECONDITIONS)


def put(trigger, which, *new, rows=ROWS):
    """Replaces one row of a trigger by new ones."""
    at = rows.index(row(trigger, which, rows))
    return (*rows[:at], *new, *rows[at + 1 :])


def row(trigger, which, rows=ROWS, **changed):
    """Returns one row with fields changed.

    Args:
        trigger: the trigger of the row.
        which: the number of the row among those of its trigger, from 0, or guards of it, which
            find it wherever it stands: of several rows with these guards, that with the fewest.
        rows: the table.
    """
    known = [row for row in rows if row.trigger == trigger]
    if isinstance(which, int):
        return attrs.evolve(known[which], **changed)
    found = [row for row in known if {*which} <= {*row.when}]
    return attrs.evolve(min(found, key=lambda row: len(row.when)), **changed)


def place(trigger, which):
    """Returns the number by which a message names a row of a trigger, from 1."""
    return [row for row in ROWS if row.trigger == trigger].index(row(trigger, which)) + 1


def changed(trigger, which, **parts):
    return put(trigger, which, row(trigger, which, **parts)), PRECONDITIONS


def deleted(trigger, which):
    return put(trigger, which), PRECONDITIONS


def dropped(trigger, which, *names):
    old = row(trigger, which)
    return changed(
        trigger, which,
        when=tuple(name for name in old.when if name not in names),
        unless=tuple(name for name in old.unless if name not in names),
    )  # fmt: skip


def negated(trigger, which, name):
    old = row(trigger, which)
    rest = tuple(guard for guard in old.when if guard != name)
    return changed(trigger, which, when=rest, unless=(*old.unless, name))


def swapped(trigger, which, name, other):
    old = row(trigger, which)
    return changed(
        trigger, which,
        when=tuple(other if guard == name else guard for guard in old.when),
        unless=tuple(other if guard == name else guard for guard in old.unless),
    )  # fmt: skip


def doubled(trigger, which, **parts):
    return put(trigger, which, row(trigger, which), row(trigger, which, **parts)), PRECONDITIONS


def without_action(trigger, which, name):
    actions = tuple(action for action in row(trigger, which).actions if action != name)
    return changed(trigger, which, actions=actions)


# The rows of a join.
ANYONE = ("plan_is_cloud_by_anyone",)
HOST = ("plan_is_cloud_by_host",)
LOCAL = ("plan_is_local",)
OTHER = ()
# Those of pause, resume and stop, and of an end.
CLOUD = ("records_to_cloud",)
CLIENT = ("requester_records",)
LOCALLY = ("records_locally",)
RESTING = ()
# Those of a leave.
CLIENT_LEAVES = ("recording_client_leaves",)
LAST_LEAVES = ("last_one_leaves",)
LAST_WITH_GRACE = ("last_one_leaves", "has_grace")
HOST_LEAVES = ("last_host_leaves",)
HOST_WITH_GRACE = ("last_host_leaves", "has_grace")
SOMEBODY_LEAVES = ()
# Those of a timer that is up.
NOBODY_BACK = ("grace_ends_without_anyone",)
NO_HOST_BACK = ("grace_ends_without_hosts",)
EMPTY_RECORDS = ("empty_is_up",)
EMPTY_RESTS = ()


def preconditions(trigger, *names):
    return ROWS, {**PRECONDITIONS, trigger: names}


RESOLVED = cache(resolve_all)
CONSOLES = cache(verifier.explore_consoles)


def plans():
    """Returns the plans that differ in effect, of meetings without settings of timers."""
    return [plan for plan in RESOLVED().effects if not _sets_timers(plan)]


def plans_with_timers():
    """Returns the plans with either setting of a timer, and with both, where every kind is on."""
    return [plan for plan in RESOLVED().effects if _sets_timers(plan) and plan.kinds == KINDS]


def _sets_timers(plan):
    # Other timers may be the same in every meeting.
    return plan.grace > 0 or plan.end_when_empty is not None


def every_effect(*timers):
    """Yields each plan that differs in effect, by the vocabularies, with each pair of timers."""
    for size in range(len(KINDS) + 1):
        for on, (grace, empty) in product(combinations(KINDS, size), timers):
            yield Plan(kinds=on, grace=grace, end_when_empty=empty)
            for kind in on:
                options = product(get_args(Starter), (True, False))
                for starter, may in options if kind in KINDS_WITH_OPTIONS else [("host", True)]:
                    yield Plan(kind, starter, may, "none", on, grace, empty)


def plans_of_every_source():
    return [*RESOLVED().plans]


def verify_only_meetings(monkeypatch):
    """Takes the settings and the consoles of a verification from one exploration for all tests."""
    monkeypatch.setattr(verifier, "resolve_all", RESOLVED)
    monkeypatch.setattr(verifier, "explore_consoles", CONSOLES)


def few_plans():
    """Returns the plans of every kind without settings of timers, and one with both timers."""
    of_all_kinds = [plan for plan in plans() if plan.kinds == KINDS]
    return [*of_all_kinds, Plan("cloud", "host", grace=10, end_when_empty=60)]


def verify_few_plans(monkeypatch, known=few_plans):
    """Verifies meetings under few plans, for tests of what becomes of a violation."""
    verify_only_meetings(monkeypatch)
    settings = RESOLVED().effects
    few = attrs.evolve(RESOLVED(), plans={plan: settings[plan] for plan in known()})
    monkeypatch.setattr(verifier, "resolve_all", lambda: few)


def violation_of(monkeypatch, invariant):
    """Resolves settings until an invariant of plans is violated, and returns the violation.

    It has the settings that a complete resolution would report, since that keeps the first ones.
    """

    def until_violated(violations):
        for settings in settings_space.all_settings(violations):
            if invariant in violations:
                return
            yield settings

    with monkeypatch.context() as patched:
        patched.setattr(plan_invariants, "all_settings", until_violated)
        found = {violation.name: violation for violation in resolve_all().violations}
    return found[invariant]


def with_method(name, method):
    """Returns a model with one guard or action replaced, keeping its description."""
    right = vars(RecordingModel)[name]
    described = action_description(right)
    if described is None:
        for attribute, value in vars(right).items():
            setattr(method, attribute, value)
    else:
        method = action(described.label, only_if=described.only_if)(method)
    return type("Faulty", (RecordingModel,), {name: method})


def put_in(monkeypatch, rows, preconditions, model=RecordingModel):
    """Puts a table into the whole program, including the verification and `fsm play`."""
    verify_only_meetings(monkeypatch)  # neither settings nor consoles depend on this table
    frozen = build(rows, preconditions).freeze(model)
    for module in (machine, meeting, verifier):
        monkeypatch.setattr(module, "RECORDING", frozen)
    # With a cache of its own, because the other one holds tables without the fault.
    decider = cache(machine.decider.__wrapped__)
    for module in (machine, meeting):
        monkeypatch.setattr(module, "decider", decider)


def find(rows, preconditions, *, invariant=None, model=RecordingModel, participants=2, plans=plans):
    """Explores meetings under all plans together until the first violation."""
    space = meeting_space.meeting_space(participants)
    if invariant is not None:
        only = tuple(known for known in space.properties if known.name == invariant)
        space = attrs.evolve(space, properties=only)
    with pytest.MonkeyPatch.context() as patched:
        put_in(patched, rows, preconditions, model)
        variants = Variants(plans())
        return explore(
            machine.RECORDING.table,
            [(RecordingModel(variants.shared), ReferenceModel())],
            space,
            variants=variants,
            until_violation=True,
        ).violations


def policy_table(monkeypatch, rows, actions=None, preconditions=None):
    """Returns the table of a policy machine with other rows."""
    monkeypatch.setattr(policy, "CONSOLE_ROWS", rows)
    if actions:
        monkeypatch.setattr(policy, "CONSOLE_ACTIONS", {**policy.CONSOLE_ACTIONS, **actions})
    if preconditions:
        monkeypatch.setattr(policy, "CONSOLE_PRECONDITIONS", preconditions)
    return policy._build().freeze(policy.Console).table


def find_in_policy(table, invariant=None):
    space = policy_space.POLICY_SPACE
    if invariant is not None:
        only = tuple(known for known in space.properties if known.name == invariant)
        space = attrs.evolve(space, properties=only)
    return explore(table, policy_space.initial_consoles(), space, until_violation=True).violations
