"""The live stream of a meeting can be taken up where it was, and comes to an end."""

import json

import pytest

from .serving import JOIN, served, until

STREAM = "/v1/meetings/m-1/stream"


class Reader:
    """Reads a stream as a browser does."""

    def __init__(self, response):
        self.response = response
        self._lines = response.iter_lines()

    def next(self):
        """Return the next event, or the next comment; nothing where the stream has ended."""
        found = {}
        for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(": ")
            found[name] = value
        return None

    def entry(self):
        found = self.next()
        while found is not None and "data" not in found:
            found = self.next()
        return found and (int(found["id"]), json.loads(found["data"]))


def test_what_happens_comes_as_it_happens(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        reader = Reader(response)
        assert reader.next() == {"": "open"}
        for number in range(1, 4):
            sent = service.send({"join": {**JOIN["join"], "id": f"p-{number}"}})
            assert reader.entry() == (number, sent)


def test_what_was_before_comes_first(service):
    service.open()
    sent = service.send(JOIN)
    with service.client.stream("GET", STREAM) as response:
        assert Reader(response).entry() == (1, sent)


@pytest.mark.parametrize("how", [{"headers": {"Last-Event-ID": "2"}}, {"params": {"after": 2}}])
def test_a_stream_is_taken_up_after_the_last_one_that_came(service, how):
    service.open()
    for number in range(1, 5):
        service.send({"join": {**JOIN["join"], "id": f"p-{number}"}})
    with service.client.stream("GET", STREAM, **how) as response:
        reader = Reader(response)
        assert [reader.entry()[0] for _ in range(2)] == [3, 4]


def test_many_entries_come_all_and_in_order(service):
    service.open()
    for number in range(250):
        service.send({"leave": {"id": str(number)}})
    service.send({"end": {}})
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        assert [reader.entry()[0] for _ in range(251)] == list(range(1, 252))
        assert reader.entry() is None


def test_a_stream_ends_after_the_meeting(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        sent = service.send({"end": {}})
        assert reader.entry() == (1, sent)
        assert reader.next() is None


def test_who_comes_back_after_the_end_is_told_to_stay_away(service):
    service.open()
    service.send({"end": {}})
    answer = service.get(STREAM, headers={"Last-Event-ID": "1"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("last", ["-1", "x", "1" * 16, ""])
def test_a_last_id_that_is_none_is_refused(service, last):
    service.open()
    assert service.get(STREAM, headers={"Last-Event-ID": last}).status_code == 400


def test_a_quiet_stream_says_that_it_is_there(tmp_path):
    with served(tmp_path, keep_alive=0.05) as service:
        service.open()
        with service.client.stream("GET", STREAM) as response:
            reader = Reader(response)
            assert [reader.next() for _ in range(3)] == [{"": "open"}, *[{"": "still here"}] * 2]
            sent = service.send(JOIN)
            assert reader.entry() == (1, sent)


def test_a_client_that_goes_away_leaves_nothing_behind(service):
    service.open()
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)  # without a name it would go away itself
        assert reader.next() is not None
        assert service.service.streams == 1
    until(lambda: service.service.streams == 0)
    until(lambda: not service.service.hub._meetings.watchers)
    assert "fsm_streams 0.0" in service.get("/metrics").text


def test_streams_end_when_the_service_stops(tmp_path):
    with served(tmp_path) as service:
        service.open()
        with service.client.stream("GET", STREAM) as response:
            reader = Reader(response)
            reader.next()
            service.loop.call_soon_threadsafe(service.service.stopping.set)
            assert reader.next() is None


def test_a_number_beyond_the_last_entry_loses_nothing_of_what_comes(service):
    service.open()
    service.send(JOIN)
    with service.client.stream("GET", STREAM, headers={"Last-Event-ID": "99"}) as response:
        reader = Reader(response)
        assert reader.next() == {"": "open"}
        sent = service.send({"pause": {"by": "alice"}})
        assert reader.entry() == (2, sent)
