import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FOLDER_MARKERS = {"verify": pytest.mark.exhaustive, "web": pytest.mark.service}
"""The marker of every test in a folder. Other files name theirs in a `pytestmark`."""


def pytest_collection_modifyitems(items):
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in FOLDER_MARKERS:
            item.add_marker(FOLDER_MARKERS[folder])


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
