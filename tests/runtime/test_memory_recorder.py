import pytest

from fsm.runtime import MemoryRecorder

from .recorder_contract import RecorderContract


class TestMemoryRecorder(RecorderContract):
    @pytest.fixture
    def recorder(self):
        return MemoryRecorder()
