"""The messages of live streams, what is remembered of them, and the turns to write them."""

import asyncio

import attrs

from fsm.recording import Join, Meeting, Plan
from fsm.runtime import JournalEntry
from fsm.web import messages
from fsm.web.messages import StreamBackpressure, StreamMessages, StreamTurns

BOB = Join("bob", "member", "web")


def entries(count):
    outcome = Meeting(Plan()).handle(BOB)
    return [JournalEntry("m", number, None, 0, BOB, outcome) for number in range(1, count + 1)]


def test_equal_lists_share_one_chunk_and_other_lists_share_messages():
    encoder = StreamMessages()
    some = entries(3)
    chunk = encoder.encode(some)
    assert encoder.encode([*some]) is chunk
    assert chunk.startswith(b'id: 1\ndata: {"at":0,"before":"idle",')
    assert b"".join(encoder.encode([each]) for each in some) == chunk


def test_entries_of_two_meetings_with_one_number_are_two_messages():
    encoder = StreamMessages()
    [entry] = entries(1)
    other = attrs.evolve(entry, meeting="n")
    assert b'"meeting":"m"' in encoder.encode([entry])
    assert b'"meeting":"n"' in encoder.encode([other])


def test_only_the_last_messages_and_chunks_are_remembered(monkeypatch):
    monkeypatch.setattr(messages, "_MAX_MESSAGES", 10)
    monkeypatch.setattr(messages, "_MAX_CHUNKS", 4)
    encoder, once = StreamMessages(), StreamMessages()
    many = entries(100)
    for first in range(97):
        some = many[first : first + 4]
        assert encoder.encode(some) == b"".join(once.encode([each]) for each in some)
        assert len(encoder._messages) <= 10
        assert len(encoder._chunks) <= 4


def test_streams_that_are_woken_together_write_in_turns(monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    async def main():
        turns = StreamTurns()
        for _ in range(60):
            await turns.wait()

    monkeypatch.setattr(messages.asyncio, "sleep", sleep)
    asyncio.run(main())
    first, second, third = waits[:20], waits[20:40], waits[40:]
    assert first == [0] * 20
    assert 0 < min(second) <= max(second) < min(third)


def test_a_stream_alone_has_its_turn_at_once():
    async def main():
        turns = StreamTurns()
        waiting = asyncio.create_task(turns.wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert waiting.done()

    asyncio.run(main())


def test_a_meeting_with_a_late_stream_rests_until_its_streams_are_in_time(monkeypatch):
    now = [50.0]
    rests = []

    async def sleep(seconds):
        rests.append(seconds)

    async def main():
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
        backpressure = StreamBackpressure()

        async def rests_of(meeting):
            rests.clear()
            await backpressure.wait(meeting)
            return len(rests)

        assert await rests_of("m") == 0
        backpressure.note("m", 99_400)
        assert (await rests_of("m"), await rests_of("other")) == (1, 0)
        backpressure.note("m", 99_600)
        assert await rests_of("m") == 0
        backpressure.note("m", 99_400)
        now[0] += 0.9
        assert await rests_of("m") == 1
        now[0] += 0.2
        assert await rests_of("m") == 0

    monkeypatch.setattr(messages.time, "time", lambda: 100.0)
    monkeypatch.setattr(messages.asyncio, "sleep", sleep)
    asyncio.run(main())
