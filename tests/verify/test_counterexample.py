import attrs
import pytest

from fsm.recording.console_changes import Actor, SwitchOff
from fsm.recording.events import ChangeRole, End, Join, Leave, Pause, RecorderFailed, Start, TimeUp
from fsm.recording.plan import MeetingSettings
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.scenario import load_file, open_meeting, play
from fsm.scenario.model import specified
from fsm.verify import (
    COUNTEREXAMPLE_MARK,
    RuleViolation,
    reproduction_steps,
    scenario_of,
)
from fsm.verify.counterexample import DISTINGUISHING_EVENTS
from fsm.verify.settings_space import all_settings

from .faulty import RESOLVED

EVENTS = (
    Join("alice", "host", "windows", "3.17"),
    Join("bob", "member", "ios"),
    ChangeRole("bob", "cohost"),
    RecorderFailed(),
    Start("bob", "cloud"),
    Leave("alice"),
    End("bob"),
    End(),
)


def written(tmp_path, settings, events=EVENTS, rules=("R16",)):
    file = tmp_path / "broken.yaml"
    text = scenario_of(RuleViolation("It holds", rules, "it does not", settings, events))
    file.write_text(text, encoding="utf-8")
    [found] = load_file(str(file))
    return text, found


def test_a_violation_becomes_a_scenario_of_the_meeting_that_shows_it(tmp_path):
    settings = MeetingSettings(
        Account("business"), Choice(True, "local"), Choice(True, "cloud", "host")
    )
    text, found = written(tmp_path, settings)
    assert found.title == "Violated: It holds"
    assert [step.event for step in found.steps] == list(EVENTS)
    assert found.resolve() == settings.resolve()
    assert text.startswith(f"{COUNTEREXAMPLE_MARK}# rules: R16\n# violation: it does not\n")
    assert len(list(play(found, open_meeting(found)))) == len(EVENTS)


def test_every_step_expects_the_outcome_of_the_rules(tmp_path):
    settings = MeetingSettings(Account("pro"), Choice(True, "cloud", "anyone"))
    events = (Join("alice", "member", "ios", "3.16"), Start("alice", "cloud"),
              Join("bob", "host", "macos"), Pause("bob"))  # fmt: skip
    _, found = written(tmp_path, settings, events)
    expected = [specified(step.expect) for step in found.steps]
    assert [fields["refused"] for fields in expected] == [None, "not_host", None, None]
    assert [fields.get("state") for fields in expected] == ["idle", None, "recording", "paused"]
    assert [len(fields.get("recorder", ())) for fields in expected] == [0, 0, 1, 1]
    assert [fields.get("rule") for fields in expected] == [None, "D1", "R13", "R9"]
    assert set(expected[0]) == {"refused", "state", "recorder"}
    assert [each.unexpected for each in play(found, open_meeting(found))] == [()] * 4


def test_without_events_the_scenario_distinguishes_all_plans(tmp_path):
    plans = RESOLVED().effects
    answers = set()
    for settings in plans.values():
        _, found = written(tmp_path, settings, ())
        assert tuple(step.event for step in found.steps) == DISTINGUISHING_EVENTS
        played = list(play(found, open_meeting(found)))
        assert [each.unexpected for each in played] == [()] * len(DISTINGUISHING_EVENTS)
        answers.add(tuple(each.outcome for each in played))
    # Without a cloud recording a grace changes nothing.
    effects = {plan if "cloud" in plan.kinds else attrs.evolve(plan, grace=0) for plan in plans}
    assert len(answers) == len(effects) > 50


@pytest.mark.rule("D14", "D15")
def test_a_violation_of_timers_becomes_a_scenario_with_firings_as_events(tmp_path):
    settings = MeetingSettings(
        Account("pro"), Choice(True, "cloud", "anyone"), grace=10, end_when_empty=60
    )
    events = (Join("alice", "member", "ios"), Leave("alice"), TimeUp("grace", 2),
              TimeUp("grace", 1), TimeUp("empty", 1))  # fmt: skip
    _, found = written(tmp_path, settings, events)
    assert [step.event for step in found.steps] == list(events)
    assert found.resolve() == settings.resolve()
    expected = [specified(step.expect) for step in found.steps]
    both = [{"set": "grace", "after": 10}, {"set": "empty", "after": 60}]
    changes = [
        [specified(each) for each in fields["timers"]] if "timers" in fields else None
        for fields in expected
    ]
    assert changes == [[], both, None, [], []]
    assert [fields.get("rule") for fields in expected] == ["R13", "D14", None, "D14", "D10"]
    assert [each.unexpected for each in play(found, open_meeting(found))] == [()] * 5


def test_the_settings_survive_the_scenario_file(tmp_path):
    # One in seven is a different one each time the kinds of settings repeat.
    booked = [each for each in all_settings() if not each.booking or each.type != "personal"]
    for settings in [each for each in booked if not each.booking or each.type != "quick"][::53]:
        _, found = written(tmp_path, settings, (End(),))
        assert found.resolve() == settings.resolve()


def test_local_settings_have_no_sub_options(tmp_path):
    settings = MeetingSettings(Account("education", auto_record=AutoRecord(True, True, "local")))
    text, found = written(tmp_path, settings)
    assert "host_may_pause" not in text
    assert found.resolve() == settings.resolve()


@pytest.mark.parametrize("meeting", ["scheduled", "quick"])
def test_the_meeting_type_survives_the_scenario_file(tmp_path, meeting):
    text, found = written(tmp_path, MeetingSettings(Account("pro"), type=meeting), rules=())
    assert found.resolve().plan.source == "none"
    assert ("quick" in text) == (meeting == "quick")
    assert "# rules: none of its own" in text


def test_a_violation_of_the_console_has_no_scenario():
    assert scenario_of(RuleViolation("It holds", (), "it does not", None)) is None


def test_the_steps_to_reproduce_a_violation_are_described():
    def steps(settings, events=(), begins=""):
        return reproduction_steps(
            RuleViolation("It holds", (), "it does not", settings, events, begins)
        )

    settings = MeetingSettings(Account("pro"), Choice(True), type="quick")
    assert steps(settings, (Join("alice", "host", "ios"), End())) == (
        "see it in a meeting with {account: {edition: pro}, user: {auto_record: true}, "
        "meeting: {type: quick}}, after: join alice host ios, end"
    )
    changes = (SwitchOff(Actor("super_admin"), "local"),)
    assert steps(None, changes, "a new console") == (
        "see it in a new console, after: switch_off role super_admin, account_settings no local"
    )
    assert steps(None) == "see it by creating these settings"
