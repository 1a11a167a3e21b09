import re
import runpy
from pathlib import Path

import pytest

from fsm.recording.rules import RULE_IDS
from fsm.scenario import load_file, open_meeting, play
from fsm.scenario.model import specified
from fsm.verify.traceability import RUNTIME_RULES

EXAMPLES = Path(__file__).parents[1] / "examples"
SCENARIOS = sorted((EXAMPLES / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_every_expectation_of_an_example_holds(file):
    for scenario in load_file(str(file)):
        steps = list(play(scenario, open_meeting(scenario)))
        assert [each.unexpected for each in steps] == [()] * len(steps)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_every_example_has_a_title_and_an_expectation(file):
    for scenario in load_file(str(file)):
        assert scenario.title != file.name
        assert any(specified(step.expect) for step in scenario.steps) or not scenario.steps


def test_every_rule_has_an_example_unless_the_runtime_decides_it():
    found = (re.match(r"([rd])(\d+)-", file.name) for file in SCENARIOS)
    named = {f"{name[1].upper()}{int(name[2])}" for name in found if name}
    assert named == set(RULE_IDS) - RUNTIME_RULES


def test_the_embedding_example_runs(capsys):
    runpy.run_path(str(EXAMPLES / "embed.py"), run_name="__main__")
    out = capsys.readouterr().out
    assert "leave   recording -> stopped ('R16',)" in out
    assert "pause   refused: host_may_not_pause" in out
    _, _, graced = out.partition("m-2: StartRecorder")
    assert graced.splitlines()[1:] == [
        "leave   recording -> recording ('D14',)",
        "        timer, m-2: SetTimer(timer='grace', after=10)",
        "join    recording -> recording ('D14',)",
        "        timer, m-2: CancelTimer(timer='grace')",
        "leave   recording -> recording ('D14',)",
        "        timer, m-2: SetTimer(timer='grace', after=10)",
        "time_up recording -> stopped ('D14', 'R16')",
        "        recorder, m-2: StopRecorder(reason='everyone_left')",
    ]


def test_the_stepping_example_runs(capsys):
    runpy.run_path(str(EXAMPLES / "step_through.py"), run_name="__main__")
    out = capsys.readouterr().out
    assert "client = 'alice-laptop'" in out
    assert "the permissions of bob:" in out
