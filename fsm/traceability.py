"""Which rows, conditions, functions, scenarios and tests carry each rule.

Everything is derived: rows and conditions from the two machines, functions from the rule
ids in their docstrings, scenarios and tests from the files of a checkout, where there is
one.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.recording import POLICY, RECORDING
from fsm.recording.rules import RULE_IDS, RULES, RuleId
from fsm.scenario import ScenarioFileError, load, opened, play

_CODE = ("account", "console", "meeting", "plan", "situation", "table", "words")
_ID = re.compile(r"\b[RD]\d{1,2}\b")


@attrs.frozen
class Trace:
    """What carries one rule.

    Args:
        rule: its id.
        title: the rule in one line.
        rows: the rows of the machines that name it.
        conditions: the conditions that stand for it.
        code: the functions and classes whose docstring rests on it.
        scenarios: the scenario files that play it or say they do.
        tests: the tests that are marked with it.
    """

    rule: RuleId
    title: str
    rows: tuple[str, ...]
    conditions: tuple[str, ...]
    code: tuple[str, ...]
    scenarios: tuple[str, ...]
    tests: tuple[str, ...]

    def carriers(self) -> dict[str, tuple[str, ...]]:
        """Return everything that carries it, by what it is."""
        return {
            "row": self.rows,
            "condition": self.conditions,
            "code": self.code,
            "scenario": self.scenarios,
            "test": self.tests,
        }


def traces(checkout: Path) -> list[Trace]:
    """Trace every rule.

    Args:
        checkout: the folder in which ``examples/scenarios`` and ``tests`` are looked for.
    """
    rows = _by_rule(_rows())
    conditions = _by_rule(_conditions())
    code = _by_rule(_code())
    scenarios = _by_rule(_scenarios(checkout / "examples" / "scenarios"))
    tests = _by_rule(_tests(checkout / "tests"))
    return [
        Trace(
            rule,
            RULES[rule],
            *(found.get(rule, ()) for found in (rows, conditions, code, scenarios, tests)),
        )
        for rule in RULE_IDS
    ]


def _by_rule(found: Iterator[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    carriers: dict[str, dict[str, None]] = {}
    for rule, carrier in found:
        carriers.setdefault(rule, {})[carrier] = None
    return {rule: tuple(names) for rule, names in carriers.items()}


def _machines() -> tuple[tuple[str, Table], ...]:
    return (("policy", POLICY.table), ("recording", RECORDING.table))


def _rows() -> Iterator[tuple[str, str]]:
    for machine, table in _machines():
        for row in table.rows:
            for rule in row_rules(row):
                yield rule, f"{machine}: {row_in_words(row)}"


def row_rules(row: Row) -> tuple[str, ...]:
    """Return the rules that a row names."""
    rules: tuple[str, ...] = getattr(row.info, "rules", ()) or row.info.row.rules
    return rules


def row_in_words(row: Row) -> str:
    """Return a row as one line: trigger, conditions, and where it leads."""
    asked = ", ".join(check.label for check in row.checks)
    where = f"{row.source} → {row.target}" if row.target else f"stays {row.source}"
    return f"{row.trigger} [{asked}] {where}" if asked else f"{row.trigger} {where}"


def _conditions() -> Iterator[tuple[str, str]]:
    for machine, table in _machines():
        for cell in table:
            for check in (*cell.requires, *(check for row in cell.rows for check in row.checks)):
                for rule in check.meaning.rules:
                    yield rule, f"{machine}: {check.name} ({check.meaning.label})"


def _code() -> Iterator[tuple[str, str]]:
    for name in _CODE:
        module = import_module(f"fsm.recording.{name}")
        for rule in _ID.findall(module.__doc__ or ""):
            yield rule, module.__name__
        for member in vars(module).values():
            if getattr(member, "__module__", None) == module.__name__:
                yield from _documented(member)


def _documented(member: Any) -> Iterator[tuple[str, str]]:
    for rule in _ID.findall(inspect.getdoc(member) or ""):
        yield rule, f"{member.__module__}.{member.__qualname__}"
    if inspect.isclass(member):
        for inner in vars(member).values():
            if inspect.isfunction(inner):
                yield from _documented(inner)


def _scenarios(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.yaml")):
        try:
            found = load(str(file))
        except ScenarioFileError:
            continue  # `fsm play` is the one to say what is wrong with it
        named = re.match(r"([rd])0*(\d+)-", file.name)
        if named:
            yield f"{named[1].upper()}{named[2]}", file.name
        for scenario in found:
            for played in play(scenario, opened(scenario)):
                for rule in played.outcome.rules:
                    yield rule, file.name


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for rule in _marked(node):
                    yield rule, f"{file.relative_to(folder)}::{node.name}"


def _marked(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
            for argument in mark.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
