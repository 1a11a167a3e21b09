"""Change the code in small ways, one after another, and see whether the tests notice.

    python tools/mutants.py [--only PART] [--skip PART] [--jobs N] [--minutes N] [--quick SECONDS]
        [--again]

The changes are those of mutmut, and some of our own; docs/mutants.md says which, why mutmut
does not run them itself, and lists the changes that no test can notice.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import gc
import importlib.abc
import importlib.util
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import attrs
import coverage
import hypothesis
import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal

ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "docs" / "mutants.md"
SURVIVORS = ROOT / "out" / "mutants.json"
FEW = 30  # examples of each property

# -- what is changed ------------------------------------------------------------------------


def negated(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the opposite of a condition."""
    bracketed = node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), bracketed)


def conditions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Turn the condition of an `if`, a `while` or a comprehension round."""
    if isinstance(node, (cst.If, cst.While, cst.CompIf)):
        yield node.with_changes(test=negated(node.test))


def items(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Drop an item of a tuple, list, set or dictionary that is written out."""
    if not isinstance(node, (cst.Tuple, cst.List, cst.Set, cst.Dict)):
        return
    for position in range(len(node.elements)):
        rest = [*node.elements[:position], *node.elements[position + 1 :]]
        if isinstance(node, cst.Tuple) and len(rest) == 1:
            rest = [rest[0].with_changes(comma=cst.Comma())]
        if rest or isinstance(node, (cst.List, cst.Dict)):
            yield node.with_changes(elements=rest)
        elif isinstance(node, cst.Tuple):
            yield node.with_changes(
                elements=[],
                lpar=node.lpar or [cst.LeftParen()],
                rpar=node.rpar or [cst.RightParen()],
            )


def statements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Drop a call or a `raise`; return nothing where something was returned."""
    if isinstance(node, cst.Raise) or (
        isinstance(node, cst.Expr) and isinstance(node.value, (cst.Call, cst.Yield))
    ):
        yield cst.Pass()
    if isinstance(node, cst.Return) and node.value and not is_name(node.value, "None"):
        yield node.with_changes(value=cst.Name("None"))


OURS = (conditions, items, statements)
STRINGS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)


def is_name(node: cst.CSTNode, *names: str) -> bool:
    """Say whether a node is one of some names."""
    return isinstance(node, cst.Name) and node.value in names


def replacements(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Return what stands for a node in its mutants."""
    for kind, operator in mutation_operators:
        if not isinstance(node, kind):
            continue
        made = list(operator(node))
        if operator is operator_arg_removal:
            if is_name(node.func, "len", "isinstance", "cast"):
                continue  # they would only fail
            if is_name(node.func, "condition"):  # its label stays
                made = [each for each in made if each.args[0] is node.args[0]]
        # Another case of letters is no other mistake than another word.
        yield from made[:1] if isinstance(node, cst.SimpleString) else made
    for ours in OURS:
        yield from ours(node)


def is_noise(node: cst.CSTNode, parents: Sequence[cst.CSTNode]) -> bool:
    """Say whether a node, with all below it, is types or words for people.

    The rules stand in docs/mutants.md.
    """
    parent = parents[-1] if parents else None
    match node:
        case cst.Annotation() | cst.Import() | cst.ImportFrom():
            return True
        case cst.Subscript(value=cst.Name(value="Literal" | "Callable" | "ClassVar")):
            return True
        case cst.If(test=cst.Name(value="TYPE_CHECKING")):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__all__"))]):
            return True
        case cst.Assign(value=value) if not any(
            isinstance(each, (cst.FunctionDef, cst.ClassDef)) for each in parents
        ):
            return is_type(value)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.SimpleString() | cst.ConcatenatedString():
            words = any(isinstance(each, cst.Raise) for each in parents)
            return words or " " in str(node.evaluated_value)
        case cst.Arg():
            return (
                isinstance(parent, cst.Call)
                and is_name(parent.func, "condition", "cast")
                and node is parent.args[0]
            )
        case _:
            return False


def is_type(node: cst.CSTNode) -> bool:
    """Say whether what a module gives a name to is a type, made of others."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            return all(isinstance(each, cst.Name) or is_type(each) for each in (left, right))
        case cst.Subscript(value=cst.Name(value="Literal" | "Callable" | "tuple")):
            return True
        case cst.Call(func=cst.Name(value="TypeVar")):
            return True
        case _:
            return False


@attrs.frozen(eq=False)
class Mutant:
    """One change of one file."""

    file: File
    node: cst.CSTNode
    replacement: cst.CSTNode
    lines: range
    where: str

    @cached_property
    def code(self) -> str:
        """The whole file, changed."""
        return self.file.tree.deep_replace(self.node, self.replacement).code  # type: ignore[no-any-return]

    @cached_property
    def key(self) -> str:
        """What it is called in docs/mutants.md."""
        before, after = self.file.text.splitlines(), self.code.splitlines()
        removed, added = list[str](), list[str]()
        for line in difflib.unified_diff(before, after, n=0, lineterm=""):
            if not line.startswith(("---", "+++", "@@")):
                (removed if line[0] == "-" else added).append(line[1:].strip())
        return f"`{self.where}`: `{' ⏎ '.join(removed)}` → `{' ⏎ '.join(added)}`"


@attrs.frozen(eq=False)
class File:
    """A file that is changed."""

    path: str
    text: str
    tree: cst.Module

    @property
    def module(self) -> str:
        """The name by which it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Finder(cst.CSTVisitor):  # type: ignore[misc]
    """Finds all mutants of a file."""

    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file = file
        self.parents: list[cst.CSTNode] = []
        self.found: list[Mutant] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note the mutants of a node, and look below it."""
        if is_noise(node, self.parents):
            return False
        if (
            isinstance(node, cst.Call)
            and isinstance(self.parents[-1], cst.Raise)
            and all(isinstance(each.value, STRINGS) for each in node.args)
        ):
            self.parents.append(node)
            return True  # its mutants would be other words only
        seen: list[cst.CSTNode] = []
        for replacement in replacements(node):
            if not any(replacement.deep_equals(each) for each in seen):
                seen.append(replacement)
                self.found.append(
                    Mutant(self.file, node, replacement, self.lines(node), self.where())
                )
        self.parents.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Leave what was entered."""
        if self.parents and self.parents[-1] is original_node:
            self.parents.pop()

    def lines(self, node: cst.CSTNode) -> range:
        """Return the lines of the statement a node stands in; of a block only its head."""
        for each in (node, *reversed(self.parents)):
            if isinstance(each, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
                break
        at = self.get_metadata(PositionProvider, each)
        if isinstance(each, cst.BaseCompoundStatement):
            body = self.get_metadata(PositionProvider, each.body)
            own = self.get_metadata(PositionProvider, node)
            return range(
                min(at.start.line, own.start.line), max(body.start.line, own.start.line + 1)
            )
        return range(at.start.line, at.end.line + 1)

    def where(self) -> str:
        """Return the names of the classes and functions around."""
        around = (
            each for each in self.parents if isinstance(each, (cst.FunctionDef, cst.ClassDef))
        )
        return ".".join(each.name.value for each in around) or "module"


def mutants_of(path: str) -> list[Mutant]:
    """Return all mutants of a file."""
    text = (ROOT / path).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text))
    finder = Finder(File(path, text, wrapper.module))
    wrapper.visit(finder)
    return finder.found


# -- what is run, each time in a process of its own ------------------------------------------


class Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from changed code."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.path = str(ROOT / mutant.file.path)

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> Any:
        """Step in for that module alone."""
        if name != self.mutant.file.module:
            return None
        package = [str(Path(self.path).parent)] if self.path.endswith("__init__.py") else None
        return importlib.util.spec_from_file_location(
            name, self.path, loader=self, submodule_search_locations=package
        )

    def get_source(self, fullname: str) -> str:
        """Return the changed code."""
        return self.mutant.code

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed code."""
        return compile(self.mutant.code, self.path, "exec", dont_inherit=True)


class Runner:
    """A plugin of pytest: runs chosen tests in a given order, and notes what it saw."""

    def __init__(
        self, order: Sequence[str] | None = None, measured: coverage.Coverage | None = None
    ) -> None:
        self.order = order
        self.measured = measured
        self.seconds: dict[str, float] = {}
        self.failed: str | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose the tests; the properties among them are tried on few examples."""
        for item in items:
            own = getattr(item.obj, "_hypothesis_internal_use_settings", None)  # type: ignore[attr-defined]
            if own and own.max_examples > FEW:
                few = hypothesis.settings(own, max_examples=FEW)
                item.obj._hypothesis_internal_use_settings = few  # type: ignore[attr-defined]
        if self.order is not None:
            by_id = {item.nodeid: item for item in items}
            items[:] = [by_id[each] for each in self.order if each in by_id]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note how long a test takes, and which lines it runs."""
        began = time.perf_counter()
        if self.measured:
            self.measured.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            if self.measured:
                self.measured.switch_context("")
            self.seconds[item.nodeid] = time.perf_counter() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the test that noticed."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def run_pytest(files: Iterable[str], runner: Runner) -> int:
    """Run tests in this process, which has not yet imported what they test."""
    warnings.resetwarnings()
    options = ["-x", "-q", "--tb=no", "--assert=plain", "--hypothesis-profile=mutants"]
    without = [f"-pno:{name}" for name in ("cacheprovider", "pytest_cov", "terminalreporter")]
    return int(pytest.main([*options, *without, *files], plugins=[runner]))


@attrs.define
class Running:
    """A process that tries something."""

    mutant: Mutant | None
    pid: int
    folder: Path
    deadline: float

    def answer(self) -> dict[str, Any] | None:
        """Return what it found out; ``None`` while it is at it."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            if time.monotonic() < self.deadline:
                return None
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return {"code": "endless", "failed": None}
        said = self.folder / "answer.json"
        if os.waitstatus_to_exitcode(status) or not said.exists():
            return {"code": "crashed", "failed": None}
        answer: dict[str, Any] = json.loads(said.read_text(encoding="utf-8"))
        return answer


def start(
    folder: Path, files: Sequence[str], mutant: Mutant | None, order: Sequence[str] | None,
    seconds: float, measure: str | None = None,
) -> Running:  # fmt: skip
    """Start a process that runs tests, and do not wait for it."""
    folder.mkdir()
    pid = os.fork()
    if pid:
        return Running(mutant, pid, folder, time.monotonic() + 6 * seconds + 60)
    code = 1
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        said = os.open(folder / "output", os.O_CREAT | os.O_WRONLY)
        for number, to in enumerate((nowhere, said, said)):
            os.dup2(to, number)
        allowed = int(2 * seconds + 5)
        if not measure:
            resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder)
        answer: dict[str, Any] = {}
        if mutant:
            answer["key"] = mutant.key
            sys.meta_path.insert(0, Changed(mutant))
        measured = None
        if measure:
            measured = coverage.Coverage(
                data_file=str(folder / "coverage"), include=[f"{ROOT / measure}/*"]
            )
            measured.start()
        gc.disable()
        runner = Runner(order, measured)
        answer["code"] = 0
        # One file is quicker to load than all, and mostly enough.
        for some in filter(None, (files[:1] if order else (), files[1:] if order else files)):
            answer["code"] = answer["code"] or run_pytest(some, runner)
        answer["failed"] = runner.failed
        if measured:
            measured.stop()
            measured.save()
            answer["seconds"] = runner.seconds
            answer["modules"] = [
                name for name in sys.modules if name.partition(".")[0] not in ("fsm", "tests")
            ]
        (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
        code = 0
    finally:
        os._exit(code)


# -- a package and its tests -------------------------------------------------------------------


@attrs.define
class Package:
    """A package, the tests that must notice its mutants, and how that went."""

    code: str
    tests: str
    seconds: dict[str, float] = attrs.field(factory=dict)
    tests_by_line: dict[tuple[str, int], set[str]] = attrs.field(factory=dict)
    caught_by: dict[str, Counter[str]] = attrs.field(factory=lambda: defaultdict(Counter))
    verdicts: Counter[str] = attrs.field(factory=Counter)

    def try_unchanged(self, folder: Path, longest: float) -> None:
        """Run its tests once, to learn how long each takes and which lines it runs."""
        running = start(folder, [self.tests], None, None, 600, measure=self.code)
        while (answer := running.answer()) is None:
            time.sleep(0.05)
        if answer["code"] != 0:
            sys.exit(f"{self.tests} fails unchanged: {answer}\n{(folder / 'output').read_text()}")
        self.seconds = {test: took for test, took in answer["seconds"].items() if took <= longest}
        for module in answer["modules"]:  # so that they need not be loaded for each mutant
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        assert not any(name.partition(".")[0] == "fsm" for name in sys.modules)
        gc.freeze()  # pytest collects garbage twice in each process: not what stays anyway
        data = coverage.CoverageData(str(folder / "coverage"))
        data.read()
        for path in data.measured_files():
            short = Path(path).relative_to(ROOT).as_posix()
            for line, tests in data.contexts_by_lineno(path).items():
                self.tests_by_line[short, line] = set(tests)

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the changed lines, the likeliest to notice first."""
        runs: set[str] = set()
        for line in mutant.lines:
            runs |= self.tests_by_line.get((mutant.file.path, line), set())
        chosen = self.seconds.keys() if "" in runs else runs & self.seconds.keys()
        quick = sorted(chosen, key=lambda each: (self.seconds[each], each))
        best = dict(self.caught_by[mutant.file.path].most_common(16))
        return sorted(quick, key=lambda each: -best.get(each, 0))


def listed() -> dict[str, str]:
    """Return the reasons of docs/mutants.md why no test can notice a mutant, by its key."""
    if not LISTED.exists():
        return {}
    found, path = {}, ""
    for line in LISTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            path = line.removeprefix("### ").strip("`")
        elif match := re.fullmatch(r"- (`.+?`: `.*` → `.*`) – (.+)", line):
            found[f"{path} {match[1]}"] = match[2]
    return found


@lru_cache
def equivalents() -> dict[str, str]:
    """Return :func:`listed`, read once."""
    return listed()


def tried(
    package: Package, mutants: Sequence[Mutant], folder: Path, jobs: int, until: float
) -> Iterator[tuple[Mutant, str, str]]:
    """Try mutants, and return each with its verdict and its key."""
    waiting, at_work, number = list(reversed(mutants)), list[Running](), 0
    while waiting or at_work:
        while waiting and len(at_work) < jobs:
            mutant = waiting.pop()
            if time.monotonic() > until:
                yield mutant, "not run", ""
                continue
            order = package.tests_for(mutant)
            if not order:
                yield mutant, "survived", f"{mutant.file.path} {mutant.key}"
                continue
            files = list(dict.fromkeys(each.partition("::")[0] for each in order))
            number += 1
            needs = sum(package.seconds[each] for each in order)
            at_work.append(start(folder / f"{number}", files, mutant, order, needs))
        for running in list(at_work):
            answer = running.answer()
            if answer is None:
                continue
            at_work.remove(running)
            assert running.mutant
            if answer["failed"]:
                package.caught_by[running.mutant.file.path][answer["failed"]] += 1
            if answer["code"] == 0:
                verdict = "survived"
            elif answer["code"] in (1, 2, "endless", "crashed"):
                verdict = "killed"
            else:
                raise RuntimeError(f"pytest failed with {answer} for {running.mutant.key}")
            yield running.mutant, verdict, f"{running.mutant.file.path} {answer.get('key')}"
        time.sleep(0.005)


def main() -> int:
    """Try all mutants of all packages, and count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="only files with this part")
    parser.add_argument("--skip", action="append", default=[], help="not files with this part")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=90, help="what is not run then is told")
    parser.add_argument("--quick", type=float, default=1e9, help="no tests that take longer")
    parser.add_argument("--again", action="store_true", help="only those that survived last time")
    given = parser.parse_args()

    os.chdir(ROOT)
    sys.dont_write_bytecode = False  # the tests are loaded thousands of times
    sys.path.insert(0, str(ROOT))
    hypothesis.settings.register_profile(
        "mutants", derandomize=True, database=None, deadline=None, max_examples=FEW,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )  # fmt: skip
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutants"]
    before = set(json.loads(SURVIVORS.read_text(encoding="utf-8"))) if given.again else set()
    until = time.monotonic() + 60 * given.minutes
    survivors: list[str] = []
    good = True
    for each in settings["packages"]:
        package = Package(each["code"], each["tests"])
        mutants = [
            mutant
            for path in sorted(Path(package.code).rglob("*.py"))
            for mutant in mutants_of(path.as_posix())
            if all(part in str(path) for part in given.only)
            and not any(part in str(path) for part in given.skip)
        ]
        if given.again:
            mutants = [one for one in mutants if f"{one.file.path} {one.key}" in before]
        if not mutants:
            continue
        random.Random(0).shuffle(mutants)  # so that what time allows is a fair sample
        print(f"{package.code}: {len(mutants)} mutants", flush=True)
        with tempfile.TemporaryDirectory() as name:
            package.try_unchanged(Path(name) / "unchanged", given.quick)
            counted = tried(package, mutants, Path(name), given.jobs, until)
            for done, (_, verdict, key) in enumerate(counted, 1):
                package.verdicts[verdict] += 1
                if verdict == "survived":
                    survivors.append(key)
                    if key in equivalents():
                        package.verdicts["equivalent"] += 1
                    else:
                        print(f"survived: {key}", flush=True)
                if done % 50 == 0:
                    print(f"  {done} of {len(mutants)}: {told(package.verdicts)}", flush=True)
        of = package.verdicts
        share = of["killed"] / (of["killed"] + of["survived"] or 1)
        print(f"{package.code}: {told(of)}: {share:.1%} of those tried killed", flush=True)
        unlisted = package.verdicts["survived"] - package.verdicts["equivalent"]
        good = good and share >= settings["at_least"] / 100 and not unlisted and not of["not run"]
    SURVIVORS.parent.mkdir(exist_ok=True)
    SURVIVORS.write_text(json.dumps(survivors, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0 if good else 1


def told(verdicts: Counter[str]) -> str:
    """Return the numbers in a line."""
    of = {name: verdicts[name] for name in ("killed", "survived", "equivalent", "not run")}
    return ", ".join(
        [f"{of['killed'] + of['survived']} tried", f"{of['killed']} killed",
         f"{of['survived']} survived ({of['equivalent']} of them listed as equivalent)"]
        + ([f"{of['not run']} NOT RUN"] if of["not run"] else [])
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
