import re

import attrs
import pytest
import yaml

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, with_trace
from fsm.diagrams.mermaid import escape_mermaid, render_mermaid
from fsm.diagrams.texts import outcome_text
from fsm.translation import Translator

from .traces import BUSY, CLOUD, trace

ROW = re.compile(
    r"""---
    |title:\ '([^'\n]|'')*'
    |stateDiagram-v2
    |\ {4}state\ "[^"]+"\ as\ \w+(\ \{)?
    |\ {8}\w+
    |\ {4}\}
    |\ {4}\w+\ :\ [^:;]+
    |\ {4}(\[\*\]|\w+)\ -->\ \w+(\ :\ [^:;]+)?
    |\ {4}classDef\ \w+\ \S+
    |\ {4}class\ \w+\ \w+""",
    re.VERBOSE,
)
ENGLISH = Translator("en")
ENTITY = re.compile(r"#(\d+);")


def decoded(text):
    return ENTITY.sub(lambda match: chr(int(match[1])), text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_every_row_is_valid_mermaid(name, lang):
    rows = render_mermaid(diagram(name), Translator(lang)).splitlines()
    assert rows[3] == "stateDiagram-v2"
    assert [row for row in rows if not ROW.fullmatch(ENTITY.sub("x", row))] == []


def test_every_label_of_the_diagram_is_at_its_arrow():
    shown = diagram("recording")
    text = decoded(render_mermaid(shown, ENGLISH))
    for (source, target), transitions in shown.edges().items():
        (row,) = re.findall(rf"^    {source} --> {target} : (.*)$", text, re.MULTILINE)
        assert len(row.split("<br/>")) == len(transitions)
        for each in transitions:
            assert f"{each.trigger} [{', '.join(each.guards)}]".removesuffix(" []") in row
            assert f"/ {outcome_text(each, ENGLISH)} {' '.join(each.rules)}" in row


def test_special_characters_of_mermaid_are_escaped():
    name = "a: \"b\"; <c> #d 'e' %%f\n{g}"
    shown = attrs.evolve(diagram("policy"), title=name)
    assert not set(ENTITY.sub("", escape_mermaid(name))) & set("\"'<>;:#%{}")
    assert decoded(escape_mermaid(name)) == name.replace("\n", " ")
    # The title is YAML, whose entities Mermaid does not decode.
    head = render_mermaid(shown, ENGLISH).split("---\n")[1]
    assert yaml.safe_load(head)["title"].startswith(name.replace("\n", " "))


def test_a_trace_is_shown_as_text():
    text = render_mermaid(with_trace(diagram("recording-cloud-host"), trace(CLOUD, *BUSY)), ENGLISH)
    assert "    recording : ✗ 4 pause: not_host\n" in decoded(text)
    assert "    idle : ✓ 1 2 join\n" in text
    assert "• (5 7 9 11 … 19) pause" in text


def test_the_initial_state_is_marked():
    assert "    [*] --> idle\n" in render_mermaid(diagram("recording"), ENGLISH)
