"""The guards of the recording machine: reason codes, rules, and static guards."""

import pytest

from fsm.recording import RECORDING
from fsm.recording.machine import decider
from fsm.recording.model import RecordingModel

from .people import CLOUD, CLOUD_ANYONE, CLOUD_NO_PAUSE, LOCAL, NOTHING

DESCRIPTIONS = {
    guard.name: guard.description
    for cell in RECORDING.table
    for guard in (*cell.preconditions, *(guard for row in cell.rows for guard in row.guards))
}


def test_the_static_guards_are_those_that_depend_on_the_plan_alone():
    assert {name for name, description in DESCRIPTIONS.items() if description.static} >= {
        *("plan_is_cloud_by_anyone", "plan_is_cloud_by_host", "plan_is_local"),
        *("host_may_pause", "hosts_are_needed", "has_grace"),
    }


def test_a_guard_with_a_reason_code_has_the_rules_of_that_refusal():
    found = {
        name: (description.reason, description.rules)
        for name, description in DESCRIPTIONS.items()
        if description.reason
    }
    assert found == found | {
        "is_open": ("meeting_ended", ("D10",)),
        "is_absent": ("already_present", ("D9",)),
        "is_present": ("not_present", ("D9",)),
        "requester_is_present": ("not_present", ("D9",)),
        "requester_is_host": ("not_host", ("D1",)),
        "actor_is_present": ("not_present", ("D10",)),
        "actor_is_host": ("not_host", ("D10",)),
        "kind_is_available": ("kind_unavailable", ("D2",)),
        "local_is_requested_from_desktop": ("not_desktop", ("D2",)),
        "requester_records": ("not_recording_client", ("D3",)),
        "host_may_pause": ("host_may_not_pause", ("R9",)),
        # A firing may be that of any timer, so its refusal has no rule of its own.
        "timer_is_set": ("timer_not_set", ()),
    }
    assert [name for name, (_, rules) in found.items() if not rules] == ["timer_is_set"]


def test_a_guard_without_a_reason_code_has_the_rules_of_its_choice_of_row():
    found = {
        name: description.rules
        for name, description in DESCRIPTIONS.items()
        if not description.reason
    }
    expected = {
        "plan_is_cloud_by_anyone": ("R8", "R13"),
        "plan_is_cloud_by_host": ("R13",),
        "plan_is_local": ("R14",),
        "joins_as_host": ("R13",),
        "from_supported_platform": ("R2",),
        "from_desktop": ("R14",),
        "version_is_new_enough": ("R3",),
        "records_to_cloud": (),
        "records_locally": (),
        "recording_client_leaves": ("R17",),
        "last_one_leaves": ("R16",),
        "hosts_are_needed": ("R16", "D12"),
        "last_host_leaves": ("D4",),
        "has_grace": ("D14",),
        "grace_ends_without_anyone": ("D14", "R16"),
        "grace_ends_without_hosts": ("D14", "R16"),
        "empty_is_up": ("D15",),
    }
    assert found == found | expected


@pytest.mark.rule("R8", "R9", "R13", "R14", "R16")
@pytest.mark.parametrize(
    ("plan", "answers"),
    [
        (NOTHING, (False, False, False, True, True)),
        (CLOUD, (False, True, False, True, True)),
        (CLOUD_ANYONE, (True, False, False, True, False)),
        (CLOUD_NO_PAUSE, (False, True, False, False, True)),
        (LOCAL, (False, False, True, True, True)),
    ],
    ids=["nothing", "cloud", "anyone", "no pause", "local"],
)
def test_the_static_guards_answer_as_the_plan_says(plan, answers):
    model = RecordingModel(plan)
    assert answers == (
        model.plan_is_cloud_by_anyone(),
        model.plan_is_cloud_by_host(),
        model.plan_is_local(),
        model.host_may_pause(),
        model.hosts_are_needed(),
    )


def test_a_table_bound_to_a_plan_has_only_the_rows_that_can_be_taken():
    bound = RECORDING.table.bind(RecordingModel(NOTHING))
    assert {row.info.row.trigger for row in bound.rows if row.info.starts} == {"start"}
    assert decider(CLOUD) is decider(CLOUD)
