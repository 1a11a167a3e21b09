"""The sentence of each kind of difference."""

import pytest

from fsm.review.difference import Difference
from fsm.review.words import sentence

ANSWER = {"before": "idle", "state": "idle", "recorder": [], "refused": None, "rules": []}
HOST = {"role": "host", "platform": "windows"}
MEMBER = {"role": "member", "platform": "ios"}
START = [{"command": "start", "kind": "cloud", "client": None}]


def of_event(event, old, new, *parts, subject=HOST):
    """The sentence of a difference of the recording machine."""
    differing = frozenset(parts or {"state"})
    old, new = ANSWER | old, ANSWER | new
    return sentence(
        Difference("answers", "recording", differing, {}, (event,), old, new, subject=subject)
    )


@pytest.mark.parametrize(
    ("event", "subject", "words"),
    [
        ({"pause": {"by": "a"}}, HOST, "pause by a host"),
        ({"pause": {"by": "a"}}, {}, "pause by somebody absent"),
        ({"leave": {"id": "a"}}, MEMBER, "leave of a member"),
        ({"role": {"id": "a", "role": "cohost"}}, MEMBER, "role of a member (to cohost)"),
        ({"start": {"by": "a", "kind": "local"}}, HOST, "start by a host (local, from windows)"),
        ({"start": {"by": "a", "kind": "local"}}, {}, "start by somebody absent (local)"),
        ({"join": {"id": "a", **MEMBER}}, {}, "join of a member (ios)"),
        ({"join": {"id": "a", **MEMBER, "version": "3.16"}}, {},
         "join of a member (ios, version 3.16)"),
        ({"join": {"id": "a", **MEMBER}}, HOST, "join of a member who is present (ios)"),
        ({"end": {"by": "a"}}, HOST, "end by a host"),
        ({"end": {}}, {}, "end by the server"),
        ({"recorder_failed": {}}, {}, "recorder_failed"),
    ],
)  # fmt: skip
def test_an_event_is_named_with_its_participant(event, subject, words):
    found = of_event(event, {"state": "idle"}, {"state": "stopped"}, subject=subject)
    assert found == f"{words}: before idle, now stopped"


@pytest.mark.parametrize(
    ("old", "new", "parts", "words"),
    [
        ({"state": "paused"}, {"refused": "not_host"}, {"state", "refused"},
         "before paused, now refused: not_host"),
        ({"error": "KeyError: 'x'"}, {"state": "paused"}, {"error"},
         "before an error (KeyError: 'x'), now paused"),
        ({"recorder": START}, {}, {"recorder"},
         "before idle, recorder gets start cloud, now idle, recorder gets nothing"),
        # What the recorder gets follows from the part that differs.
        ({"recorder": START}, {"state": "recording", "recorder": START}, {"state"},
         "before idle, now recording"),
    ],
)  # fmt: skip
def test_answers_are_named_by_the_parts_that_differ(old, new, parts, words):
    assert of_event({"pause": {"by": "a"}}, old, new, *parts) == f"pause by a host: {words}"


def test_the_same_answer_by_other_rules_is_named_with_the_rules():
    difference = Difference(
        "rules", "recording", frozenset({"rules"}), {}, ({"pause": {"by": "a"}},),
        ANSWER, ANSWER | {"rules": ["R9", "D18"]}, subject=HOST,
    )  # fmt: skip
    assert sentence(difference) == (
        "pause by a host: the same answer, by the rules before none, now R9 D18"
    )


def account(**values):
    return {"edition": "business", "auto_record": {"enabled": False, "kind": "cloud", **values}}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"lock": {"by": ["super_admin", False]}}, "lock by a super admin"),
        ({"lock": {"by": ["admin", True]}}, "lock by an admin with the permission"),
        ({"choose_kind": {"by": ["user", False], "kind": "local"}},
         "choose_kind (kind: local) by a user"),
        ({"set_options": {"by": ["admin", False], "host_may_pause": False}},
         "set_options (host_may_pause: no) by an admin"),
    ],
)  # fmt: skip
def test_a_change_of_the_console_is_named_with_its_actor_and_values(event, words):
    difference = Difference(
        "answers", "policy", frozenset({"state"}), "education_plus", (event,),
        ANSWER | {"state": "free"}, ANSWER | {"state": "off"},
    )  # fmt: skip
    assert sentence(difference) == (
        f"console of an education plus account, {words}: before free, now off"
    )


def test_an_answer_that_differs_in_the_account_alone_is_named_by_the_settings_that_differ():
    difference = Difference(
        "answers", "policy", frozenset({"account"}), "business",
        ({"enable": {"by": ["super_admin", False]}},),
        ANSWER | {"state": "free", "account": account()},
        ANSWER | {"state": "free", "account": account(enabled=True)},
    )  # fmt: skip
    assert sentence(difference) == (
        "console of a business account, enable by a super admin: before free, enabled no, "
        "now free, enabled yes"
    )


def of_settings(stage, old, new, *parts, **start):
    """The sentence of a difference of settings."""
    start = {"account": {"edition": "enterprise"}, **start}
    return sentence(Difference("settings", "", frozenset(parts), start, (), old, new, (stage,) * 2))


OPTIONS = [{"kind": "cloud", "started_by": "host"}, {"kind": "local", "started_by": "host"}]


@pytest.mark.parametrize(
    ("stage", "old", "new", "parts", "words"),
    [
        ("status", {"status": "off"}, {"status": "free"}, (),
         "policy status of an enterprise account: before off, now free"),
        ("error", {"error": "kind: is missing"}, {"status": "free"}, (),
         "settings of an enterprise account: before kind: is missing, now accepted"),
        ("savable", {"savable": None}, {"savable": False}, (),
         "saving of an enterprise account: before none, now no"),
        ("plan", {"plan": {"kind": None, "source": "none"}},
         {"plan": {"kind": "cloud", "source": "user"}}, ("source", "kind"),
         ("plan of an enterprise account: kind before none, now cloud; "
          "source before none, now user")),
        ("form", {"form": {"options": OPTIONS}}, {"form": {"options": OPTIONS[:1]}}, ("options",),
         ("form of an enterprise account: options before cloud by host · local by host, "
          "now cloud by host")),
        ("form", {"form": {"options": []}}, {"form": {"options": [{"kind": "cloud"}]}},
         ("options",), "form of an enterprise account: options before none, now kind cloud"),
        ("why", {"why": ["a", "b"]}, {"why": ["b", "c", "d"]}, (),
         "reasons of an enterprise account: before 'a', now 'c; d'"),
        ("why", {"why": ["a"]}, {"why": ["a", "b"]}, (),
         "reasons of an enterprise account: before 'none', now 'b'"),
        ("why", {"why": ["a", "b"]}, {"why": ["b", "a"]}, (),
         "reasons of an enterprise account: the same ones in another order"),
    ],
)  # fmt: skip
def test_a_resolution_is_named_by_its_first_part_that_differs(stage, old, new, parts, words):
    assert of_settings(stage, old, new, *parts) == words


def test_settings_are_named_with_the_choices_in_them():
    choice = {"auto_record": True}
    old, new = {"status": "off"}, {"status": "free"}
    assert of_settings("status", old, new, user=choice, booking=None).startswith(
        "policy status of an enterprise account with the user's choice: "
    )
    assert of_settings("status", old, new, user=choice, booking=choice).startswith(
        "policy status of an enterprise account with the user's choice and a booking: "
    )
