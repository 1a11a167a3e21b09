"""The views that other tests do not check for accessibility, in the dark."""

import pytest

from .accessibility import violations
from .contrast import faint_texts
from .views import VIEWS, Places

DESK = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def places(simulator_url, tmp_path):
    return Places(simulator_url, simulator_url, tmp_path)


@pytest.mark.parametrize(
    ("name", "viewport"),
    [
        ("simulator-compared", PHONE), ("simulator-console", PHONE), ("simulator-failed", DESK),
        ("simulator-link", DESK), ("simulator-error", PHONE), ("dialog-found", PHONE),
        ("dialog-sentence", DESK), ("live-list", PHONE), ("live-past", DESK), ("live-past", PHONE),
        ("live-over", DESK), ("live-unknown", DESK),
    ],
)  # fmt: skip
def test_axe_finds_nothing_in_the_dark(places, new_page, faults, name, viewport):
    page = new_page(color_scheme="dark", viewport=viewport)
    VIEWS[name](page, places)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    if page.locator("#live-diagram svg").is_visible():
        assert faint_texts(page, "#live-diagram svg") == []
    if name in ("simulator-error", "live-unknown"):
        faults.clear()
