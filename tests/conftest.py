import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LONG = (
    "kills",
    "runtime/test_power_loss.py",
    "runtime/test_simulation.py",
    "runtime/test_simulation_faults.py",
    "verify",
    "web/test_description.py",
    "web/test_fuzz.py",
)


def pytest_collection_modifyitems(items):
    """Mark what takes long, so that a second run of all else need not repeat it."""
    for item in items:
        if any(item.path.is_relative_to(TESTS / name) for name in LONG):
            item.add_marker("long")


def pytest_sessionfinish(session, exitstatus):
    """In continuous integration every part is there, so a skip hides something."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _no_colours(monkeypatch):
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
