import pytest

from fsm.integrations.janus.events import (
    HandleGone,
    Joined,
    Left,
    MalformedEventError,
    Published,
    RoomDestroyed,
    SessionGone,
    Started,
    decode_events,
)


def of_room(event, **fields):
    data = {"event": event, "room": 1, "id": 2, **fields}
    return {
        "type": 64, "timestamp": 9, "session_id": 3, "handle_id": 4, "opaque_id": "token",
        "event": {"plugin": "janus.plugin.videoroom", "data": data},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (of_room("joined", private_id=5), [Joined(9, 1, 2, 3, 4, 5, "token")]),
        (of_room("leaving"), [Left(9, 1, 2)]),
        (of_room("kicked"), [Left(9, 1, 2)]),
        (of_room("destroyed"), [RoomDestroyed(9, 1)]),
        (of_room("published"), [Published(9, 1, 2)]),
        (of_room("configured"), []),
        (of_room("joined"), []),  # a subscriber has no private id
        ({"type": 1, "timestamp": 9, "session_id": 3, "event": {"name": "created"}}, []),
        (
            {"type": 1, "timestamp": 9, "session_id": 3, "event": {"name": "timeout"}},
            [SessionGone(9, 3)],
        ),
        (
            {
                "type": 2,
                "timestamp": 9,
                "session_id": 3,
                "handle_id": 4,
                "event": {"name": "detached"},
            },
            [HandleGone(9, 3, 4)],
        ),
        ({"type": 256, "timestamp": 9, "event": {"status": "started"}}, [Started(9)]),
        ({"type": 32, "event": "anything"}, []),
        ({"type": 64, "timestamp": 9, "event": {"plugin": "janus.plugin.echotest"}}, []),
        ([], []),
        ([of_room("leaving"), of_room("destroyed")], [Left(9, 1, 2), RoomDestroyed(9, 1)]),
    ],
)
def test_the_events_that_matter_are_decoded(posted, expected):
    assert decode_events(posted) == expected


@pytest.mark.parametrize(
    "posted",
    [
        None,
        "joined",
        [[]],
        {},
        {"type": "64"},
        {"type": 64, "event": None},
        {**of_room("leaving"), "timestamp": "9"},
        of_room("leaving", id=None),
        of_room("leaving", room=True),
        of_room("joined", private_id="5"),
        {"type": 64, "timestamp": 1, "event": {"plugin": "janus.plugin.videoroom"}},
    ],
)
def test_what_is_no_event_of_janus_is_an_error(posted):
    with pytest.raises(MalformedEventError):
        decode_events(posted)
