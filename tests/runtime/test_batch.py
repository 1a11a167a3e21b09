"""The rows and the consequences of a commit."""

from fsm.recording import PauseRecorder
from fsm.runtime.batch import Batch
from fsm.runtime.recorder import OutboxMessage

from .hubs import PRO
from .journals import live_meeting


def test_the_length_of_a_batch_is_its_number_of_rows():
    batch = Batch()
    assert not batch
    assert len(batch) == 0
    batch.open_meeting(live_meeting())
    batch.open_meeting(live_meeting(2))
    batch.put_account("a", PRO)
    assert batch
    assert len(batch) == 3


def test_a_batch_delivers_the_last_pending_messages_and_marks_new_ones():
    batch = Batch()
    one, two = (OutboxMessage("m", 1, each, each - 1, PauseRecorder()) for each in (1, 2))
    batch.deliver("m", (one, two), new=True)
    batch.deliver("m", (two,))
    batch.deliver("m-2", ())
    assert batch.deliveries == {"m": ((two,), True), "m-2": ((), False)}
