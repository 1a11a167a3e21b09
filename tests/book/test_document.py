"""The book as one file: complete, small, and unable to load anything."""

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from fsm.book.document import script_text
from fsm.book.examples import example_scenarios
from fsm.book.words import WORDS
from fsm.diagrams.catalogue import CATALOGUE
from fsm.recording.rules import RULE_IDS
from fsm.translation.examples import EXAMPLE_TITLES

from .unpacking import unpacked
from .written import full_book, full_graph

MOST_BYTES = 5_000_000


class Parsed(HTMLParser):
    """The elements of a page, with their ids, addresses and texts."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.ids, self.addresses, self.targets, self.texts = [], [], [], []
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.inside = f"{tag} {named.get('id') or named.get('type') or ''}".strip()
        if "id" in named:
            self.ids.append(named["id"])
        address = named.get("href") or named.get("src") or named.get("xlink:href")
        if address and address.startswith("#"):
            self.targets.append(address[1:])
        elif address:
            self.addresses.append(address)

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        self.texts.append((self.inside, data))

    def text_of(self, inside):
        return "".join(text for where, text in self.texts if where == inside)


@pytest.fixture(scope="module")
def page():
    return Parsed(full_book())


@pytest.fixture(scope="module")
def data(page):
    return unpacked(page.text_of("script data").strip())


def test_the_book_fits_into_a_mail():
    assert len(full_book().encode()) <= MOST_BYTES


def test_the_policy_allows_the_script_and_the_style_of_the_file_alone(page):
    [policy] = re.findall('Content-Security-Policy" content="([^"]*)"', full_book())
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
    for name, inside in (("script-src", "script module"), ("style-src", "style")):
        digest = sha256(page.text_of(inside).encode()).digest()
        assert parts[name] == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_the_settings_and_steps_of_examples_are_in_the_language_of_the_reader(data):
    example = next(
        each for each in data["examples"] if each["title"]["en"] == "The pause permission is off"
    )
    assert example["settings"]["en"][0].startswith("account: {edition: enterprise, ")
    assert example["settings"]["zh"][0].endswith("主持人可以暂停和结束：关）")
    tables = full_book().partition('id="tables"')[2]
    chinese = tables.partition('<div data-in="zh"')[2]
    assert "<td>暂停录制 alice</td>" in chinese
    assert "<td>pause alice</td>" not in chinese


def test_the_book_names_nothing_elsewhere(page):
    assert page.addresses == ["data:,"]
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert {*re.findall(r'https?://[^"\s)]*', full_book())} <= namespaces


def test_no_id_stands_twice_and_every_link_leads_somewhere(page):
    assert len(page.ids) == len({*page.ids})
    targets = {each for each in page.targets if not each.startswith("example-")}
    assert targets <= {*page.ids}


def test_every_rule_picture_and_example_is_there_in_both_languages(page):
    for lang in ("en", "zh"):
        assert {f"rule-{lang}-{rule}" for rule in RULE_IDS} <= {*page.ids}
        assert {f"row-{lang}-T26", f"row-{lang}-P27"} <= {*page.ids}
    assert full_book().count("<figure>") == 2 * len(CATALOGUE)
    assert full_book().count('<div class="example">') == 2 * len(example_scenarios())


def test_the_data_have_a_picture_for_each_plan_and_example(data):
    assert len(data["plan_pictures"]) == len(data["graph"]["plans"]) == len(full_graph().plans)
    for number in (*data["plan_pictures"], *(each["picture"] for each in data["examples"])):
        assert {*data["pictures"][number]["svg"]} == {"en", "zh"}


def test_every_example_has_its_steps_and_the_meeting_after_each(data):
    scenarios = [scenario for _, scenario in example_scenarios()]
    assert [each["title"] for each in data["examples"]] == [
        {"en": each.title, "zh": EXAMPLE_TITLES[each.title]} for each in scenarios
    ]
    for example, scenario in zip(data["examples"], scenarios, strict=True):
        assert len(example["steps"]) == len(scenario.steps)
        assert len(example["moments"]) == len(scenario.steps) + 1
        assert not any(step["unexpected"] for step in example["steps"])
        for step, moment in zip(example["steps"], example["moments"][1:], strict=True):
            assert moment["state"] == step["state"]


def test_a_moment_of_an_example_is_a_situation_of_the_graph_if_it_has_few_participants(data):
    for example in data["examples"]:
        assert example["number"] is not None
        for moment in example["moments"]:
            assert (moment["node"] is None) == (len(moment["people"]) > 3)
            if moment["node"] is not None:
                node = data["graph"]["situations"][moment["node"]]
                assert node["state"] == moment["state"]
                assert len(node["people"]) == len(moment["names"])


def test_the_modules_of_the_script_are_joined_without_what_joins_them():
    script = script_text()
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", script, re.MULTILINE)
    assert len(names) == len({*names}), "two modules have a name in common"
    assert script.index("class Graph") < script.index("class Explorer")


def test_every_text_has_the_same_words_to_fill_in_in_each_language():
    for name, texts in WORDS.items():
        filled = [sorted(re.findall(r"{\w+}", text)) for text in texts.values()]
        assert filled[0] == filled[1], name
