"""Planted faults, one at a time: the exploration finds each by the shortest path.

The expected lengths were counted by hand: a join is one event, a participant's command comes after
its join, and an event of a paused recording after the pause.
"""

import attrs
import pytest

from fsm.engine import DefinitionError, description_of, guard
from fsm.recording import machine, model, timers
from fsm.recording.client_version import is_new_enough
from fsm.recording.console import Console
from fsm.recording.machine import build
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import PauseRecorder, ResumeRecorder, StopRecorder
from fsm.recording.policy_table import CONSOLE_ROWS
from fsm.recording.table import PRECONDITIONS, ROWS
from fsm.recording.timers import TimerState, runs, with_ended
from fsm.recording.vocabulary import CONSOLE_EDITIONS, HOSTS
from fsm.verify import meeting_space, verifier
from fsm.verify.plan_invariants import plan_effect
from fsm.verify.settings_space import TIMES

from .faulty import (
    ANYONE,
    CLIENT,
    CLIENT_LEAVES,
    CLOUD,
    EMPTY_RECORDS,
    EMPTY_RESTS,
    HOST,
    HOST_LEAVES,
    HOST_WITH_GRACE,
    LAST_LEAVES,
    LAST_WITH_GRACE,
    LOCAL,
    LOCALLY,
    NO_HOST_BACK,
    NOBODY_BACK,
    OTHER,
    RESTING,
    SOMEBODY_LEAVES,
    TABLE,
    changed,
    deleted,
    doubled,
    dropped,
    every_effect,
    find,
    find_in_policy,
    negated,
    place,
    plans,
    plans_of_every_source,
    plans_with_timers,
    policy_table,
    preconditions,
    put,
    put_in,
    row,
    swapped,
    verify_few_plans,
    with_method,
    without_action,
)

ANSWER = "The answer is the one of the reference rules"

# Faults of the table, each with the number of events that it takes to show it.
FAULTS = {
    # Starting by itself: one join.
    "anyone's join starts nothing": (deleted("join", ANYONE), 1),
    "a host's join starts nothing": (deleted("join", HOST), 1),
    "a local recording does not start": (deleted("join", LOCAL), 1),
    "a join that starts nothing is not taken": (deleted("join", OTHER), 1),
    "anyone's join from any platform": (dropped("join", ANYONE, "from_supported_platform"), 1),
    "anyone's join with any version": (dropped("join", ANYONE, "version_is_new_enough"), 1),
    "anyone's join with old versions only": (
        negated("join", ANYONE, "version_is_new_enough"), 1),
    "a host's join under any plan": (dropped("join", HOST, "plan_is_cloud_by_host"), 1),
    "a member's join": (dropped("join", HOST, "joins_as_host"), 1),
    "a member's join instead of a host's": (negated("join", HOST, "joins_as_host"), 1),
    "cloud under a plan of local": (
        swapped("join", HOST, "plan_is_cloud_by_host", "plan_is_local"), 1),
    "cloud from desktops only": (
        swapped("join", HOST, "from_supported_platform", "from_desktop"), 1),
    "local from a phone": (
        swapped("join", LOCAL, "from_desktop", "from_supported_platform"), 1),
    "local by a member": (dropped("join", LOCAL, "joins_as_host"), 1),
    "a start that pauses": (changed("join", LOCAL, target="paused"), 1),
    "a start that stays idle": (changed("join", HOST, target=None), 1),
    "the starting participant is not added": (without_action("join", HOST, "add_participant"), 1),
    "the recording client is unknown": (changed("join", LOCAL, actions=(
        "add_participant", "start_cloud")), 1),
    "the recorder gets no start": (changed("join", ANYONE, command=None), 1),
    # A second automatic start takes three events: start by hand or by itself, stop, join.
    "a stopped recording starts again": (changed("join", HOST, source=("idle", "stopped")), 3),
    # By hand: a join, then the command.
    "start of a kind that is off": (dropped("start", 0, "kind_is_available"), 2),
    "start of kinds that are off only": (negated("start", 0, "kind_is_available"), 2),
    "start of local from anywhere": (dropped("start", 0, "local_is_requested_from_desktop"), 2),
    "start by hand ends in paused": (changed("start", 0, target="paused"), 2),
    "no start by hand from idle": (changed("start", 0, source=("stopped",)), 2),
    # To start from stopped takes a join that starts it, a stop, and the start.
    "no start by hand from stopped": (changed("start", 0, source=("idle",)), 3),
    "pause where the host may not": (dropped("pause", CLOUD, "host_may_pause"), 2),
    "pause where the host may not only": (negated("pause", CLOUD, "host_may_pause"), 2),
    "pause by a client that does not record": (dropped("pause", CLIENT, "requester_records"), 2),
    "pause goes on recording": (changed("pause", CLOUD, target=None), 2),
    "pause stops": (changed("pause", CLIENT, target="stopped"), 2),
    "pause sends resume": (
        changed("pause", CLOUD, command=ResumeRecorder()), 2),
    # Resuming: join, pause, resume.
    "no resume of a cloud recording": (deleted("resume", CLOUD), 3),
    "resume by another client": (negated("resume", CLIENT, "requester_records"), 3),
    "resume goes on pausing": (changed("resume", CLOUD, target=None), 3),
    "stop where the host may not": (dropped("stop", CLOUD, "host_may_pause"), 2),
    "stop of a running recording only": (changed("stop", CLOUD, source=("recording",)), 3),
    "stop leads back to idle": (changed("stop", CLIENT, target="idle"), 2),
    "stop twice": (doubled("stop", CLOUD, when=("host_may_pause",)), 2),
    "a stopped recording is kept": (without_action("stop", CLOUD, "clear_recording"), 2),
    # Leaving: the last one after its own join, the last host after another's join too.
    "the recording client may leave": (deleted("leave", CLIENT_LEAVES), 2),
    "everyone may leave": (deleted("leave", LAST_LEAVES), 2),
    "every host may leave": (deleted("leave", HOST_LEAVES), 3),
    "the last one leaves a local recording": (
        dropped("leave", LAST_LEAVES, "records_to_cloud"), 2),
    "any leave stops it": (dropped("leave", HOST_LEAVES, "last_host_leaves"), 3),
    "hosts must remain under every plan": (
        dropped("leave", HOST_LEAVES, "hosts_are_needed"), 3),
    "hosts must remain where anyone starts it": (
        negated("leave", HOST_LEAVES, "hosts_are_needed"), 3),
    "both reasons of a leave": (dropped("leave", HOST_LEAVES, "last_one_leaves"), 2),
    "the wrong reason of a leave": (
        changed("leave", LAST_LEAVES, command=StopRecorder("hosts_left")), 2),
    "a paused recording outlives its hosts": (
        changed("leave", HOST_LEAVES, source=("recording",)), 4),
    "a participant who leaves is still present": (
        without_action("leave", SOMEBODY_LEAVES, "remove_participant"), 2),
    "a role that is not noted": (changed("role", 0, actions=()), 2),
    "a change of role pauses": (changed("role", 0, command=PauseRecorder()), 2),
    "a meeting that never ends": (without_action("end", RESTING, "end_meeting"), 1),
    "an end that leaves local running": (deleted("end", LOCALLY), 2),
    "an end that sends the recorder nothing": (changed("end", CLOUD, command=None), 2),
    "a failure that pauses": (changed("recorder_failed", 0, target="paused"), 2),
    # Preconditions: an end and another event, or one by an absent participant.
    "join after the end": (preconditions("join", "is_absent"), 2),
    "join twice": (preconditions("join", "is_open"), 2),
    "a member ends it": (preconditions("end", "is_open", "actor_is_present"), 2),
    "a member pauses it": (preconditions("pause", "is_open", "requester_is_present"), 2),
    "a leave of nobody": (preconditions("leave", "is_open"), 1),
    "the role is checked before the presence": (
        preconditions("stop", "is_open", "requester_is_host", "requester_is_present"), 1),
    "the end is checked last": (
        preconditions("start", "requester_is_present", "requester_is_host", "is_open"), 2),
}  # fmt: skip


# The others show with one participant, whose meetings are among those of two.
FAULTS_OF_TWO = {
    "every host may leave",
    "any leave stops it",
    "hosts must remain under every plan",
    "hosts must remain where anyone starts it",
    "a paused recording outlives its hosts",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_recording_table_is_found_in_the_fewest_events(name):
    table, length = FAULTS[name]
    violations = find(*table, participants=2 if name in FAULTS_OF_TWO else 1)
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


def test_there_are_more_than_forty_faults():
    assert len(FAULTS) > 40


BOTH = "two participants"
# Faults of timers: by one participant alone, unless somebody stays behind.
TIMER_FAULTS = {
    # The grace: a join, a leave, and what comes within it. With a member who stays, one more.
    "no grace for everyone": (
        changed("leave", LAST_WITH_GRACE, timers=("set_empty_if_last",)), 2),
    "no grace for the hosts": (changed("leave", HOST_WITH_GRACE, timers=()), 3, BOTH),
    "no grace for a paused recording": (
        changed("leave", LAST_WITH_GRACE, source=("recording",)), 3),
    "a leave that ends nothing sets it": (
        changed("leave", SOMEBODY_LEAVES, timers=("set_grace", "set_empty_if_last")), 2),
    "a change of role sets it": (
        changed("role", 0, timers=("cancel_grace_if_kept", "set_grace")), 2),
    "a change of role does not cancel it": (changed("role", 0, timers=()), 4),
    "a join does not cancel it": (changed("join", OTHER, timers=("cancel_empty",)), 3),
    "the recording stops in spite of it": (
        changed("leave", LAST_WITH_GRACE, target="stopped", command=StopRecorder("everyone_left"),
                actions=("remove_participant", "clear_recording")), 2),
    "a local recording outlives its client": (
        changed("leave", CLIENT_LEAVES, unless=("has_grace",)), 2),
    "the recording outlives it": (changed("time_up", NOBODY_BACK, target=None, actions=()), 3),
    "hosts left where everyone did": (
        changed("time_up", NOBODY_BACK, command=StopRecorder("hosts_left")), 3),
    "everyone left where only hosts did": (
        changed("time_up", NO_HOST_BACK, command=StopRecorder("everyone_left")), 4),
    "it stops nothing where members remain": (deleted("time_up", NO_HOST_BACK), 4),
    "a paused recording stays": (changed("time_up", NOBODY_BACK, source=("recording",)), 4),
    # An empty meeting: a join, a leave, and what comes then.
    "empty is not set in idle": (changed("leave", SOMEBODY_LEAVES, timers=()), 2),
    "empty is not set when the recording stops": (changed("leave", LAST_LEAVES, timers=()), 2),
    "empty is not set when a local recording stops": (
        changed("leave", CLIENT_LEAVES, timers=()), 2),
    "empty is not set beside the grace": (
        changed("leave", LAST_WITH_GRACE, timers=("set_grace",)), 2),
    "a join does not cancel empty": (
        changed("join", OTHER, timers=("cancel_grace_if_kept",)), 3),
    "a join that starts a recording does not cancel empty": (
        changed("join", LOCAL, timers=()), 3),
    "the end of a recorded meeting does not cancel empty": (
        changed("end", CLOUD, timers=()), 3),
    "the end does not cancel empty": (changed("end", RESTING, timers=()), 3),
    "empty ends no meeting that records": (
        without_action("time_up", EMPTY_RECORDS, "end_meeting"), 3),
    "empty ends no meeting": (without_action("time_up", EMPTY_RESTS, "end_meeting"), 3),
    "empty leaves the recorder running": (changed("time_up", EMPTY_RECORDS, command=None), 3),
    "empty runs on when it is up": (changed("time_up", EMPTY_RESTS, timers=()), 3),
    "empty is up in idle only": (changed("time_up", EMPTY_RESTS, source=("idle",)), 3),
    # Firings that are stale: of a timer that was never set, and after the end.
    "every firing is accepted": (preconditions("time_up", "is_open"), 1),
    "a firing after the end is stale": (preconditions("time_up", "timer_is_set"), 2),
}  # fmt: skip


@pytest.mark.rule("D14", "D15")
@pytest.mark.parametrize("fault", TIMER_FAULTS.values(), ids=TIMER_FAULTS)
def test_a_fault_of_timers_in_the_table_is_found_in_the_fewest_events(fault):
    table, length, *more = fault
    participants = 2 if more else 1
    violations = find(*table, participants=participants, plans=plans_with_timers)
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


@pytest.mark.rule("D14")
def test_a_stop_that_leaves_the_grace_running_is_found_in_the_fewest_events(monkeypatch):
    monkeypatch.setattr(model, "RECORDING_TIMERS", frozenset())
    violations = find(ROWS, PRECONDITIONS, participants=1, plans=plans_with_timers)
    # A join, a leave, and a failed recorder or an end.
    assert {len(violation.events) for violation in violations} == {3}


@pytest.mark.parametrize("nth", range(len(ROWS)), ids=lambda nth: f"{ROWS[nth].trigger} {nth}")
def test_a_row_that_names_another_rule_is_found(nth):
    wrong = attrs.evolve(ROWS[nth], rules=("R5",))
    # The last host leaves another participant behind.
    participants = 2 if "last_host_leaves" in wrong.when else 1
    known = plans_with_timers if {"D14", "D15"} & {*ROWS[nth].rules} else plans
    rows = (*ROWS[:nth], wrong, *ROWS[nth + 1 :])
    [violation] = find(rows, PRECONDITIONS, participants=participants, plans=known)
    assert violation.name == ANSWER
    assert violation.problem.startswith("it is decided by R5")
    assert ", the rules say " in violation.problem
    right = ROWS[nth].rules or ("R5",)
    # Those of timers come after them.
    assert violation.rules[: len(right)] == right


@pytest.mark.parametrize(
    ("trigger", "nth", "rule", "length"),
    [("stop", CLOUD, "R17", 2), ("join", LOCAL, "R13", 1), ("end", LOCALLY, "R16", 2)],
)
def test_a_start_or_stop_by_a_rule_of_the_other_kind_is_found(trigger, nth, rule, length):
    [violation] = find(*changed(trigger, nth, rules=(rule,)))
    assert violation.name == ANSWER
    assert len(violation.events) == length


@pytest.mark.parametrize(
    "name", ["is_open", "is_absent", "requester_is_host", "actor_is_host", "host_may_pause"]
)
def test_a_refusal_that_names_another_rule_is_found(name):
    right = vars(RecordingModel)[name]
    description = description_of(right)

    @guard(description.label, reason=description.reason, rules=("R5",), static=description.static)
    def wrong(self, event=None):
        return right(self, event)

    [violation] = find(*TABLE, model=type("Faulty", (RecordingModel,), {name: wrong}))
    assert violation.name == ANSWER


def set_timer(meeting, timer):
    number = meeting.timers[timer].set + 1 if timer in meeting.timers else 1
    meeting.timers = {**meeting.timers, timer: TimerState(number, True)}


def end_timer(meeting, timer):
    meeting.timers = with_ended(meeting.timers, timer)


METHODS = {
    "every version is new enough": ("version_is_new_enough", lambda self, event: True, 1),
    "a cohost's join is not a host's": (
        "joins_as_host", lambda self, event: event.role == "host", 1),
    "a cohost may not give commands": (
        "requester_is_host", lambda self, event: self.present[event.by].role == "host", 2),
    "every kind is on": ("kind_is_available", lambda self, event: True, 2),
    "local starts anywhere": ("local_is_requested_from_desktop", lambda self, event: True, 2),
    "everything is the cloud": ("records_to_cloud", lambda self, event: True, 2),
    "any client is the one that records": (
        "requester_records", lambda self, event: self.client is not None, 3),
    "every leave is the recording client's": (
        "recording_client_leaves", lambda self, event: self.client is not None, 3),
    "the last but one is the last": (
        "last_one_leaves", lambda self, event: len(self.present) <= 2, 3),
    "a member leaves as the last host": (
        "last_host_leaves", lambda self, event: self.hosts == 1, 3),
    # Started by hand where nothing starts by itself: join, start, another's join, leave.
    "hosts are needed where they start it only": (
        "hosts_are_needed",
        lambda self, event=None: self.plan.kind == "cloud" and (
            RecordingModel.hosts_are_needed(self)), 4),
    "everyone is absent": ("is_absent", lambda self, event: True, 2),
    "hosts that leave are still counted": (
        "remove_participant", lambda self, event: self.present.pop(event.id), 2),
    "a guard that changes the model": (
        "is_present", lambda self, event: self.present.pop(event.id, None) is not None, 2),
}  # fmt: skip


@pytest.mark.parametrize(("name", "method", "length"), METHODS.values(), ids=METHODS)
def test_a_fault_of_a_guard_or_an_action_is_found_in_the_fewest_events(name, method, length):
    violations = find(*TABLE, model=with_method(name, method))
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


TIMER_METHODS = {
    "a member's return is one of a host": (
        "cancel_grace_if_kept",
        lambda self, event: end_timer(self, "grace"), 3),
    "only a host's return counts": (
        "cancel_grace_if_kept",
        lambda self, event: event.role in HOSTS and end_timer(self, "grace"), 3),
    "a host's return counts where anyone's join starts it only": (
        "cancel_grace_if_kept",
        lambda self, event: self.hosts_are_needed() or end_timer(self, "grace"), 3),
    "every recording has a grace": ("has_grace", lambda self, event=None: True, 2),
    # The last host leaves, then the last member.
    "the grace begins anew": (
        "set_grace", lambda self, event: set_timer(self, "grace"), 4),
    "empty while somebody remains": (
        "set_empty_if_last", lambda self, event: set_timer(self, "empty"), 3, BOTH),
    "empty before anyone has come": (
        "cancel_empty", lambda self, event: set_timer(self, "empty"), 1),
    "a later setting fires": (
        "timer_is_set", lambda self, event: runs(self.timers, event.timer), 3),
    # Left, returned, left again.
    "an earlier setting fires": (
        "timer_is_set",
        lambda self, event: runs(self.timers, event.timer)
        and event.set <= self.timers[event.timer].set, 5),
    "a timer fires that was cancelled": (
        "timer_is_set",
        lambda self, event: event.timer in self.timers
        and event.set == self.timers[event.timer].set, 4),
    "the grace fires as empty": (
        "use_up_timer", lambda self, event: end_timer(self, "empty"), 3),
}  # fmt: skip


@pytest.mark.rule("D14", "D15")
@pytest.mark.parametrize("fault", TIMER_METHODS.values(), ids=TIMER_METHODS)
def test_a_fault_of_timers_in_the_model_is_found_in_the_fewest_events(fault):
    name, method, length, *more = fault
    violations = find(
        *TABLE, model=with_method(name, method), participants=2 if more else 1,
        plans=plans_with_timers,
    )  # fmt: skip
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


RIGHT_DURATIONS, RIGHT_CHANGES = timers.durations, timers.timer_changes


def _swapped_seconds(plan):
    right = RIGHT_DURATIONS(plan)
    return dict(zip(right, reversed(right.values()), strict=True))


def _reversed_changes(*arguments):
    return tuple(reversed(RIGHT_CHANGES(*arguments)))


def _without_rules(outcome, changed):
    return attrs.evolve(outcome, timers=changed)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (timers, "durations", _swapped_seconds),
        (machine, "timer_changes", _reversed_changes),
        (machine, "with_changes", _without_rules),
    ],
)
def test_a_fault_of_the_changes_of_timers_is_found_by_a_leave(monkeypatch, module, name, wrong):
    monkeypatch.setattr(module, name, wrong)
    violations = find(*TABLE, participants=1, plans=plans_with_timers)
    assert ANSWER in {violation.name for violation in violations}
    assert {len(violation.events) for violation in violations} == {2}


DESKTOPS = {"windows", "macos"}
WORKING = {*DESKTOPS, "ios", "android"}
# Wrong platforms, roles and versions.
NAMES = {
    "desktops without macos": ("DESKTOPS", DESKTOPS - {"macos"}),
    **{
        f"{each} counted as a desktop": ("DESKTOPS", {*DESKTOPS, each})
        for each in ("ios", "android", "linux", "web", "phone", "room", "other")
    },
    **{f"{each} does not work": ("AUTO_PLATFORMS", WORKING - {each}) for each in sorted(WORKING)},
    **{
        f"{each} works": ("AUTO_PLATFORMS", {*WORKING, each})
        for each in ("linux", "web", "phone", "room", "other")
    },
    "only a host is a host": ("HOSTS", {"host"}),
    "a later first version": ("is_new_enough", lambda version: is_new_enough(version) and (
        version != "3.17.0")),
    "an unknown version is too old": (
        "is_new_enough", lambda version: version is not None and is_new_enough(version)),
    "an unreadable version is too old": (
        "is_new_enough", lambda version: version != "WeMeet/3.1" and is_new_enough(version)),
    "versions compared as texts": (
        "is_new_enough", lambda version: version is None or version >= "3.17"),
    "versions compared as decimals": (
        "is_new_enough", lambda version: is_new_enough(version) and version != "3.100"),
    "a version behind a v is unknown": (
        "is_new_enough", lambda version: version == "v3.16" or is_new_enough(version)),
    "a version behind a v, a dot and a blank is unknown": (
        "is_new_enough", lambda version: version == "V. 2" or is_new_enough(version)),
    "a version behind a word is unknown": (
        "is_new_enough", lambda version: version == "version 3.16 (build 4)" or (
            is_new_enough(version))),
    "a version with another separator is unknown": (
        "is_new_enough", lambda version: version == "3_16-beta" or is_new_enough(version)),
    "a version with more behind it is unknown": (
        "is_new_enough", lambda version: version == "3,16," or is_new_enough(version)),
    "a version behind a blank is unknown": (
        "is_new_enough", lambda version: version == " 3.16" or is_new_enough(version)),
    "a version with more around it is too old": (
        "is_new_enough", lambda version: version != "3.17beta" and is_new_enough(version)),
    "newer than the first version": (
        "is_new_enough", lambda version: version != "3.17" and is_new_enough(version)),
    "the minor version alone": (
        "is_new_enough", lambda version: version != "4" and is_new_enough(version)),
}  # fmt: skip


def test_a_platform_that_is_stored_wrongly_does_not_hide_a_wrong_start():
    def add_participant(self, event):
        RecordingModel.add_participant(self, attrs.evolve(event, platform="windows"))

    # Only this invariant is checked, which the wrong platform alone does not violate.
    invariant = "A local recording runs on the desktop of a host"
    [violation] = find(
        *TABLE, model=with_method("add_participant", add_participant), invariant=invariant
    )
    assert len(violation.events) == 2


@pytest.mark.parametrize(("name", "wrong"), NAMES.values(), ids=NAMES)
def test_a_wrong_platform_role_or_version_is_found_by_one_join(monkeypatch, name, wrong):
    monkeypatch.setattr(model, name, wrong)
    violations = find(*TABLE)
    assert violations
    assert {len(violation.events) for violation in violations} == {1}


def _local(platforms):
    def asked(self, event):
        return event.kind != "local" or self.present[event.by].platform in platforms

    return with_method("local_is_requested_from_desktop", asked)


def _local_beside_another(platforms):
    def asked(self, event):
        known = platforms if len(self.present) > 1 else DESKTOPS
        return event.kind != "local" or self.present[event.by].platform in known

    return with_method("local_is_requested_from_desktop", asked)


@pytest.mark.parametrize(
    ("model", "length"),
    [
        (_local({"windows"}), 2),
        *(
            (_local({*DESKTOPS, each}), 2)
            for each in ("ios", "android", "linux", "phone", "room", "other")
        ),
        # The other one has to come in first.
        (_local_beside_another({"windows"}), 3),
        (_local_beside_another({*DESKTOPS, "linux"}), 3),
    ],
)
def test_a_wrong_platform_is_found_by_a_start_by_hand(model, length):
    violations = find(*TABLE, model=model)
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


def _unless_of(name, source):
    def wrong(self, event=None):
        return getattr(RecordingModel, name)(self) and self.plan.source != source

    return with_method(name, wrong)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("plan_is_cloud_by_anyone", "console"),
        ("plan_is_cloud_by_anyone", "user"),
        ("plan_is_cloud_by_host", "booking"),
        ("plan_is_cloud_by_host", "user"),
        ("plan_is_local", "console"),
        ("plan_is_local", "booking"),
        ("plan_is_local", "user"),
    ],
)
def test_a_plan_whose_effect_depends_on_its_source_is_found(name, source):
    model = _unless_of(name, source)
    violations = find(*TABLE, model=model, participants=1, plans=plans_of_every_source)
    assert violations
    assert {len(violation.events) for violation in violations} == {1}


def test_a_plan_of_each_source_is_explored(verified):
    families = verifier.plan_families(verified)
    explored = [plan for plans, _ in families for plan in plans]
    assert len(explored) == len({*explored}) == len(verified.resolved.plans)
    assert {*explored} == {*verified.resolved.plans}
    # Without timers, with either, and with both.
    assert {*verified.resolved.effects} == {*every_effect((0, None), *TIMES)}
    # With either, fewer participants show the same.
    both = [(grace, empty) for grace, empty in TIMES if grace and empty]
    most = [plan for plans, participants in families if participants == 2 for plan in plans]
    effects = {*every_effect((0, None), *both)}
    assert {plan_effect(plan) for plan in most} == effects
    assert len(most) == len(effects)
    assert {participants for _, participants in families} == {1, 2}


GROWING = {
    "a leave counts no hosts down": (
        "remove_participant", lambda self, event: self.present.pop(event.id)),
    "a role counts hosts up": (
        "change_role", lambda self, event: setattr(self, "hosts", self.hosts + 1)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "action"), GROWING.values(), ids=GROWING)
def test_the_verification_of_a_model_that_grows_without_end_ends(monkeypatch, name, action):
    put_in(monkeypatch, *TABLE, model=with_method(name, action))
    verify_few_plans(monkeypatch)
    report = verifier.verify(1)
    found = {violation.name: len(violation.events) for violation in report.violations}
    assert found["The machine's model agrees with the reference model"] == 2
    assert "the number of situations is bounded" not in found


def test_growth_that_no_invariant_sees_ends_at_the_limit(monkeypatch):
    put_in(monkeypatch, *TABLE, model=with_method(*GROWING["a role counts hosts up"]))
    monkeypatch.setattr(meeting_space, "INVARIANTS", [])
    monkeypatch.setattr(verifier, "max_situations", lambda participants: 300)
    [broken] = verifier.explore_plans(plans()[:1], 1).violations
    assert broken.problem.startswith("more than 300 situations, so the search was given up")


def _policy(trigger, nth, *new):
    return put(trigger, nth, *new, rows=CONSOLE_ROWS)


def _policy_row(trigger, nth, **parts):
    return row(trigger, nth, rows=CONSOLE_ROWS, **parts)


# The console begins free and unlocked, both kinds on, the admin's kind cloud.
POLICY_FAULTS = {
    "enabling does not": ({"rows": _policy("enable", 0)}, 1),
    "enabling locks": ({"rows": _policy("enable", 0, _policy_row("enable", 0, target="locked_on"))
                        }, 1),
    "locking leaves it free": ({"rows": _policy("lock", 1)}, 1),
    "enabling what is locked does not": ({"rows": _policy("enable", 1)}, 2),
    "disabling does not": (
        {"rows": _policy("disable", 0, _policy_row("disable", 0, target=None))}, 2),
    "unlocking turns it on": (
        {"rows": _policy("unlock", 1, _policy_row("unlock", 1, target="default_on"))}, 2),
    # The admin's kind off, locked, unlocked.
    "unlocking asks for the admin's kind": (
        {"rows": _policy("unlock", 1, _policy_row("unlock", 1, when=("own_kind_is_on",)))}, 3),
    # Enabled, locked, its kind off.
    "a locked kind goes off": ({"rows": _policy("switch_off", 2)}, 3),
    "the last kind goes off": ({"rows": _policy("switch_off", 0)}, 2),
    # Enabled, its kind off and on again.
    "an enabled kind comes on": ({"rows": _policy("switch_on", 3)}, 3),
    "a locked switch comes on": (
        {"rows": _policy("switch_on", 2, _policy_row(
            "switch_on", 2, unless=("brings_enabled_kind",)))}, 2),
    # Enabled, the other kind off, that one chosen.
    "a kind that is off is chosen": ({"rows": _policy("choose_kind", 2)}, 3),
    "a kind that is on is not": (
        {"rows": _policy("choose_kind", 2, _policy_row(
            "choose_kind", 2, unless=(), when=("chosen_kind_is_on",)))}, 2),
    "local gets sub-options": (
        {"rows": _policy("set_options", 0, _policy_row("set_options", 0, when=()))}, 2),
    "locking unlocks": ({"actions": {"lock": "unlock"}}, 1),
    "everybody may": ({"preconditions": ("has_console",)}, 1),
    "every edition may": ({"preconditions": ("may_change_settings",)}, 1),
    "the permission is checked before the console": (
        {"preconditions": ("may_change_settings", "has_console")}, 1),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "length"), POLICY_FAULTS.values(), ids=POLICY_FAULTS)
def test_a_fault_of_the_policy_table_is_found_in_the_fewest_changes(monkeypatch, fault, length):
    violations = find_in_policy(policy_table(monkeypatch, **{"rows": CONSOLE_ROWS, **fault}))
    assert violations
    assert {len(violation.events) for violation in violations} == {length}


@pytest.mark.parametrize("edition", sorted(CONSOLE_EDITIONS))
def test_a_lock_that_does_nothing_in_one_edition_is_found(monkeypatch, edition):
    def lock(self, event):
        self.locked = self.edition != edition

    monkeypatch.setattr(Console, "lock", lock)
    table = policy_table(monkeypatch, CONSOLE_ROWS)
    found = {each.name: each for each in find_in_policy(table)}
    violation = found["A change has its own effect and no other"]
    assert (violation.start.edition, len(violation.events)) == (edition, 1)


# Faults that need no exploration, because the machine cannot be frozen with them.
UNFROZEN = {
    "a row doubled": (
        doubled("join", ANYONE),
        f"row {place('join', ANYONE) + 1} of trigger 'join' in state 'idle'"),
    "a row doubled in two states": (
        doubled("stop", CLOUD),
        f"row {place('stop', CLOUD) + 1} of trigger 'stop' in state 'paused'"),
    "a guard dropped, so that the next row is covered": (
        dropped("join", ANYONE, "plan_is_cloud_by_anyone"),
        (f"row {place('join', ANYONE) + 1} of trigger 'join' in state 'idle' can never be taken: "
         f"row {place('join', ANYONE)} always wins")),
    "the only row of a trigger deleted": (
        deleted("recorder_failed", 0), "trigger 'recorder_failed' has no row in any state"),
    "a guard negated, so that the next row is covered": (
        negated("leave", LAST_LEAVES, "last_one_leaves"),
        f"row {place('leave', HOST_LEAVES)} of trigger 'leave' in state 'recording'"),
    "a guard dropped, so that none is left": (
        dropped("leave", CLIENT_LEAVES, "recording_client_leaves"),
        f"row {place('leave', HOST_LEAVES)} of trigger 'leave' in state 'recording'"),
    "a guard swapped, so that a row stands twice": (
        swapped("resume", CLOUD, "records_to_cloud", "requester_records"),
        f"row {place('resume', CLIENT)} of trigger 'resume' in state 'paused'"),
    "a guard of another name": (
        swapped("pause", CLOUD, "host_may_pause", "host_may_paus"), "host_may_paus"),
    "an action of another name": (changed("role", 0, actions=("change_rolle",)), "change_rolle"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "offender"), UNFROZEN.values(), ids=UNFROZEN)
def test_a_table_with_a_fault_that_can_never_work_cannot_be_frozen(table, offender):
    with pytest.raises(DefinitionError) as refused:
        build(*table).freeze(RecordingModel)
    assert offender in str(refused.value)


def test_the_tables_without_a_fault_violate_nothing(monkeypatch, verified):
    # The same exploration as `find` for two participants, not stopped by a violation.
    assert verified.violations == []
    assert find(*TABLE, participants=1) == []
    assert find_in_policy(policy_table(monkeypatch, CONSOLE_ROWS)) == []
