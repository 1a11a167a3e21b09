"""The project's words: docstrings open with a noun or a verb, and a name means one thing."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "fsm").rglob("*.py"))
SOURCES = [*PACKAGE, *(path for folder in ("tools", "benchmarks", "examples")
                       for path in sorted((ROOT / folder).rglob("*.py")))]  # fmt: skip
QUESTION = re.compile(r"(What|Who|Whoever|Whose|How|Whether|Which|Why|That|Where|When)\b")
# Base forms with which a docstring is easily begun; the third person is wanted instead.
IMPERATIVE = re.compile(
    r"(Add|Answer|Apply|Ask|Begin|Bring|Build|Call|Change|Check|Choose|Close|Commit|Compile|Copy|"
    r"Create|Decide|Deliver|Describe|Do|Drop|Explain|Explore|Find|Fire|Forget|Freeze|Get|Give|"
    r"Handle|Have|Keep|Let|List|Load|Look|Make|Mark|Name|Note|Open|Parse|Play|Print|Put|Raise|"
    r"Read|Record|Refuse|Remember|Remove|Render|Replace|Resolve|Return|Run|Save|Say|Seal|Send|"
    r"Set|Show|Start|Stop|Take|Tell|Trace|Trigger|Try|Turn|Undo|Verify|Wait|Wake|Write|Yield) "
)


def relative(path):
    return path.relative_to(ROOT).as_posix()


def docstrings(path):
    """Every docstring of a file, each with the kind of thing it belongs to and its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield node, text, getattr(node, "lineno", 1)


def is_command(node):
    """A command of the command line: its docstring is the help text, which speaks to the user."""
    decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
    return any(re.search(r"\b(command|group)\(", each) for each in decorators)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_docstring_opens_with_a_noun_or_a_verb_in_the_third_person(path):
    wrong = []
    for node, text, line in docstrings(path):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if QUESTION.match(text) or (function and not is_command(node) and IMPERATIVE.match(text)):
            wrong.append(f"{relative(path)}:{line}: {text.splitlines()[0]}")
    assert wrong == []


def public_names(path):
    """The public names that a module defines at its top."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def test_no_public_name_stands_for_two_things():
    found = defaultdict(set)
    for path in PACKAGE:
        for name in public_names(path):
            found[name].add(relative(path))
    twice = {name: sorted(paths) for name, paths in found.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if len(name) > 1} == {}
