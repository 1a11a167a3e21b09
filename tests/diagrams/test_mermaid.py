import re

import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, mermaid, with_trace

from .paths import BUSY, CLOUD, played

ROW = re.compile(
    r"""---
    |title:\ '[^'\n]*'
    |stateDiagram-v2
    |\ {4}state\ "[^"]+"\ as\ \w+
    |\ {4}\w+\ :\ [^:;]+
    |\ {4}(\[\*\]|\w+)\ -->\ \w+(\ :\ [^:;]+)?
    |\ {4}classDef\ \w+\ \S+
    |\ {4}class\ \w+\ \w+""",
    re.VERBOSE,
)
ENTITY = re.compile(r"#(\d+);")


def decoded(text):
    return ENTITY.sub(lambda found: chr(int(found[1])), text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_every_row_is_one_that_mermaid_reads(name, lang):
    rows = mermaid.mermaid_source(diagram(name, lang)).splitlines()
    assert rows[3] == "stateDiagram-v2"
    assert [row for row in rows if not ROW.fullmatch(ENTITY.sub("x", row))] == []


def test_every_line_of_the_diagram_is_in_its_arrow():
    shown = diagram("recording")
    text = decoded(mermaid.mermaid_source(shown))
    for edge in shown.edges:
        (row,) = re.findall(rf"^    {edge.source} --> {edge.target} : (.*)$", text, re.MULTILINE)
        assert len(row.split("<br/>")) == len(edge.lines)
        for line in edge.lines:
            assert f"{line.trigger} [{', '.join(line.conditions)}]".removesuffix(" []") in row
            assert f"/ {line.command.words} {' '.join(line.rules)}" in row


def test_what_mermaid_would_read_as_a_sign_is_escaped():
    name = "a: \"b\"; <c> #d 'e' %%f\n{g}"
    shown = attrs.evolve(diagram("policy"), title=name)
    title = mermaid.mermaid_source(shown).splitlines()[1]
    assert not set(ENTITY.sub("", title)[len("title: '") : -1]) & set("\"'<>;:#%{}")
    assert decoded(title).startswith(f"title: '{name.replace(chr(10), ' ')}")


def test_a_path_is_told_in_words():
    text = mermaid.mermaid_source(with_trace(diagram("recording-cloud-host"), played(CLOUD, *BUSY)))
    assert "    recording : ✗ 4 pause: not_host\n" in decoded(text)
    assert "    idle : ✓ 1 2 join\n" in text
    assert "• (5 7 9 11 … 19) pause" in text


def test_the_initial_state_is_marked():
    assert "    [*] --> idle\n" in mermaid.mermaid_source(diagram("recording"))
