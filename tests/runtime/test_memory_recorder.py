import pytest

from fsm.recording import Pause
from fsm.runtime import Hub, Journal, MemoryRecorder

from .hubs import run, start_recording, until_delivered
from .recorder_contract import RecorderContract


class TestMemoryRecorder(RecorderContract):
    @pytest.fixture
    def recorder(self):
        return MemoryRecorder()


def test_a_start_without_a_recorder_sends_no_commands_for_what_is_recorded(tmp_path):
    async def main():
        async with Hub(tmp_path / "meetings.db") as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
        async with Hub(tmp_path / "meetings.db") as hub:
            await hub.reconcile()
            await until_delivered(hub)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
        with Journal(tmp_path / "meetings.db") as journal:
            assert [each.command.command for each in journal.outbox("m")] == ["start", "pause"]

    run(main())
