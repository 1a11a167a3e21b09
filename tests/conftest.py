import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import example

TESTS = Path(__file__).parent
FOLDER_MARKERS = {
    "browser": pytest.mark.service,
    "integrations": pytest.mark.service,
    "verify": pytest.mark.exhaustive,
    "web": pytest.mark.service,
}
"""The marker of every test in a folder. Other files name theirs in a `pytestmark`."""


def pytest_configure():
    # Explorations and simulations create many objects and no cycles.
    gc.set_threshold(50_000, 20, 50)
    # Other programs may hold the processor, so the time of an example says nothing.
    settings.register_profile("tests", deadline=None)
    settings.load_profile("tests")


@pytest.fixture(scope="session")
def verified():
    """The report on meetings of two, shared because it takes a few seconds."""
    from fsm.verify import verify  # not before the measurement of coverage has begun

    return verify(2)


@pytest.fixture(scope="session")
def restate_server():
    """The program of the Restate server; a test is skipped without it."""
    module = example("cluster.restate_nodes")
    try:
        return module.server_program()
    except module.RestateError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def restate(restate_server):
    """A Restate server of one node. Tests share it, so keys of objects must differ."""
    with example("cluster.restate_nodes").RestateCluster(fsync=False) as server:
        yield server


@pytest.fixture(scope="module")
def restate_cluster(restate_server):
    """A Restate cluster of three nodes that the tests of a module share, and may kill."""
    with example("cluster.restate_nodes").RestateCluster(nodes=3, fsync=False) as cluster:
        yield cluster


def pytest_xdist_auto_num_workers():
    """One worker more than processors, because some tests wait for others or for the disk."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items):
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in FOLDER_MARKERS:
            item.add_marker(FOLDER_MARKERS[folder])
    # Together and first, so that one process of pytest-xdist runs those that share an exploration:
    # a process that becomes idle takes the last tests of another one.
    items.sort(
        key=lambda item: (
            "verified" not in item.fixturenames,
            item.get_closest_marker("exhaustive") is None,
        )
    )


def pytest_collection_finish():
    # Modules and tests stay until the end, so no later collection of garbage looks at them.
    gc.freeze()


def pytest_sessionfinish(session, exitstatus):
    """Fails a run with skipped tests in continuous integration, where nothing is missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _no_colours(monkeypatch):
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
