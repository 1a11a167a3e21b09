"""Violations of accessibility are found under a strict content security policy."""

import pytest

from .accessibility import violations
from .files import serving_files

HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Meeting</title><main>'
UNNAMED = f"{HEAD}<h1>Meeting</h1><button type=button></button>"
NAMED = f"{HEAD}<h1>Meeting</h1><button type=button>Pause</button>"


@pytest.fixture
def show(tmp_path, page):
    """Shows a document."""
    with serving_files(tmp_path) as url:

        def show(html):
            (tmp_path / "index.html").write_text(html, encoding="utf-8")
            page.goto(url)

        yield show


def test_a_button_without_a_name_is_a_violation(show, page):
    show(UNNAMED)
    assert violations(page) == [
        "button-name (critical): Buttons must have discernible text: button"
    ]


def test_a_page_with_names_has_no_violations(show, page):
    show(NAMED)
    assert violations(page) == []
