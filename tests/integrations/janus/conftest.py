"""A real Janus for the tests of this folder, and meetings in it."""

import asyncio
import os
import secrets

import pytest

from fsm.integrations.janus.launch import JanusProcess, JanusSettings, free_ports, missing_program

from .world import World


def pytest_addoption(parser):
    parser.addoption(
        "--kills", type=int, default=3, help="how often Janus and the service are killed"
    )


def need_janus():
    """Skips a test where Janus is missing; in continuous integration it fails instead."""
    missing = missing_program()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    elif missing:
        pytest.skip(missing)


def janus_settings(folder, **changes):
    http, websocket, admin, backend = free_ports(4)
    settings = {
        "folder": folder,
        "backend": f"http://127.0.0.1:{backend}/events",
        "backend_user": "janus",
        "backend_password": secrets.token_urlsafe(),
        "admin_secret": secrets.token_urlsafe(),
        "admin_key": secrets.token_urlsafe(),
        "port": http,
        "websocket_port": websocket,
        "admin_port": admin,
    }
    return JanusSettings(**{**settings, **changes})


@pytest.fixture
def new_janus(tmp_path):
    """Starts a Janus for a test that kills it."""
    need_janus()
    processes = []

    def new_janus(**changes):
        process = JanusProcess(janus_settings(tmp_path / "janus", **changes))
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
    process = JanusProcess(janus_settings(tmp_path_factory.mktemp("janus"), retransmissions=0))
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
