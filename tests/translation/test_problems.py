"""Problem details in Chinese: each title and each sentence of the sources is in the catalogue."""

import ast
import re
from pathlib import Path

import pytest

import fsm
from fsm.translation.problems import PROBLEM_SENTENCES, PROBLEM_TITLES, problem_text

ROOT = Path(fsm.__file__).parent
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ENGLISH = re.compile(r"[a-z]{2,}[ ,][a-z]{2,}")
# Commands, names of headers and files, and the parts of names.
KEPT = re.compile(
    r"fsm token new NAME( --scope events)?|Authorization: Bearer|(async with Hub.*)|/openapi\.json"
)


def text_of(node):
    """The text of an expression, with a number for each value; None for another expression."""
    match node:
        case ast.Constant(value=str()):
            return node.value
        case ast.JoinedStr():
            return "".join(
                "7" if isinstance(part, ast.FormattedValue) else str(part.value)
                for part in node.values
            )
    return None


def calls(folders, names):
    """Yields the texts that are given to some functions, by call."""
    files = sorted(file for folder in folders for file in (ROOT / folder).glob("*.py"))
    for file in files:
        if file.name == "accept.py":
            continue  # the command line alone rewrites files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in names:
                    yield [text for each in node.args if (text := text_of(each)) is not None]
                case ast.Return(value=ast.Tuple(elts=elements)) if file.name == "structure.py":
                    yield [text for each in elements if (text := text_of(each)) is not None]


def titles():
    found = set()
    for texts in calls(["web"], {"ProblemError"}):
        # The first text is the type, the second the title.
        found |= {*texts[1:2]} - {""}
    return found


def sentences():
    found = {text for texts in calls(["web"], {"ProblemError"}) for text in texts[2:]}
    for text in ("_invalid", "_not_json"):
        found |= {text for texts in calls(["web"], {text}) for text in texts}
    for texts in calls(["runtime"], {"ConflictError", "BusyError", "ClosedError"}):
        found |= {*texts}
    for texts in calls(["scenario"], {"ScenarioError"}):
        found |= {*texts}
    return found


def is_english(text):
    return bool(ENGLISH.search(KEPT.sub("", text)))


def test_every_title_of_a_problem_is_in_chinese():
    found = titles()
    assert len(found) > 25
    assert found - {*PROBLEM_TITLES} == set()


def test_every_sentence_of_a_problem_is_in_chinese():
    found = sentences()
    assert len(found) > 60
    wrong = {
        text: problem_text(text, "zh") for text in found if is_english(problem_text(text, "zh"))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("line 1: 'edition' cannot be 'por' (did you mean 'pro'?)",
         "第 1 行：“edition”不能为“por”（是否要写“pro”？）"),
        ("line 3: 'events' must be a list, not a mapping (begin each event with a dash)",
         "第 3 行：“events”须为列表，现在是映射（请以短横线开始每个事件）"),
        ("line 4: a step has one event, but here it has 'join' and 'leave' (see docs/rules.md)",
         "第 4 行：每一步有一个事件，此处为：“join”、“leave”（见 docs/rules.md）"),
        ("unknown value 'zz' (one of: a, b; if it is none of these, report it as 'other')",
         "未知的值“zz”（可选：a, b；若都不是，请写作“other”）"),
        ("it must be an object with id, role, not a list",
         "此处须为有以下键的对象：id, role，现在是列表"),
        ("grace must be a whole number from 0 to 600, not 601",
         "grace须为 0 到 600 的整数，现在是 601"),
        ("it has at most 1000 items, not 1200", "最多有 1000 项，现在是 1200 项"),
        ("there is no meeting 'm-1' (open it first)", "没有会议“m-1”（请先开启）"),
        ("a quick meeting is not booked (D13)", "quick 会议无须预定（D13）"),
    ],
)  # fmt: skip
def test_a_sentence_with_values_is_in_chinese(text, chinese):
    assert problem_text(text, "zh") == chinese
    assert problem_text(text, "en") == text


def test_what_is_no_known_sentence_stays_english():
    assert problem_text("something unheard of", "zh") == "something unheard of"
    assert problem_text("this must be a list, not " * 100, "zh").startswith("this must be")


def test_a_translation_has_the_placeholders_of_its_sentence():
    wrong = {
        text
        for text, chinese in PROBLEM_SENTENCES.items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(chinese))
    }
    assert wrong == set()
