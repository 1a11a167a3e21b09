"""`fsm/simulator/page/dom.js`: elements that are made without HTML text."""

import shutil
from pathlib import Path

import pytest

import fsm

from .files import serving_files

DOM = Path(fsm.__file__).parent / "simulator" / "page" / "dom.js"
"""The module of the installed package."""
DOCUMENT = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Elements</title><main>'


@pytest.fixture
def made(tmp_path, page):
    """Evaluates an expression that may call `element`, in a page under a strict policy."""
    (tmp_path / "index.html").write_text(DOCUMENT, encoding="utf-8")
    shutil.copy(DOM, tmp_path)
    with serving_files(tmp_path) as url:
        page.goto(url)

        def made(expression):
            return page.evaluate(
                f"async () => {{ const {{ element }} = await import('/dom.js'); {expression} }}"
            )

        yield made


@pytest.mark.parametrize(
    ("call", "html"),
    [
        ("'p'", "<p></p>"),
        ("'p', {}, 'one ', element('b', {}, 'two'), ' three'", "<p>one <b>two</b> three</p>"),
        ("'p', {}, '<b>bold</b>'", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("'a', { href: '?a=1&b=\"2\"' }", '<a href="?a=1&amp;b=&quot;2&quot;"></a>'),
        ("'input', { disabled: true, hidden: false, min: 0 }", '<input disabled="" min="0">'),
        ("'p', { 'aria-live': 'off', 'data-seq': 7 }", '<p aria-live="off" data-seq="7"></p>'),
    ],
)  # fmt: skip
def test_an_element_has_its_attributes_and_children(made, call, html):
    assert made(f"return element({call}).outerHTML") == html


def test_a_listener_is_called_with_its_event(made):
    heard, html = made("""
        const heard = [];
        const button = element("button", { listen: { click: (event) => heard.push(event.type) } });
        button.click();
        return [heard, button.outerHTML];
    """)
    assert heard == ["click"]
    assert html == "<button></button>"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("onclick", "onclick: add a listener with listen: {click: function}"),
        ("OnClick", "OnClick: add a listener with listen: {click: function}"),
        ("style", "style: use a class of style.css"),
    ],
)
def test_listeners_made_of_text_and_inline_styles_are_refused(made, name, message):
    refused = made(f"""
        try {{
            element("p", {{ {name}: "alert(1)" }});
        }} catch (error) {{
            return String(error);
        }}
    """)
    assert refused == f"TypeError: {message}"
