"""A real Janus for the tests of this folder, and meetings in it."""

import asyncio
import os

import pytest

from fsm.integrations.janus.launch import JanusProcess, missing_program

from .killing import settings_in
from .world import World


def need_janus():
    """Skips a test where Janus is missing; in continuous integration it fails instead."""
    missing = missing_program()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    elif missing:
        pytest.skip(missing)


@pytest.fixture
def new_janus(tmp_path):
    """Starts a Janus for a test that kills it."""
    need_janus()
    processes = []

    def new_janus(**changes):
        process = JanusProcess(settings_in(tmp_path / "janus", **changes))
        processes.append(process)
        process.start()
        return process

    yield new_janus
    for process in processes:
        process.kill()


@pytest.fixture(scope="package")
def janus(tmp_path_factory):
    """A Janus that many tests share, with rooms of their own."""
    need_janus()
    # Between two tests nobody takes its events.
    process = JanusProcess(settings_in(tmp_path_factory.mktemp("janus"), retransmissions=0))
    process.start()
    yield process
    process.kill()


@pytest.fixture
def play(janus, tmp_path):
    """Runs a coroutine function with a world: a hub, its adapter, and meetings in Janus."""

    def play(story, **settings):
        async def main():
            async with World(janus.settings, tmp_path, **settings) as world:
                async with asyncio.timeout(50):
                    await story(world)

        asyncio.run(main())

    return play
