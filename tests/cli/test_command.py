"""The command as a whole: help, usage errors, streams, missing parts."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fsm as package
from fsm import cli
from fsm.runtime import Journal


def test_without_a_command_the_help_is_shown(fsm):
    code, _, err = fsm()
    assert code == 2
    assert "Commands:" in err


@pytest.mark.parametrize(
    "command",
    [[], ["play"], ["plan"], ["draw"], ["rules"], ["verify"], ["serve"], ["journal"], ["token"]],
)
def test_every_command_takes_help(fsm, command):
    code, out, err = fsm(*command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: fsm")


@pytest.mark.parametrize("command", ["verify", "draw"])
def test_the_help_explains_gaps_and_mc_dc(fsm, command):
    out = " ".join(fsm(command, "--help")[1].split())
    assert "A gap is a " in out
    assert "MC/DC" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plya", "x"], "there is no command 'plya' (did you mean 'play' or 'plan'?)"),
        (["frobnicate"], "there is no command 'frobnicate' (there are book, draw, journal, plan,"),
        (["play"], "Missing argument 'FILE...'"),
        (["play"], "(such as: fsm play examples/scenarios/a-working-day.yaml)"),
        (["journal", "list"], "Missing argument 'FILE' (such as: fsm journal list meetings.db)"),
        (
            ["journal", "prune", "x"],
            "Missing option '--older-than' (such as: fsm journal prune meetings.db --older",
        ),
        (
            ["draw", "--covered-by"],
            "requires an argument (such as: fsm draw --covered-by examples/scenarios)",
        ),
        (["draw", "--lang"], "Option '--lang' requires an argument."),
        (["journal", "lst"], "fsm: there is no command 'lst' (did you mean 'list'?)"),
        (["token", "x"], "fsm: there is no command 'x' (there are list, new, remove, secret, "),
        (["play", "--jsn", "x"], "--json"),
        (["play", "--json", "--step", "x"], "--json and --step exclude each other"),
        (["play", "-", "-"], "- is given twice"),
        (["rules", "D99"], "there is no rule 'D99' (there are R1 to R17 and D1 to "),
        (["rules", "R99"], "there is no rule 'R99' (there are R1 to R17 and D1 to "),
        (["rules", "R9", "x"], "there is no rule 'x' (there are R1 to R17 and D1 to "),
        (["rules", ""], "there is no rule ''"),
        (["play", "x", "--draw", "x.gif"], "ends in .svg or .png"),
        (["serve", "--port", "abc"], "'--port': 'abc' is not a port (0 to 65535)"),
        (["serve", "--port", "65536"], "'65536' is not a port (0 to 65535)"),
        (["draw", "nothing"], "there is no diagram 'nothing' (there are policy, recording, "),
        (["draw", "recordin"], "did you mean 'recording'?"),
        (["draw", "--format", "gif"], "svg, png, dot, mermaid"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_2(fsm, arguments, words):
    code, out, err = fsm(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_a_wrong_value_from_the_environment_comes_with_the_name_of_its_variable(fsm, monkeypatch):
    for variable in ("FSM_PORT", "FSM_RECORDER_ATTEMPTS"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, "abc")
            code, _, err = fsm("serve")
        assert code == 2
        assert err.startswith(f"fsm: Invalid value for {variable}: 'abc' is not a ")


def loaded_modules(*arguments):
    """Returns the modules that a command has imported when it is done."""
    code = (
        "import sys, atexit; from fsm.__main__ import main;"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_the_help_imports_neither_the_rules_nor_a_command():
    loaded = loaded_modules("--help")
    assert {name for name in loaded if name.startswith("fsm")} == {
        "fsm", "fsm.__main__", "fsm.cli", "fsm.cli.errors", "fsm.cli.usage",
    }  # fmt: skip
    assert not loaded & {"rich", "yaml", "attrs", "transitions"}


@pytest.mark.parametrize("arguments", [["play"], ["play", "--json"], ["plan"], ["plan", "--json"]])
def test_a_scenario_is_played_without_a_terminal_library_or_other_packages(scenario, arguments):
    loaded = loaded_modules(*arguments, scenario)
    assert not loaded & {"rich.console", "rich.table", "fsm.diagrams", "fsm.verify", "fsm.runtime"}


def test_a_reader_that_closes_the_pipe_ends_the_command_quietly(scenario):
    many = [str(scenario)] * 400
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "play", "--json", *many],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">&-", "fsm: standard output is closed"),
        (">/dev/full", "fsm: the output cannot be written: No space left on device"),
        ("<&-", "-: the file cannot be read: standard input is closed"),
    ],
)
def test_a_closed_or_full_stream_is_one_line_and_exit_2(scenario, redirection, words):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m fsm play --json - {redirection}"],
        input=scenario.read_bytes(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().startswith(words)
    assert done.stderr.count(b"\n") == 1


def test_output_fits_an_ascii_terminal(scenario):
    for arguments in (["play", "--json"], ["play"], ["plan"]):
        done = subprocess.run(
            [sys.executable, "-m", "fsm", *arguments, str(scenario)],
            capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()


def run_with_other_table(tmp_path, module, right, wrong):
    """Runs a command of a copy of the package in which a table has another text."""
    shutil.copytree(Path(package.__file__).parent, tmp_path / "fsm")
    table = tmp_path / "fsm" / "recording" / f"{module}.py"
    text = table.read_text(encoding="utf-8")
    assert right in text
    table.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "fsm", "rules"],
        cwd=tmp_path, capture_output=True, check=False, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("module", "right", "wrong", "row"),
    [
        ("table", '"joins_as_host"', '"joins_as_hots"', "trigger 'join' in state 'idle'"),
        ("table", '"is_absent")', '"is_absnet")', "trigger 'join'"),
        (
            "policy_table",
            '("own_kind_is_on",)',
            '("own_kind_on",)',
            "trigger 'enable' in state 'free'",
        ),
    ],
)
def test_a_wrong_name_in_a_table_is_one_line_that_names_row_and_guard(
    tmp_path, module, right, wrong, row
):
    done = run_with_other_table(tmp_path, module, right, wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fsm: machine ")
    assert row in done.stderr
    misspelt, meant = (text.strip("(,)").strip('"') for text in (wrong, right))
    assert f"'{misspelt}' is neither on " in done.stderr
    assert f"(did you mean '{meant}'?)" in done.stderr


@pytest.mark.parametrize(
    ("module", "right", "wrong", "words"),
    [
        (
            "table",
            'TableRow("pause", ("recording",),',
            'TableRow("pause", ("recording"),',
            "source must be a tuple, not a str: 'recording' (is a comma missing?)",
        ),
        (
            "table",
            'TableRow("role", _ANY, None, timers=("cancel_grace_if_kept",),',
            'TableRow("role", _ANY, None, timers=("cancel_grace_if_kept"),',
            "timers must be a tuple, not a str: 'cancel_grace_if_kept' (is a comma missing?)",
        ),
        (
            "policy_table",
            'ConsoleRow("disable", ("default_on",),',
            'ConsoleRow("disable", ("default_on"),',
            "source must be a tuple, not a str: 'default_on' (is a comma missing?)",
        ),
        ("policy_table", 'ConsoleRow("enable", STATUSES,', 'ConsoleRow("enable" STATUSES,', ""),
        ("table", 'TableRow("role", _ANY,', 'TableRow("role", _ALL,', "name '_ALL' is not"),
        (
            "../verify/meeting_space",
            '"room": "web", ',
            "",
            "CLASS_OF in fsm/verify/meeting_space.py lacks 'room' (write its representative)",
        ),
    ],
)
def test_another_mistake_in_a_table_is_one_line_that_names_file_and_line(
    tmp_path, module, right, wrong, words
):
    done = run_with_other_table(tmp_path, module, right, wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    text = (tmp_path / "fsm" / "recording" / f"{module}.py").read_text(encoding="utf-8")
    wrong = wrong or "check_complete(\n"
    line = text.count("\n", 0, text.index(wrong)) + 1
    file = os.path.normpath(f"fsm/recording/{module}.py")
    assert done.stderr.startswith(f"fsm: {file}:{line}: {words}")


def test_a_missing_case_is_one_line_that_names_its_place():
    code = """
from typing import assert_never
import fsm.cli
from fsm.__main__ import main

def words():
    assert_never("panelist")

fsm.cli.run_command = words
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "fsm: words in __main__.py has no case for 'panelist' (write one)\n"


def test_a_missing_module_is_named_with_its_extra(tmp_path):
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text("import sys\nsys.modules['pygraphviz'] = None\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "fsm", "draw", "-o", str(tmp_path / "d")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == ("fsm: 'pygraphviz' is not installed (pip install 'meeting-fsm[draw]')\n")


CORE_ALONE = """
import importlib.abc, sys
missing = {missing!r}
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
MODULES_OF_EXTRAS = {
    "cli": {"click", "yaml", "rich"},
    "draw": {"graphviz", "pygraphviz"},
    "runtime": {"apsw", "filelock", "msgspec", "tenacity"},
    "cluster": {"httpx", "restate", "uvicorn"},
    "serve": {
        "httptools", "httpx", "litestar", "prometheus_client", "standardwebhooks", "structlog",
        "uvicorn",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "extras"),
    [
        ("serve --port 99999", "serve"), ("token list", "serve"), ("journal list x", "cli,runtime"),
        ("journal move x http://127.0.0.1:9", "cli,runtime,cluster"),
        ("draw policy --format dot -o {folder}", "cli,draw"), ("book --lang fr", "cli,draw"),
        ("review {folder}/none", "cli,draw"),
        ("play {scenario}", "cli"), ("plan {scenario}", "cli"),
        ("play {scenario} --draw {folder}/a.svg", "cli,draw"), ("rules R1", "cli"), ("", "cli"),
        ("play {scenario} --draw={folder}/a.svg", "cli,draw"), ("verify --help", "cli"),
    ],
)  # fmt: skip
def test_the_core_alone_names_all_extras_that_a_command_needs(tmp_path, scenario, command, extras):
    arguments = command.format(folder=tmp_path, scenario=scenario).split()

    def run(missing):
        names = {name for extra in missing for name in MODULES_OF_EXTRAS[extra]}
        code = CORE_ALONE.format(missing=names)
        (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
        path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.run(
            [sys.executable, "-m", "fsm", *arguments], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False, text=True,
        )  # fmt: skip

    done = run(set(MODULES_OF_EXTRAS))
    assert done.returncode == 2
    assert done.stderr.endswith(f"is not installed (pip install 'meeting-fsm[{extras}]')\n")
    assert done.stderr.count("\n") == 1
    installed = set(MODULES_OF_EXTRAS) if extras == "serve" else set(extras.split(","))
    assert "not installed" not in run(set(MODULES_OF_EXTRAS) - installed).stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("draw policy --format svg -o {folder}/d", 0), ("draw nonsense -o {folder}", 2),
        ("journal verify meetings.db", 0),
        ("play {scenario} --draw {folder}/a.svg", 0), ("plan {scenario}", 0),
        ("draw policy --format svg -o {folder}/d 0<&-", 0), ("journal list none.db", 2),
    ],
)  # fmt: skip
def test_a_command_ends_the_same_with_standard_error_closed(tmp_path, scenario, command, code):
    with Journal(tmp_path / "meetings.db"):
        pass
    line = command.format(folder=tmp_path, scenario=scenario)
    both = [
        subprocess.run(
            ["bash", "-c", f"exec {shlex.quote(sys.executable)} -m fsm {line} {closing}"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, cwd=tmp_path,
        )
        for closing in ("", "2>&-")
    ]  # fmt: skip
    assert [done.returncode for done in both] == [code, code]
    assert both[0].stdout == both[1].stdout
    assert both[1].stderr == ""
    for drawn in tmp_path.rglob("*.svg"):
        assert drawn.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_no_summary_of_a_command_is_cut(fsm, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    for group in ((), ("journal",), ("token",)):
        listed = fsm(*group, "--help")[1].split("Commands:\n")[1]
        assert "..." not in listed
        assert len(re.findall(r"^  \w", listed, re.MULTILINE)) == listed.count(".\n")


def test_every_summary_fits_a_narrow_terminal(fsm, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = fsm("--help")[1].split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed] == sorted(cli._COMMANDS)
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_a_command_imports_only_what_it_needs(scenario):
    code = (
        "import sys; from fsm import cli; sys.argv[1:] = {arguments}; cli.run_command();"
        "print(*sys.modules, file=sys.stderr)"
    )
    for arguments, unneeded in (
        (["play", str(scenario)], {"fsm.diagrams", "fsm.runtime", "fsm.verify", "fsm.web"}),
        (["plan", str(scenario)], {"fsm.diagrams", "fsm.runtime", "fsm.verify", "fsm.web"}),
        (["rules", "R1"], {"fsm.diagrams", "fsm.runtime", "fsm.web"}),
        (["token", "secret"], {"fsm.diagrams", "fsm.verify"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code.format(arguments=arguments)],
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        assert not unneeded & set(done.stderr.split())
