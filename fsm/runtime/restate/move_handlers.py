"""The handlers of ``Meeting`` that take a meeting from a journal, and give it to one.

A meeting takes events in one place. While it comes in parts, and after it was given away, its field
``elsewhere`` names the journal, and every other handler refuses it or does nothing.
"""

from __future__ import annotations

import msgspec
import restate

from fsm.recording.timers import NOTHING_DUE
from fsm.recording.vocabulary import ACTIVE_STATES
from fsm.runtime import answers
from fsm.runtime.errors import ConflictError
from fsm.runtime.restate.calls import RECORDER, CheckCall, DeliverCall, decode_call
from fsm.runtime.restate.handlers import load_state, send_call, store_state, wake
from fsm.runtime.restate.meeting_call import MeetingCall, load_live
from fsm.runtime.restate.move_calls import AdoptAnswer, AdoptCall, ReleaseAnswer, ReleaseCall
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    FORMAT,
    Live,
    Opening,
    StoredMessage,
    presence_of,
    text,
)


class MovingHandlers:
    """The handlers of meetings that are moved.

    Args:
        settings: the settings of the endpoint.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings

    async def adopt(self, context: restate.ObjectContext, call: AdoptCall) -> AdoptAnswer:
        """Takes a part of a meeting from a journal; with the last part, the meeting is here.

        Nothing is decided: the recorded answers are applied (D16). A meeting that was here before
        and was moved away goes on where its entries end.

        Raises:
            ConflictError: there is another meeting with this id, or it was moved elsewhere.
        """
        values = await load_state(context, ["live"])
        if "live" not in values:
            store_state(context, "live", Live(FORMAT, call.opening, elsewhere=call.source))
        else:
            stored = decode_call(values["live"], Live)
            check_adopted_meeting(context.key(), stored, call.opening, call.source)
        participants = presence_of(call.entries)
        loaded = await MeetingCall.load_for(
            context, self._settings, participants, (), anywhere=True
        )
        loaded.arrive(call.opening.opened_at)
        if loaded.elsewhere is None or loaded.live.seq != call.after:
            return AdoptAnswer(here=loaded.elsewhere is None, seq=loaded.live.seq)
        _apply(loaded, call)
        if call.last:
            self._complete(context, loaded, call)
        else:
            loaded.elsewhere = call.source
            loaded.live.moments = NOTHING_DUE
            loaded.finish()
        return AdoptAnswer(taken=True, here=call.last, seq=loaded.live.seq)

    def _complete(
        self, context: restate.ObjectContext, loaded: MeetingCall, call: AdoptCall
    ) -> None:
        """Makes the meeting one that is here, and goes on with its timers and deliveries."""
        live, outbox = loaded.live, call.outbox
        live.recording, live.start_sequence = outbox.recording, outbox.start_sequence
        live.acknowledged, live.last_sequence = outbox.acknowledged, outbox.last_sequence
        live.pending = tuple(each.for_meeting(live.id) for each in outbox.pending)
        live.last_stop, live.corrections = outbox.last_stop, 0
        live.stop_repeated = live.reported = False
        loaded.retrying, loaded.checking = None, False
        loaded.elsewhere = None
        loaded.changes.closed_at = call.closed_at
        live.closed = call.closed_at is not None
        if self._settings.recorder is not None and not live.closed:
            every = self._settings.reconcile_every
            if every is not None and live.situation.state in ACTIVE_STATES:
                loaded.checking = True
                loaded.schedule_check(every * (0.5 + context.random().random()))
            if live.pending:
                messages = tuple(map(StoredMessage.of, live.pending))
                send_call(
                    context,
                    RECORDER,
                    "deliver",
                    DeliverCall(messages, live.situation.ended, moved=True),
                )
            elif live.last_sequence or live.situation.ended:
                send_call(context, RECORDER, "check", CheckCall(live.last_sequence))
        loaded.finish(wakes=False)

    async def release(self, context: restate.ObjectContext, call: ReleaseCall) -> ReleaseAnswer:
        """Gives a meeting to a journal; from then on it takes no events here.

        Raises:
            ConflictError: it was moved to another journal, or is on its way from one.
        """
        value = await load_live(context)
        if value.elsewhere not in (None, call.target):
            raise ConflictError(
                f"meeting {context.key()!r} was moved to {value.elsewhere}, or is on its way from "
                "there"
            )
        if value.outbox.retrying is not None:
            # The delivery that waits there for its next attempt goes on at the journal.
            wake(context, value.outbox.retrying[1])
        for each in value.alarms:
            context.cancel_invocation(each.invocation)
        outbox = msgspec.structs.replace(value.outbox, retrying=None)
        store_state(
            context,
            "live",
            msgspec.structs.replace(value, elsewhere=call.target, alarms=(), outbox=outbox),
        )
        return ReleaseAnswer(
            opening=value.opening,
            closed_at=value.closed_at,
            outbox=outbox,
            seq=value.seq,
            last_entries=list(value.tail),
        )


def check_adopted_meeting(
    id: str,  # noqa: A002
    stored: Live,
    opening: Opening,
    source: str | None,
) -> None:
    """Checks that a meeting that comes from a journal is the one with its id that is here, or was.

    Args:
        id: its id.
        stored: the meeting that is here, or was.
        opening: the opening of the one that comes.
        source: the journal; ``None`` for one that has moved nothing yet.

    Raises:
        ConflictError: it is another meeting, or was moved to another journal.
    """
    if stored.opening != opening:
        raise ConflictError(f"meeting {id!r} is in the cluster as another one")
    if stored.elsewhere not in (None, source):
        raise ConflictError(f"meeting {id!r} was moved to {stored.elsewhere}")


def _apply(loaded: MeetingCall, call: AdoptCall) -> None:
    """Applies recorded answers to a meeting."""
    live, changes = loaded.live, loaded.changes
    for row in call.entries:
        answer = text(row.answer)
        answers.apply(live.meeting, answer, row.presence)
        assert row.seq is not None, "an entry that is kept has a number"
        live.seq, live.last_at = row.seq, row.at
        live.due = live.moments = answers.recorded_state(answer).due or NOTHING_DUE
        changes.rows.append(row)
