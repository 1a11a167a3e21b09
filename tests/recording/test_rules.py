import runpy
from pathlib import Path

from fsm.recording.rules import RULE_IDS, RULES

TOOL = Path(__file__).parents[2] / "tools" / "titles.py"


def test_every_rule_has_a_title_of_its_own():
    assert set(RULE_IDS) == set(RULES)
    assert len(set(RULES.values())) == len(RULES)
    assert all(line and "\n" not in line for line in RULES.values())


def test_the_titles_are_those_of_the_documents():
    tool = runpy.run_path(str(TOOL))
    assert tool["file"]().read_text(encoding="utf-8") == tool["text"](), "run: make titles"


def test_a_rule_of_a_document_may_lack_a_title(tmp_path):
    document = tmp_path / "rules.md"
    document.write_text(
        "- **R1** *A title\n  of two lines.*\n  And *more*.\n- **D1** No title.\n- **D2** *标题。*",
        encoding="utf-8",
    )
    titles = runpy.run_path(str(TOOL))["titles"](document)
    assert titles == {"R1": "A title of two lines", "D1": "", "D2": "标题"}
