"""The live stream of a meeting: order, resuming, end."""

import contextlib
import json
import re

import pytest

from fsm.web import messages, stream
from fsm.web.schemas import EntryResponse
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_token

from .serving import JOIN, logged, problem, served, until

STREAM = "/v1/meetings/m-1/stream"


class Reader:
    """Reads a stream as a browser does."""

    def __init__(self, response):
        self.response = response
        self._lines = response.iter_lines()

    def next(self):
        """Returns the next event or comment; `None` at the end of the stream."""
        message = {}
        for line in self._lines:
            if not line:
                return message
            name, _, value = line.partition(": ")
            message[name] = value
        return None

    def entry(self):
        message = self.next()
        while message is not None and "data" not in message:
            message = self.next()
        return message and (int(message["id"]), json.loads(message["data"]))


def test_entries_arrive_as_they_are_committed(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        reader = Reader(response)
        assert reader.next() == {"": "open"}
        for number in range(1, 4):
            sent = service.send({"join": {**JOIN["join"], "id": f"p-{number}"}})
            assert reader.entry() == (number, sent)


def test_earlier_entries_come_first(service):
    service.open()
    sent = service.send(JOIN)
    with service.client.stream("GET", STREAM) as response:
        assert Reader(response).entry() == (1, sent)


@pytest.mark.parametrize("how", [{"headers": {"Last-Event-ID": "2"}}, {"params": {"after": 2}}])
def test_a_stream_resumes_after_the_last_received_entry(service, how):
    service.open()
    for number in range(1, 5):
        service.send({"join": {**JOIN["join"], "id": f"p-{number}"}})
    with service.client.stream("GET", STREAM, **how) as response:
        reader = Reader(response)
        assert [reader.entry()[0] for _ in range(2)] == [3, 4]


def test_many_entries_arrive_completely_and_in_order(service):
    service.open()
    for number in range(250):
        service.send({"leave": {"id": str(number)}})
    service.send({"end": {}})
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        assert [reader.entry()[0] for _ in range(251)] == list(range(1, 252))
        assert reader.entry() is None


def test_events_of_a_meeting_wait_for_streams_that_are_late_and_for_none_that_are_closed(
    service, monkeypatch
):
    waited = []

    async def wait(meeting):
        waited.append((meeting, meeting in backpressure._late))

    backpressure = service.service.stream_backpressure
    monkeypatch.setattr(messages, "_LATE", -10_000)
    monkeypatch.setattr(backpressure, "wait", wait)
    service.open()
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        for number in range(3):
            service.send({"leave": {"id": str(number)}})
            assert reader.entry()[0] == number + 1
        service.send({"leave": {"id": "last"}})
        assert (waited[0], waited[-1]) == (("m-1", False), ("m-1", True))
        waited.clear()
        many = [{"meeting": "m-1", "leave": {"id": str(number)}} for number in range(3)]
        assert service.post("/v1/events", many).status_code == 200
        assert waited == [("m-1", True)]
    until(lambda: not backpressure._late)


def test_a_stream_ends_after_the_meeting(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        sent = service.send({"end": {}})
        assert reader.entry() == (1, sent)
        assert reader.next() is None


def test_a_client_that_reconnects_after_the_end_gets_no_content(service):
    service.open()
    service.send({"end": {}})
    answer = service.get(STREAM, headers={"Last-Event-ID": "1"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_late_events_are_not_streamed_and_a_client_that_has_the_end_gets_no_content(service):
    service.open()
    service.send({"end": {}, "id": "e-1"})
    assert service.send({**JOIN, "id": "e-2"})["seq"] == 2
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        assert reader.entry()[0] == 1
        assert reader.entry() is None
    for last in ("1", "2"):
        assert service.get(STREAM, headers={"Last-Event-ID": last}).status_code == 204


def test_entries_that_wait_are_written_at_once(service):
    async def chunks():
        messages = stream._messages(service.service, "m-1", 0, "")
        return [await anext(messages) for _ in range(2)]

    service.open()
    for number in range(5):
        service.send({"leave": {"id": str(number)}})
    comment, chunk = service.run(chunks())
    assert comment == b": open\n\n"
    assert re.findall(rb"^id: (\d)\ndata: .*\n\n", chunk, re.MULTILINE) == [
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
    ]


def test_each_entry_is_encoded_once_for_all_streams(service, monkeypatch):
    encoded = []
    of = EntryResponse.of

    def counting(entry):
        encoded.append(entry.seq)
        return of(entry)

    service.open()
    monkeypatch.setattr(messages.EntryResponse, "of", counting)
    with contextlib.ExitStack() as stack:
        responses = [stack.enter_context(service.client.stream("GET", STREAM)) for _ in range(20)]
        readers = [Reader(response) for response in responses]
        assert [reader.next() for reader in readers] == [{"": "open"}] * 20
        until(lambda: len(service.service.runtime._meetings.feeds.by_meeting["m-1"].watchers) == 20)
        encoded.clear()
        sent = [service.send({"leave": {"id": str(number)}}) for number in range(30)]
        for reader in readers:
            assert [reader.entry() for _ in sent] == [*enumerate(sent, 1)]
    # Twice for each: the answer to its sender, and all streams.
    assert sorted(encoded) == sorted([*range(1, 31)] * 2)


@pytest.mark.parametrize("last", ["-1", "x", "1" * 16, ""])
def test_an_invalid_last_event_id_is_refused(service, last):
    service.open()
    assert service.get(STREAM, headers={"Last-Event-ID": last}).status_code == 400


def test_an_idle_stream_sends_comments(tmp_path):
    with served(tmp_path, stream_heartbeat=0.05) as service:
        service.open()
        with service.client.stream("GET", STREAM) as response:
            reader = Reader(response)
            assert [reader.next() for _ in range(3)] == [{"": "open"}, *[{"": "still here"}] * 2]
            sent = service.send(JOIN)
            assert reader.entry() == (1, sent)


def test_the_stream_of_a_disconnected_client_is_cleaned_up(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)  # kept in a variable, or it would close the stream itself
        assert reader.next() is not None
        assert service.service.streams == 1
    until(lambda: service.service.streams == 0)
    until(lambda: not service.service.runtime._meetings.feeds.by_meeting)
    assert "fsm_open_streams 0.0" in service.get("/metrics").text


def test_streams_end_when_the_service_stops(tmp_path):
    with served(tmp_path) as service:
        service.open()
        with service.client.stream("GET", STREAM) as response:
            reader = Reader(response)
            reader.next()
            service.loop.call_soon_threadsafe(service.service.stopping.set)
            assert reader.next() is None


def test_an_error_of_the_reading_ends_the_stream(service, log):
    async def broken(meeting, after, limit):
        raise RuntimeError("the inside of the service")

    service.open()
    service.service.runtime.history = broken
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        assert reader.next() == {"": "open"}
        assert reader.next() is None
    [line] = [line for line in logged(log) if line["level"] == "error"]
    assert line["event"] == "live stream ended early"
    assert "the inside of the service" in line["exception"]


def test_a_resumed_number_beyond_the_last_entry_skips_no_new_entry(service):
    service.open()
    service.send(JOIN)
    with service.client.stream("GET", STREAM, headers={"Last-Event-ID": "99"}) as response:
        reader = Reader(response)
        assert reader.next() == {"": "open"}
        sent = service.send({"pause": {"by": "alice"}})
        assert reader.entry() == (2, sent)


def test_the_number_of_open_live_streams_is_limited(tmp_path):
    with served(tmp_path, limits=ServiceLimits(max_streams=1)) as service:
        service.open()
        path = "/v1/meetings/m-1/stream"
        with service.client.stream("GET", path) as first:
            lines = first.iter_lines()
            assert next(lines) == ": open"
            answer = service.get(path)
            assert problem(answer, 503)["type"].endswith(":streams")
            assert "retry-after" in answer.headers
        until(lambda: service.service.streams == 0)
        with service.client.stream("GET", path) as again:
            assert again.status_code == 200


def test_one_token_has_at_most_half_of_the_streams(tmp_path):
    file = tmp_path / "tokens.json"
    one, other = (
        {"Authorization": f"Bearer {create_token(file, name, ['read', 'events'])}"}
        for name in ("one", "other")
    )
    limits, path = ServiceLimits(max_streams=3), "/v1/meetings/m-1/stream"
    with served(tmp_path, tokens=file, headers=one, limits=limits) as service:
        service.open()
        with service.client.stream("GET", path) as first:
            assert first.status_code == 200
            answer = service.get(path)
            assert problem(answer, 429)["type"].endswith(":streams-of-token")
            assert "it has 1, and half of all are left" in answer.json()["detail"]
            assert "retry-after" in answer.headers
            with service.client.stream("GET", path, headers=other) as second:
                assert second.status_code == 200
        until(lambda: service.service.streams == 0)
        assert not service.service.streams_by_caller
        with service.client.stream("GET", path) as again:
            assert again.status_code == 200
