"""The rules of the documents as HTML."""

import re

import pytest

from fsm.book.markdown import chapters, inline, rules_text, table_of, to_html
from fsm.recording.rules import RULE_IDS


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rule_is_found_in_the_text(lang):
    found = []
    for text in chapters(rules_text(lang)).values():
        to_html(text, lambda rule, html: found.append((rule, html)) or html)
    assert [rule for rule, _ in found] == [*RULE_IDS]
    # The titles of these are their whole texts; a newer rule may be one of them too.
    short = [rule for rule, html in found if not html]
    assert short[:2] == ["R3", "D1"]
    assert set(short[2:]).isdisjoint(RULE_IDS[: RULE_IDS.index("D17") + 1])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_mark_of_markdown_is_left(lang):
    html = "".join(to_html(text) for text in chapters(rules_text(lang)).values())
    text = re.sub("<code>.*?</code>|<[^>]*>", "", html)
    assert not re.search(r"\*\*|`|\]\(|^\|", text, re.MULTILINE)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("rule", "rows"), [("R6", 4), ("R16", 4)])
def test_the_table_of_a_rule_is_the_one_that_follows_it(lang, rule, rows):
    assert to_html(table_of(rules_text(lang), rule)).count("<tr>") == rows + 1


def test_a_paragraph_keeps_its_lines_together_and_a_list_has_an_item_a_line():
    assert to_html("one\ntwo\n\n- first\n  more\n- second\n") == (
        "<p>one two</p>\n<p>first more</p>\n<p>second</p>"
    )


def test_lines_of_chinese_are_joined_without_a_blank():
    assert to_html("录制\n停止") == "<p>录制停止</p>"


def test_text_is_escaped_and_links_are_text():
    assert inline("a < b, `x & y`, **so**, *too*, [here](x.md)") == (
        "a &lt; b, <code>x &amp; y</code>, <strong>so</strong>, <em>too</em>, here"
    )
