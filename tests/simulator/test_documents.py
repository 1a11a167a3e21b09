from pathlib import Path

import msgspec
import pytest

from fsm.decode import decode
from fsm.scenario import ScenarioError, load_file, open_meeting, parse, play
from fsm.scenario.model import ScenarioDocument
from fsm.simulator.documents import TITLE, scenario_from, scenarios_in, with_expectations

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_file_that_is_opened_simulated_and_saved_plays_as_before(file):
    opened = scenarios_in(file.read_bytes())
    for document, loaded in zip(opened, load_file(str(file)), strict=True):
        sent = msgspec.json.decode(msgspec.json.encode(document))
        scenario = scenario_from(decode(sent, ScenarioDocument))
        assert (scenario.settings, scenario.meeting) == (loaded.settings, loaded.meeting)
        [saved] = parse(with_expectations(scenario).encode())
        assert (saved.title, saved.settings, saved.meeting) == (
            scenario.title, loaded.settings, loaded.meeting,
        )  # fmt: skip
        assert [step.event for step in saved.steps] == [step.event for step in loaded.steps]
        played = list(play(saved, open_meeting(saved)))
        assert [step.unexpected for step in played] == [()] * len(played)


def test_a_saved_step_expects_what_happens_now():
    [scenario] = parse(b"account: {edition: free}\nevents:\n- pause: {by: x}\n- end: {}\n")
    [saved] = parse(with_expectations(scenario).encode())
    assert saved.steps[0].expect.refused == "not_present"
    assert saved.steps[1].expect.state == "idle"


def test_a_document_without_a_title_gets_one():
    scenario = scenario_from(decode({"account": {"edition": "pro"}}, ScenarioDocument))
    assert scenario.title == TITLE
    [document] = scenarios_in(b"account: {edition: pro}")
    assert document["title"] == TITLE


def test_settings_that_do_not_fit_together_are_refused():
    data = {
        "account": {"edition": "pro"},
        "booking": {"auto_record": True},
        "meeting": {"type": "quick"},
    }
    with pytest.raises(ValueError, match="quick"):
        scenario_from(decode(data, ScenarioDocument))


def test_a_faulty_file_is_refused_with_the_line():
    with pytest.raises(ScenarioError, match=r"^2: a scenario has no key 'acount'"):
        scenarios_in(b"title: x\nacount: {}\n")
