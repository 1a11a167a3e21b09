import io
import logging

import pytest
import structlog

from fsm.web import logs

from .serving import served


@pytest.fixture(autouse=True)
def log():
    """The log of the service during a test; pytest's own logging is restored after it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def service(tmp_path):
    """A service without tokens."""
    with served(tmp_path) as running:
        yield running
