"""Random paths through the book: events by name, with the engine's answers."""

from random import Random

from fsm.book.graph import events_for
from fsm.book.walk import event_of, node_of
from fsm.engine import Row
from fsm.recording import Meeting
from fsm.recording.outcome import timers_data
from fsm.recording.timers import running
from fsm.recording.why import explain_event
from fsm.scenario.play import commands_data

NAMES = ["alice", "bob", "carol"]
LENGTH = 25


def random_paths(plans, count, seed=20261127):
    """Returns paths: the number of a plan, its events with names, and the engine's answer to each.

    Half of the events are such as the engine accepts, so that paths do not stay in one situation.
    """
    random = Random(seed)
    return [random_path(plans, random) for _ in range(count)]


def random_path(plans, random):
    number = random.randrange(len(plans))
    meeting = Meeting(plans[number])
    events, answers = [], []
    for _ in range(random.randrange(1, LENGTH)):
        data, outcome, no_more = chosen(meeting, random)
        events.append(data)
        answers.append(answer_of(meeting, outcome, no_more))
    return {"plan": number, "events": events, "answers": answers}


def chosen(meeting, random):
    """Sends a random event; returns it as data with names, its outcome, and why it does no more."""
    _, names = node_of(meeting)
    absent = [name for name in NAMES if name not in names]
    everyone = [*names, random.choice(absent)] if absent else names
    tried = list(events_for(len(names)))
    random.shuffle(tried)
    wants_accepted = random.random() < 0.5
    for data in tried[:40]:
        event = event_of(data, everyone, meeting)
        if not wants_accepted or isinstance(meeting.decide(event), Row):
            break
    why = explain_event(meeting, event)
    no_more = [rule for rule in why.rules if rule not in why.outcome.rules]
    return named(data, everyone), meeting.handle(event), no_more


def named(data, names):
    """Returns an event with names for positions."""
    [(trigger, fields)] = data.items()
    return {
        trigger: {
            key: names[value] if key in ("id", "by") and value is not None else value
            for key, value in fields.items()
        }
    }


def answer_of(meeting, outcome, no_more):
    """Returns an answer, and the meeting after it, as the book should show them."""
    node, names = node_of(meeting)
    return {
        "refused": outcome.refused,
        "rules": list(outcome.rules),
        "no_more": no_more,
        "recorder": commands_data(outcome),
        "timers": timers_data(outcome),
        "state": meeting.state,
        "kind": meeting.kind,
        "client": meeting.client,
        "ended": meeting.ended,
        "running": list(running(meeting.timers)),
        "people": {
            name: [person.role, person.platform]
            for name, person in zip(names, node.people, strict=True)
        },
    }
