"""The texts that the program translates: each is in the catalogue, and no other is there."""

import ast
import re
from pathlib import Path

import fsm
from fsm.translation.rule_texts import READ_VALUES, REASONS, RULE_LABELS
from fsm.translation.view_texts import PHRASES, TERMINAL_TEXTS, VIEW_LABELS

PACKAGE = Path(fsm.__file__).parent
CATALOGUES = ("page.py", "rule_texts.py", "view_texts.py")
# Diagrams have a test of their own.
SOURCES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parent.name != "diagrams"
    and not (path.parent.name == "translation" and path.name in CATALOGUES)
]
TEXTS = {**TERMINAL_TEXTS, **PHRASES, **READ_VALUES, **REASONS, **VIEW_LABELS, **RULE_LABELS}


def pattern(node):
    """The pattern of a text in the source: a literal, or one with values in it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            re.escape(each.value) if isinstance(each, ast.Constant) else ".*"
            for each in node.values
        )
    return re.escape(node.value)


def texts_of(node):
    """The texts that an expression can be."""
    if isinstance(node, ast.IfExp):
        return [*texts_of(node.body), *texts_of(node.orelse)]
    is_text = isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return [node] if is_text else []


def translated():
    """The patterns of the texts that are given to a translation, each with its place."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args:
                name = ast.unparse(call.func)
                if re.fullmatch(r"(self\.)?(translate|Translator\(\w+\))(\.fill)?", name):
                    for node in texts_of(call.args[0]):
                        yield f"{path.relative_to(PACKAGE)}:{node.lineno}", pattern(node)


def written():
    """The patterns of all texts in the sources."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) or (
                isinstance(node, ast.Constant) and isinstance(node.value, str)
            ):
                yield pattern(node)


def test_every_text_that_is_translated_is_in_the_catalogue():
    found = list(translated())
    assert len(found) > 50
    missing = [
        (place, text)
        for place, text in found
        if not any(re.fullmatch(text, each, re.DOTALL) for each in TEXTS)
    ]
    assert not missing, f"write their Chinese into fsm/translation/view_texts.py: {missing}"


def test_the_catalogue_has_no_other_phrases():
    texts = set(written())
    # A text that is made of values alone could be any.
    joined = [
        re.compile(text, re.DOTALL)
        for text in texts
        if ".*" in text and len(re.findall("[a-z]", text)) > 3
    ]
    unused = [
        text
        for text in {**TERMINAL_TEXTS, **PHRASES}
        if re.escape(text) not in texts
        # The answers of a guard.
        and text not in ("True", "False")
        and not any(each.fullmatch(text) for each in joined)
    ]
    assert unused == []
