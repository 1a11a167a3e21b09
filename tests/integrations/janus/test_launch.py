import os
import stat

import pytest

from fsm.integrations.janus import JanusError, Rooms
from fsm.integrations.janus.launch import JanusProcess, missing_program, running_janus

from .conftest import need_janus
from .killing import settings_in


def test_a_janus_runs_for_the_length_of_a_block(tmp_path):
    need_janus()
    with running_janus(settings_in(tmp_path / "janus")) as process:
        os.kill(process.pid, 0)
        for name in ("janus.jcfg", "janus.eventhandler.sampleevh.jcfg"):
            mode = (tmp_path / "janus" / name).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600
    assert process.pid is None


def test_a_janus_that_does_not_start_says_where_its_log_is(tmp_path, monkeypatch):
    program = tmp_path / "janus"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    process = JanusProcess(settings_in(tmp_path / "settings"))
    with pytest.raises(JanusError, match=r"did not start; its log is .*janus\.log"):
        process.start()


def test_missing_programs_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_program() == (
        "janus and janus-pp-rec missing: apt-get install janus janus-tools"
    )
    with pytest.raises(JanusError, match="janus is missing: apt-get install"):
        JanusProcess(settings_in(tmp_path / "janus")).start()


def test_a_key_of_rooms_has_at_least_32_bytes():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Rooms(None, b"short")


def test_rooms_have_other_numbers_and_pins_under_another_key():
    one, other = Rooms(None, b"a" * 32), Rooms(None, b"b" * 32)
    assert one.number("m-1") == Rooms(None, b"a" * 32).number("m-1")
    values = {(each.number(name), each.pin(name)) for each in (one, other) for name in ("m-1", "m")}
    assert len(values) == 4
    assert all(0 < number < 2**53 for number, _ in values)
