"""The checks of a change of the rules, in one to two minutes on two cores.

    python tools/rules.py

Each check prints one line for each fault, which says what to write where. After a check with
faults the others are left out, since most of their faults would follow from those. `make test` and
`make check` run everything.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PARTICIPANTS = 2
"""The number of participants of the exploration; two reach every row."""
MAX_LINES = 12
"""The maximum number of faults that a check prints."""
MODULES = (
    "recording", "scenario.accept", "verify.traceability", "diagrams", "translation.rule_texts",
    "book.words", "cli.play", "cli.verify", "runtime.codec", "web.schemas",
)  # fmt: skip
"""Modules whose import checks all tables."""
TESTS = (
    "tests/engine", "tests/recording", "tests/scenario", "tests/test_examples.py",
    "tests/verify/test_traceability.py", "tests/verify/test_settings_space.py",
    "tests/verify/test_meeting_space.py", "tests/verify/test_plan_rules.py",
    "tests/diagrams/test_catalogue.py", "tests/translation/test_labels.py",
    "tests/translation/test_sentences.py", "tests/translation/test_examples.py",
    "tests/runtime/test_schema.py", "tests/simulator/test_simulation.py",
    "tests/test_contributing.py", "tests/test_new_names.py", "tests/test_rules_in_chinese.py",
    "tests/cli/test_draw.py::test_the_scenarios_of_the_project_take_most_of_the_machine",
)  # fmt: skip
SLOW = "tests/engine/test_firing_equivalence.py"
"""A test of the engine, which takes longer than all others together and reads no rules."""

_TABLES = {
    "recording": "fsm/recording/table.py (guards: model.py)",
    "policy": "fsm/recording/policy_table.py (guards: console.py)",
}
_REASON = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
_EVENT = re.compile(r"`(\w+)\{")
_STOPS = re.compile(r"with reason one of ([^.]*)\.")
_TIMERS = re.compile(r"the order of timers is\s([^.]*)\.")
_NEVER = re.compile(r'Argument 1 to "assert_never" has incompatible type "(.*?)"')


def imported() -> Iterator[str]:
    """Yields the first fault of the tables, which are checked when they are imported."""
    code = (
        "from fsm.__main__ import mistake_in_rules\n"
        "from importlib import import_module\n"
        "try:\n"
        f"    for module in {MODULES!r}: import_module(f'fsm.{{module}}')\n"
        "except Exception as error: print(mistake_in_rules(error) or repr(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    for line in (done.stdout or done.stderr[-500:]).splitlines():
        if "is neither on RecordingModel" in line:
            yield f"{line} (guards and actions are written in fsm/recording/model.py)"
        elif "is neither on Console" in line:
            yield f"{line} (guards and actions are written in fsm/recording/console.py)"
        else:
            yield line


def drawn() -> Iterator[str]:
    """Yields the labels and titles with characters that the bundled fonts lack, by their file."""
    from fontTools.ttLib import TTFont

    from fsm.diagrams.fontconfig import FONTS
    from fsm.translation.rule_texts import RULE_LABELS
    from fsm.translation.view_texts import VIEW_LABELS

    regular, bold = (
        {glyph for file in FONTS.glob(f"*-{style}.*") for glyph in TTFont(file).getBestCmap()}
        for style in ("Regular", "Bold")
    )
    build = ".venv/bin/python tools/fonts.py (needs Debian's fonts-noto-cjk)"
    texts = [
        *(("fsm/translation/rule_texts.py", text, build) for text in RULE_LABELS.values()),
        *(("fsm/translation/view_texts.py", text, build) for text in VIEW_LABELS.values()),
        *(
            (place, title, f"make examples, then {build}")
            for place, _, title in _tool("example_titles")["titles"]()
        ),
    ]
    for place, text, remedy in texts:
        missing = "".join(sorted({char for char in text if ord(char) not in regular & bold}))
        if missing:
            yield f"the fonts lack {missing} of {text}: write other words in {place}, or {remedy}"


def written() -> Iterator[str]:
    """Yields each difference between docs/rules.md and the names in the program."""
    from typing import get_args

    from fsm.recording.events import Trigger
    from fsm.recording.rules import RULE_IDS
    from fsm.recording.vocabulary import Edition, Kind, Platform, Reason, Role, StopReason, Timer

    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    tool = _tool("titles")
    titles = tool["titles"](tool["ENGLISH"])
    for rule, title in titles.items():
        if not title:
            yield f"rule {rule} has no title: write it in docs/rules.md as - **{rule}** *Title.*"
    for rule, expected in zip(titles, sorted(titles, key=_place), strict=True):
        if rule != expected:
            yield f"rule {rule} comes too early in docs/rules.md: write it behind {expected}"
            break
    if all(titles.values()) and (*titles,) != RULE_IDS:
        changed = ", ".join(sorted({*titles} ^ {*RULE_IDS}, key=_place))
        yield f"the list of rules is stale ({changed}): make titles"
    names = {
        **dict.fromkeys(get_args(Trigger), "event"),
        **dict.fromkeys(get_args(Reason), "reason"),
        **dict.fromkeys(get_args(StopReason), "reason of a stop"),
    }
    for name, kind in names.items():
        if not re.search(rf"`{name}[`{{]", text):
            yield (
                f"docs/rules.md lacks the {kind} '{name}' (write it under 'Events and outcomes')"
            )
    words = {"edition": Edition, "kind": Kind, "platform": Platform, "role": Role}
    for word, vocabulary in words.items():
        [row] = re.findall(rf"^\| {word} \|.*$", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row):
            if name not in get_args(vocabulary):
                yield (
                    f"{word} '{name}' is new: add it to {word.capitalize()} in "
                    "fsm/recording/vocabulary.py"
                )
    events = text[text.index("## Events and outcomes") : text.index("Every event has an outcome")]
    for event in _EVENT.findall(events):
        if event not in get_args(Trigger):
            yield (
                f"event '{event}' is new: add it to Trigger, and its class to Event, in "
                "fsm/recording/events.py"
            )
    for reason in _REASON.findall(text[text.index("| reason | when |") :]):
        if reason not in get_args(Reason):
            yield f"reason '{reason}' is new: add it to Reason in fsm/recording/vocabulary.py"
    [timers] = _TIMERS.findall(text)
    for timer in re.findall(r"`(\w+)`", timers):
        if timer not in get_args(Timer):
            yield f"timer '{timer}' is new: add it to Timer in fsm/recording/vocabulary.py"
    [stops] = _STOPS.findall(text)
    for reason in re.findall(r"`(\w+)`", stops):
        if reason not in get_args(StopReason):
            yield (
                f"reason of a stop '{reason}' is new: add it to StopReason in "
                "fsm/recording/vocabulary.py"
            )


def _place(rule: str) -> tuple[bool, int]:
    """Returns the place of a rule among all rules: those of the source come first."""
    return rule[0] != "R", int(rule[1:])


def typed() -> Iterator[str]:
    """Yields the faults of style and types, such as a decision without a case for a name."""
    done = subprocess.run(
        [BIN / "mypy", "--no-error-summary"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        place, _, message = line.partition(": error: ")
        if never := _NEVER.search(message):
            message = f"there is no case for {never[1]} (write one)"
        if message:
            yield f"{place}: {message}"
    done = subprocess.run(
        [BIN / "ruff", "check", "--quiet", "--output-format=concise"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    yield from done.stdout.splitlines()


def verified() -> Iterator[str]:
    """Yields the violations and gaps of a short verification."""
    from fsm.cli.verify import write_counterexamples
    from fsm.verify import reproduction_steps, verify

    report = verify(PARTICIPANTS)
    files = write_counterexamples(report.violations, ROOT / "out" / "verify")
    found = zip(report.violations, files, strict=True)
    # The stop table (R16) differs wherever anything else does, and has no scenario: it comes last.
    for violation, file in sorted(
        found, key=lambda pair: pair[0].rules == ("R16",) and pair[1] is None
    ):
        seen = (
            reproduction_steps(violation)
            if file is None
            else f".venv/bin/fsm play {_relative(file)}"
        )
        rules = f" ({', '.join(violation.rules)})" if violation.rules else ""
        yield (
            f"violated: {violation.name}{rules}: {violation.problem}; {seen}; change "
            f"{_decided_in(violation.name, violation.problem)}"
        )
    for gap in report.gaps:
        machine, _, text = gap.partition(": ")
        yield f"{text} (change {_TABLES[machine]})"


def _decided_in(invariant: str, problem: str) -> str:
    """Returns the files to change: that of the rules, or that of the reference rules."""
    from fsm.verify import CONSOLE_INVARIANTS, PLAN_INVARIANTS

    # If a row of the stop table is never seen, no plan leads to it.
    if invariant in {each.name for each in PLAN_INVARIANTS} or ": never," in problem:
        return "fsm/recording/plan.py, or fsm/verify/plan_rules.py if the rule says otherwise"
    if invariant in {each.name for each in CONSOLE_INVARIANTS}:
        return f"{_TABLES['policy']}, or fsm/verify/policy_space.py if the rule says otherwise"
    return f"{_TABLES['recording']}, or fsm/verify/reference_rules.py if the rule says otherwise"


def carried() -> Iterator[str]:
    """Yields each carrier (row, guard, scenario, test, ...) that a rule lacks."""
    from fsm.verify.traceability import RUNTIME_RULES, traces

    tool = _tool("titles")
    translated = tool["titles"](tool["CHINESE"])
    remedies = {
        "row, guard or code": (
            "name it in the rules of a row in fsm/recording/table.py, of a guard in "
            "fsm/recording/model.py, or in the docstring of the function that decides it"
        ),
        "invariant": (
            "name it in RULES_OF_JOINS in fsm/verify/plan_rules.py, or in RULES_OF_OUTCOMES in "
            "fsm/verify/reference_rules.py"
        ),
        "scenario": "write examples/scenarios/{file}-....yaml",
        "test": 'mark a test of tests/recording with @pytest.mark.rule("{rule}")',
    }
    for trace in traces(ROOT):
        file = f"{trace.rule[0].lower()}{int(trace.rule[1:]):02}"
        files = (ROOT / "examples" / "scenarios").glob(f"{file}-*.yaml")
        missing = [kind for kind in trace.missing() if kind != "scenario"]
        if trace.rule not in RUNTIME_RULES and not any(files):
            missing.append("scenario")
        for kind in missing:
            remedy = remedies[kind].format(rule=trace.rule, file=file)
            yield f"rule {trace.rule} has no {kind} of its own: {remedy}"
        if not translated.get(trace.rule):
            yield (
                f"rule {trace.rule} is not translated: write its title and text in "
                "docs/rules.zh.md, behind those of the rule before"
            )


def played() -> Iterator[str]:
    """Yields each expectation of an example that does not hold."""
    from fsm.scenario import ScenarioFileError, load_file, open_meeting, play

    for file in sorted((ROOT / "examples" / "scenarios").glob("*.yaml")):
        name = _relative(file)
        try:
            scenarios = load_file(str(file))
        except ScenarioFileError as error:
            yield str(error)
            continue
        steps = [step for each in scenarios for step in play(each, open_meeting(each))]
        wrong = [step for step in steps if step.unexpected]
        if wrong:
            first = wrong[0]
            yield (
                f"{name}:{first.step.line}: {first.unexpected[0]} ({len(wrong)} in this file; "
                "change its events if it no longer shows its rule, else, if the rule says so: "
                f".venv/bin/fsm play --accept {name})"
            )


def generated() -> Iterator[str]:
    """Yields each kind of generated file that is stale."""
    import json

    from fsm.diagrams.files import stale_files
    from fsm.scenario.schema import scenario_schema
    from fsm.verify.traceability import lost_carriers, traceability_page, traces

    if stale := stale_files(ROOT / "diagrams"):
        yield f"{len(stale)} diagrams are stale: make diagrams"
    schema = json.loads((ROOT / "examples" / "scenario.schema.json").read_text(encoding="utf-8"))
    if schema != scenario_schema():
        yield "examples/scenario.schema.json is stale: make schema"
    yield from _tool("example_titles")["faults"]()
    for name, contents, target in (
        ("titles", "the list of rules", "titles"),
        ("names", "the list of names", "names"),
        ("example_titles", "the list of Chinese titles", "examples"),
        ("examples", "the list of the page's examples", "examples"),
    ):
        tool = _tool(name)
        file = tool["file"]()
        if not file.exists() or file.read_text(encoding="utf-8") != tool["text"]():
            yield f"{contents} ({_relative(file)}) is stale: make {target}"
    page, found = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8"), traces(ROOT)
    yield from lost_carriers(page, found)
    if page != traceability_page(found):
        yield "docs/traceability.md is stale: make traceability"


def tested() -> Iterator[str]:
    """Yields each failed test of the rules."""
    done = subprocess.run(
        [BIN / "pytest", "-q", "-n2", "--dist=worksteal", "--tb=no", f"--deselect={SLOW}", *TESTS],
        cwd=ROOT, capture_output=True, text=True, check=False,
        # Otherwise pytest cuts the reasons at the width of a terminal.
        env={**os.environ, "COLUMNS": "500"},
    )  # fmt: skip
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    for line in failed:
        test, _, reason = line.partition(" ")[2].partition(" - ")
        reason = f": {reason}" if reason else ""
        yield f"{test}{reason} (see: .venv/bin/pytest -n0 {shlex.quote(test)})"
    if done.returncode and not failed:
        yield (done.stdout + done.stderr).strip().splitlines()[-1]


def _tool(name: str) -> dict[str, Any]:
    """Returns the names of a module beside this one."""
    return runpy.run_path(str(ROOT / "tools" / f"{name}.py"))


def _relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else str(file)


CHECKS: dict[str, Callable[[], Iterable[str]]] = {
    "the tables have an entry for each name": imported,
    "the fonts have the characters of the labels and titles": drawn,
    "docs/rules.md names the same rules, events and reasons": written,
    "each decision has a case for each name (mypy, ruff)": typed,
    f"the machines agree with the reference rules ({PARTICIPANTS} participants)": verified,
    "each rule has its rows, guards, scenarios and tests": carried,
    "the expectations of the examples hold": played,
    "generated files are current": generated,
    "the tests of the rules pass": tested,
}


def main() -> None:
    """Runs the checks up to the first with faults, and exits with 1 if there is one."""
    for title, check in CHECKS.items():
        begin = time.monotonic()
        faults = list(dict.fromkeys(check()))
        sign = "✗" if faults else "✓"
        print(f"{sign} {title} ({time.monotonic() - begin:.1f} s)", flush=True)
        for fault in faults[:MAX_LINES]:
            print(f"    {' '.join(fault.split())}")
        if len(faults) > MAX_LINES:
            print(f"    and {len(faults) - MAX_LINES} more")
        if faults:
            sys.exit(1)
    print("the rules are in order: make test runs the other tests, make check every gate")


if __name__ == "__main__":
    main()
