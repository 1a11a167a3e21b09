import pytest

from fsm.recording.account import Account, AutoRecord
from fsm.recording.events import ChangeRole, End, Join, Leave, RecorderFailed, Start
from fsm.recording.plan import Choice
from fsm.scenario import load, opened, play
from fsm.verify import Broken, Opening, scenario
from fsm.verify.plans import openings

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


def written(tmp_path, opening, events=EVENTS, rules=("R16",)):
    file = tmp_path / "broken.yaml"
    text = scenario(Broken("It holds", rules, "it does not", opening, events))
    file.write_text(text, encoding="utf-8")
    [found] = load(str(file))
    return text, found


def test_a_broken_promise_comes_back_as_the_meeting_that_breaks_it(tmp_path):
    opening = Opening(Account("business"), Choice(True, "local"), Choice(True, "cloud", "host"))
    text, found = written(tmp_path, opening)
    assert found.title == "Broken: It holds"
    assert [step.event for step in found.steps] == list(EVENTS)
    assert found.resolve() == opening.resolve()
    assert text.startswith("# rules: R16\n# what is wrong: it does not\n")
    assert len(list(play(found, opened(found)))) == len(EVENTS)


def test_every_kind_of_settings_comes_back(tmp_path):
    # One in seven is a different one each time the kinds of settings repeat.
    for opening in [*openings()][::7]:
        _, found = written(tmp_path, opening, ())
        assert found.resolve() == opening.resolve()


def test_local_settings_have_no_sub_options(tmp_path):
    opening = Opening(Account("education", auto_record=AutoRecord(True, True, "local")))
    text, found = written(tmp_path, opening)
    assert "host_may_pause" not in text
    assert found.resolve() == opening.resolve()


@pytest.mark.parametrize("meeting", ["scheduled", "quick"])
def test_the_type_of_the_meeting_comes_back(tmp_path, meeting):
    text, found = written(tmp_path, Opening(Account("pro"), type=meeting), rules=())
    assert found.resolve().plan.source == "none"
    assert ("quick" in text) == (meeting == "quick")
    assert "# rules: none of its own" in text


def test_what_is_about_the_console_has_no_scenario():
    assert scenario(Broken("It holds", (), "it does not", None)) is None
