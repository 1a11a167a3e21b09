"""The list, the moments and the pasts of real meetings, as the page asks for them."""

import attrs
import pytest

from fsm.recording import Outcome
from fsm.simulator.recorded import show_past
from fsm.translation import Translator
from fsm.web.token_file import create_token

from .serving import JOIN, served


@pytest.fixture
def meeting(service):
    service.open()
    service.send(JOIN)
    service.send({"join": {"id": "bob", "role": "member", "platform": "ios"}})
    service.send({"pause": {"by": "bob"}})
    service.send({"leave": {"id": "alice"}})
    return service


def test_a_search_finds_meetings_by_a_part_of_their_ids_with_their_states(meeting):
    meeting.open("Room-7")
    found = meeting.get("/v1/overview", params={"search": "ROOM"}).json()
    assert [(each["id"], each["state"], each["present"]) for each in found["meetings"]] == [
        ("Room-7", "idle", 0)
    ]
    every = meeting.get("/v1/overview").json()
    assert [each["present"] for each in every["meetings"]] == [0, 1]


def test_the_list_comes_in_pages(meeting):
    meeting.open("m-2")
    first = meeting.get("/v1/overview", params={"limit": 1}).json()
    assert [each["id"] for each in first["meetings"]] == ["m-1"]
    second = meeting.get("/v1/overview", params={"limit": 1, "after": first["next"]}).json()
    assert [each["id"] for each in second["meetings"]] == ["m-2"]


@pytest.mark.parametrize("query", [{"limit": 101}, {"limit": 0}, {"search": "x" * 201}])
def test_a_list_beyond_its_limits_is_refused(service, query):
    assert service.get("/v1/overview", params=query).status_code == 400


def test_a_moment_has_the_recorded_answers_with_their_reasons(meeting):
    now = meeting.get("/v1/meetings/m-1/moment").json()
    history = meeting.get("/v1/meetings/m-1/events").json()["entries"]
    for step, entry in zip(now["steps"], history, strict=True):
        same = ("event", "before", "state", "recorder", "refused", "rules", "timers")
        assert [step[name] for name in same] == [entry[name] for name in same]
    assert now["steps"][2]["refused"] == "not_host"
    assert now["steps"][2]["why"]
    assert now["steps"][0]["taken"]
    assert all(step["unexpected"] == [] for step in now["steps"])
    assert now["situation"]["state"] == "stopped"
    assert [each["id"] for each in now["situation"]["participants"]] == ["bob"]


def test_a_moment_comes_in_chinese(meeting):
    now = meeting.get("/v1/meetings/m-1/moment", params={"lang": "zh"}).json()
    assert "拒绝" in now["steps"][2]["why"]
    assert now["resolution"]["why"][0].startswith("管理状态")


def test_an_earlier_moment_has_those_who_were_present_then(meeting):
    then = meeting.get("/v1/meetings/m-1/moment", params={"upto": 2, "after": 1}).json()
    assert [each["id"] for each in then["situation"]["participants"]] == ["alice", "bob"]
    assert [step["step"] for step in then["steps"]] == [2]
    assert (then["shown"], then["last"], then["situation"]["state"]) == (2, 4, "recording")


def test_an_entry_that_the_present_rules_would_answer_otherwise_stands_and_says_so(meeting):
    past = meeting.run(meeting.service.runtime.past("m-1", 0, 4))
    first = past.answers[0]
    other = attrs.evolve(first.entry, outcome=Outcome("idle", "idle", refused="not_host"))
    answer = '{"before":"idle","state":"idle","refused":"not_host"}'
    changed = attrs.evolve(
        past, answers=(attrs.evolve(first, entry=other, answer=answer, presence=None),)
    )
    [step], situation = show_past(changed, past.last_at, {})
    assert (step.refused, step.state, situation.state) == ("not_host", "idle", "idle")
    assert situation.participants == ()
    assert step.unexpected[0].startswith("the present rules would answer: ")
    [step], _ = show_past(changed, past.last_at, {}, Translator("zh"))
    assert step.unexpected[0].startswith("按现在的规则会回答：录制中，开始录制")
    assert step.taken == ()


def test_a_past_can_be_tried_as_a_scenario(meeting):
    path = "/v1/meetings/m-1/scenario"
    scenario = meeting.get(path, params={"upto": 3}).json()["scenario"]
    simulated = meeting.post("/v1/simulation", scenario).json()
    assert len(simulated["steps"]) == 3
    assert all(step["unexpected"] == [] for step in simulated["steps"])
    assert simulated["situation"]["state"] == "recording"


@pytest.mark.parametrize("part", ["moment", "scenario"])
def test_an_unknown_meeting_is_not_found(service, part):
    assert service.get(f"/v1/meetings/none/{part}").status_code == 404


def test_a_running_timer_is_shown_with_the_time_that_remains(service):
    body = {"account": {"edition": "pro"}, "user": {"auto_record": True}, "grace": 600}
    service.put("/v1/meetings/m-1", body)
    service.send(JOIN)
    service.send({"leave": {"id": "alice"}})
    timers = service.get("/v1/meetings/m-1/moment").json()["situation"]["timers"]
    assert {each["timer"] for each in timers} == {"grace", "empty"}
    assert all(each["remaining"] > 0 for each in timers)


def test_a_moment_says_whether_its_token_may_send_events(tmp_path):
    file = tmp_path / "tokens.json"
    reader = create_token(file, "reader", ["read"])
    sender = create_token(file, "sender", ["read", "events"])
    with served(tmp_path, tokens=file) as service:
        service.open(headers={"Authorization": f"Bearer {sender}"})
        for token, may in ((reader, False), (sender, True)):
            headers = {"Authorization": f"Bearer {token}"}
            moment = service.get("/v1/meetings/m-1/moment", headers=headers).json()
            assert moment["may_send"] is may
        assert service.get("/v1/overview").status_code == 401
