import json
import struct

import pytest

from fsm.integrations.janus.mjr import MjrError, read_mjr

HEADER = {"t": "a", "c": "opus", "s": 1_000_000, "u": 1_500_000}


def container(packets, header=HEADER, start=b"MJR00002"):
    text = json.dumps(header).encode()
    content = start + struct.pack(">H", len(text)) + text
    for time, payload in packets:
        content += b"MEET" + struct.pack(">IH", time, len(payload)) + payload
    return content


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "recording.mjr"
        path.write_bytes(content)
        return read_mjr(path)

    return read


def test_the_packets_have_their_times(read):
    found = read(container([(0, b"one"), (20, b"two"), (1_500, b"")]))
    assert (found.medium, found.codec, found.created, found.first) == ("audio", "opus", 1.0, 1.5)
    assert (found.packets, found.times, found.duration) == (3, (0, 20, 1_500), 1.5)


def test_a_file_may_end_at_any_byte(read):
    content = container([(0, b"one"), (20, b"two")])
    for end in range(len(content)):
        found = read(content[:end])
        assert found is None or found.times == (0,)
    assert read(content).packets == 2


@pytest.mark.parametrize(
    "content",
    [
        b"something else",
        container([], start=b"MJR00001"),
        container([], header=[]),
        container([], header={"t": "a"}),
        container([], header={**HEADER, "t": "x"}),
        container([(0, b"one")]) + b"NEXT" + bytes(20),
    ],
)
def test_what_is_no_recording_is_an_error(read, content):
    with pytest.raises(MjrError):
        read(content)
