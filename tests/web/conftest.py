import io
import logging

import pytest
import structlog

from fsm.web import logs

from .serving import served


class Log(io.StringIO):
    """A log that is complete when a test reads it."""

    def getvalue(self):
        logs.flush()
        return super().getvalue()


@pytest.fixture(autouse=True)
def log():
    """The log of the service during a test; pytest's own logging is restored after it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = Log()
    logs.configure("info", stream)
    yield stream
    root.handlers[0].close()
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def service(tmp_path):
    """A service without tokens."""
    with served(tmp_path) as running:
        yield running
