"""Traceability: the rows, guards, functions, invariants, scenarios and tests behind each rule.

Everything is derived: rows and guards from the two machines, functions from the rule ids in their
docstrings, invariants from the verification, scenarios and tests from the files of a checkout.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.recording import POLICY, RECORDING
from fsm.recording.rules import RULE_IDS, RULES, RUNTIME_RULES, RuleId
from fsm.recording.vocabulary import check_complete
from fsm.scenario import ScenarioFileError, load_file, open_meeting, play
from fsm.verify import CONSOLE_INVARIANTS, INVARIANTS, PLAN_INVARIANTS

_CODE = (
    "client_version", "console", "console_changes", "meeting", "model", "plan", "policy_table",
    "settings", "table", "vocabulary",
)  # fmt: skip
_ID = re.compile(r"\b[RD]\d{1,2}\b")
_MARK = "pytest.mark.rule"


EVERY_RULE_HAS = ("invariant", "scenario", "test")
"""The kinds of carriers that every rule must have, unless the runtime decides it."""
RUNTIME_RULE_HAS = ("test",)
"""The kinds of carriers of a rule that the runtime decides: a scenario has no journal."""

_CODE_ONLY = ("code",)
_GUARD_ONLY = ("guard",)
_ROW_ONLY = ("row",)
_ROW_AND_GUARD = ("row", "guard")

DECIDED_BY: dict[RuleId, tuple[str, ...]] = {
    # Decided when the meeting opens, before a machine is involved.
    **dict.fromkeys(("R1", "R5", "R10", "R11", "R12", "D7", "D8", "D13"), _CODE_ONLY),
    # A sub-option is resolved into the plan, which a guard of a row reads.
    "R8": ("row", "guard", "code"),
    # Decided by preconditions alone.
    **dict.fromkeys(("R4", "D1", "D9"), _GUARD_ONLY),
    # Decided by the absence of rows: none leads back to idle, and a join without a starting row
    # starts nothing.
    **dict.fromkeys(("R15", "D5"), _CODE_ONLY),
    # A row without guards.
    "D11": _ROW_ONLY,
    **dict.fromkeys(
        ("R6", "R7", "R9", "R13", "R14", "R16", "R17", "D2", "D3", "D6", "D10"), _ROW_AND_GUARD
    ),
    # Guards that distinguish rows of another rule.
    **dict.fromkeys(("R2", "R3", "D4", "D12"), _ROW_AND_GUARD),
}
"""The kinds of carriers that decide each rule: rows and guards of a machine, or other code."""
check_complete(
    {*DECIDED_BY, *RUNTIME_RULES}, RULE_IDS, "DECIDED_BY in fsm/verify/traceability.py",
    "the kinds of its carriers, or list it in RUNTIME_RULES",
)  # fmt: skip


@attrs.frozen
class Trace:
    """The carriers of a rule.

    Args:
        rule: its id.
        title: its title.
        rows: the rows of the machines that name it, or that have a guard that names it.
        guards: the guards that name it.
        code: the functions and classes whose docstrings name it.
        invariants: the invariants of the verification that name it.
        scenarios: the scenario files that are named after it or play it.
        tests: the tests that are marked with it.
    """

    rule: RuleId
    title: str
    rows: tuple[str, ...]
    guards: tuple[str, ...]
    code: tuple[str, ...]
    invariants: tuple[str, ...]
    scenarios: tuple[str, ...]
    tests: tuple[str, ...]

    def carriers(self) -> dict[str, tuple[str, ...]]:
        """Returns the carriers by kind."""
        return {
            "row": self.rows,
            "guard": self.guards,
            "code": self.code,
            "invariant": self.invariants,
            "scenario": self.scenarios,
            "test": self.tests,
        }

    def missing(self) -> list[str]:
        """Returns the kinds of carriers that the rule should have and lacks."""
        kinds: tuple[str, ...] = RUNTIME_RULE_HAS
        if self.rule not in RUNTIME_RULES:
            kinds = (*DECIDED_BY[self.rule], *EVERY_RULE_HAS)
        carriers = self.carriers()
        return [kind for kind in kinds if not carriers[kind]]


def traces(checkout: Path) -> list[Trace]:
    """Returns the trace of every rule.

    Args:
        checkout: the folder with ``examples/scenarios`` and ``tests``.
    """
    rows = _by_rule(_rows())
    guards = _by_rule(_guards())
    code = _by_rule(_code())
    invariants = _by_rule(_invariants())
    scenarios = _by_rule(_scenarios(checkout / "examples" / "scenarios"))
    tests = _by_rule(_tests(checkout / "tests"))
    return [
        Trace(
            rule,
            RULES[rule],
            *(
                carriers.get(rule, ())
                for carriers in (rows, guards, code, invariants, scenarios, tests)
            ),
        )
        for rule in RULE_IDS
    ]


def traceability_page(all_traces: Iterable[Trace]) -> str:
    """Returns the traces as a page of Markdown.

    Args:
        all_traces: the traces.
    """
    traced = list(all_traces)
    kinds = list(traced[0].carriers())
    lines = [
        "# Traceability of the rules",
        "",
        "Generated by `make traceability`. A number counts the rows, guards and so on behind a",
        "rule; a dash means that this kind does not apply. A rule of the runtime has tests",
        f"alone: {', '.join(sorted(RUNTIME_RULES))}.",
        "",
        f"| rule | {' | '.join(kinds)} |",
        f"|---|{'---:|' * len(kinds)}",
    ]
    for trace in traced:
        counts = " | ".join(str(len(names) or "–") for names in trace.carriers().values())
        lines.append(f"| [{trace.rule}](#{trace.rule.lower()}) | {counts} |")
    for trace in traced:
        lines += ["", f"## {trace.rule}", "", f"{trace.title}."]
        for kind, names in trace.carriers().items():
            if names:
                lines += ["", f"**{kind}**", "", *(f"- {_in_markdown(name)}" for name in names)]
    return "\n".join(lines) + "\n"


def _in_markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", text)


def _by_rule(pairs: Iterator[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    carriers: dict[str, dict[str, None]] = {}
    for rule, carrier in pairs:
        carriers.setdefault(rule, {})[carrier] = None
    return {rule: tuple(names) for rule, names in carriers.items()}


def _machines() -> tuple[tuple[str, Table], ...]:
    return (("policy", POLICY.table), ("recording", RECORDING.table))


def _rows() -> Iterator[tuple[str, str]]:
    for machine, table in _machines():
        for row in table.rows:
            own, text = row_rules(row), f"{machine}: {describe_row(row)}"
            for rule in own:
                yield rule, text
            for rule in (rule for guard in row.guards for rule in guard.description.rules):
                if rule not in own:
                    yield rule, f"{text} (a row of {_joined(own)} with its guard)"


def _joined(rules: tuple[str, ...]) -> str:
    return " and ".join(rules) or "no rule"


def row_rules(row: Row) -> tuple[str, ...]:
    """Returns the rules that a row names."""
    rules: tuple[str, ...] = getattr(row.info, "rules", ()) or row.info.row.rules
    return rules


def describe_row(row: Row) -> str:
    """Describes a row in one line: trigger, guards and target."""
    labels = ", ".join(guard.label for guard in row.guards)
    path = f"{row.source} → {row.target}" if row.target else f"stays {row.source}"
    return f"{row.trigger} [{labels}] {path}" if labels else f"{row.trigger} {path}"


def _guards() -> Iterator[tuple[str, str]]:
    for machine, table in _machines():
        for cell in table:
            for guard in (
                *cell.preconditions,
                *(guard for row in cell.rows for guard in row.guards),
            ):
                for rule in guard.description.rules:
                    yield rule, f"{machine}: {guard.name} ({guard.description.label})"


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


def _invariants() -> Iterator[tuple[str, str]]:
    named = [(invariant.name, invariant.rules) for invariant in INVARIANTS]
    named += [(invariant.name, invariant.rules) for invariant in PLAN_INVARIANTS]
    for name, rules in named:
        yield from ((rule, name) for rule in rules)
    for console_invariant in CONSOLE_INVARIANTS:
        yield from ((rule, console_invariant.name) for rule in console_invariant.rules)


def _scenarios(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.yaml")):
        try:
            scenarios = load_file(str(file))
        except ScenarioFileError:
            continue  # `fsm play` reports the fault
        named = re.match(r"([rd])0*(\d+)-", file.name)
        if named:
            yield f"{named[1].upper()}{named[2]}", file.name
        for scenario in scenarios:
            for played in play(scenario, open_meeting(scenario)):
                for rule in played.outcome.rules:
                    yield rule, file.name


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if _MARK not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                for rule in _marked(node):
                    yield rule, f"{file.relative_to(folder)}::{node.name}"


def _marked(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == _MARK:
            for argument in mark.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
