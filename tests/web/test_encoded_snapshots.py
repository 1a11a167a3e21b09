from litestar.serialization import encode_json

from fsm.recording import Account, Join, Meeting, MeetingSettings, Pause
from fsm.runtime.live import LiveMeeting
from fsm.runtime.snapshot import LARGE, snapshot_of
from fsm.web.encoded_snapshots import _MAX_KEPT, EncodedSnapshots


def live_meeting(participants, name="m-1"):
    settings = MeetingSettings(Account("pro"))
    live = LiveMeeting(name, 1, 0, settings, Meeting(settings.resolve().plan), by_id={})
    for number in range(participants):
        live.handle(Join(f"p-{number}", "host", "windows"), None, number, number)
    return live


def test_a_snapshot_of_a_large_meeting_is_encoded_once():
    live, encoded = live_meeting(LARGE), EncodedSnapshots()
    first = encoded.of(snapshot_of(live))
    assert first == encode_json(snapshot_of(live))
    assert encoded.of(snapshot_of(live)) is first
    live.handle(Pause("p-1"), None, 1000, 1000)
    assert encoded.of(snapshot_of(live)) == encode_json(snapshot_of(live)) != first


def test_the_same_id_after_a_rollback_is_another_meeting():
    one, other, encoded = live_meeting(LARGE), live_meeting(LARGE), EncodedSnapshots()
    one.handle(Join("alice", "member", "web"), None, 1, 1)
    other.handle(Join("bob", "member", "web"), None, 1, 1)
    assert b"alice" in encoded.of(snapshot_of(one))
    assert b"bob" in encoded.of(snapshot_of(other))


def test_few_snapshots_are_kept_and_no_small_ones():
    encoded = EncodedSnapshots()
    for number in range(2 * _MAX_KEPT):
        encoded.of(snapshot_of(live_meeting(LARGE, f"m-{number}")))
        encoded.of(snapshot_of(live_meeting(1, f"small-{number}")))
    assert list(encoded._kept) == [f"m-{number}" for number in range(_MAX_KEPT, 2 * _MAX_KEPT)]
