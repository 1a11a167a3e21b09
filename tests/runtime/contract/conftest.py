"""One suite for every runtime: the hub, and a cluster on a real Restate server."""

from contextlib import asynccontextmanager

import attrs
import pytest

from fsm.runtime import Hub

from ...cluster.runtimes import OwnRecorder, next_number, restate_runtime
from ..hubs import QUICK

# All processes of a cluster run on the machine of the tests, so an answer may take a while.
RETRY = attrs.evolve(QUICK, timeout=1.0)


@pytest.fixture(params=["hub", "restate"])
def runtime(request, tmp_path):
    """Opens a runtime with some settings, for the length of a block.

    The runtimes of a cluster share the objects of one server, so ids must differ between tests.
    """
    server = request.getfixturevalue("restate") if request.param == "restate" else None
    first = next_number()

    @asynccontextmanager
    async def opened(**settings):
        settings.setdefault("retry", RETRY)
        if server is None:
            async with Hub(tmp_path / "meetings.db", **settings) as hub:
                yield hub
        else:
            if "recorder" in settings:
                settings["recorder"] = OwnRecorder(settings["recorder"], first)
            async with restate_runtime(server, **settings) as restate:
                yield restate

    return opened
