"""Random meetings with pauses between their events, and their outcomes by the rules alone."""

import attrs

from fsm.recording import Meeting, MeetingSettings, TimeUp
from fsm.recording.timers import due_after, next_due

from ..recording import generate
from ..recording.translate import to_account, to_choice, to_event

# Milliseconds; some are those of a timer, so that an event comes at the moment of a firing.
PAUSES = [0] * 8 + [1, 900, 4_999, 5_000, 5_001, 10_000, 59_999, 60_000, 90_000]
GRACES = [0, 5, 10]
EMPTIES = [None, 5, 10, 60]


@attrs.frozen
class RandomMeeting:
    """A meeting, and the events that are sent to it.

    Args:
        settings: its settings.
        sent: the events, each with its id and the milliseconds since the first.
    """

    settings: MeetingSettings
    sent: list

    @property
    def answers(self):
        """The events that are answered, those of timers included, each with its outcome."""
        return self._play()[0]

    @property
    def kept(self):
        """Those of them that are kept: after the end only those with an id."""
        return self._play()[1]

    def _play(self):
        meeting, due, now = Meeting(self.settings.resolve().plan), {}, 0
        answers, kept, known = [], [], {}

        def fire(by):
            nonlocal due
            while (first := next_due(due)) is not None and first[0] <= by:
                event = TimeUp(first[1], meeting.timers[first[1]].set)
                outcome = meeting.handle(event)
                due = due_after(due, event, outcome, max(by, now))
                kept.append((event, outcome))

        for event, id_, at in self.sent:
            if id_ is not None and id_ in known:
                answers.append(known[id_])
                continue
            fire(at)
            over = meeting.ended
            outcome = meeting.handle(event)
            due = due_after(due, event, outcome, at)
            answers.append((event, outcome))
            if not over or id_ is not None:
                kept.append((event, outcome))
            if id_ is not None:
                known[id_] = event, outcome
        fire(10**12)
        return answers, kept


def random_meeting(rng):
    """Returns a random meeting."""
    account, user, booking, type_ = generate.settings_of_a_meeting(rng.choice)
    settings = MeetingSettings(
        to_account(account), to_choice(user), to_choice(booking), type_,
        rng.choice(GRACES), rng.choice(EMPTIES),
    )  # fmt: skip
    at, sent = 0, []
    for number in range(rng.randint(1, 40)):
        at += rng.choice(PAUSES)
        if sent and rng.random() < 0.1:
            event, id_, _ = rng.choice(sent)
            # Sent once more, with or without an id by which that is noticed.
            sent.append((event, id_, at))
        else:
            event = to_event(*rng.choice(generate.EVENTS))
            sent.append((event, rng.choice([None, f"e-{number}"]), at))
    return RandomMeeting(settings, sent)
