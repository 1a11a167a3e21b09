import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What sets up an environment is run where there is none yet: in tools/check.py.
SETS_UP = ("make ", "pip ")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.split("  #")[0].strip()
    for block in blocks("sh")
    for line in block.splitlines()
    if not line.startswith(SETS_UP)
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("benchmarks", "diagrams", "docs", "examples", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command, checkout):
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=checkout, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Where standard output is a report, what was drawn is told beside it.
    said = [line for line in done.stderr.splitlines() if not line.startswith("drew ")]
    assert (done.returncode, said) == (0, [])


def test_the_readme_has_commands_to_run():
    assert len(COMMANDS) > 8


def test_the_program_of_the_readme_prints_what_the_readme_says(tmp_path):
    [program], [printed] = blocks("python"), blocks("text")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == printed


def test_the_scenario_of_the_readme_holds(tmp_path):
    [scenario] = blocks("yaml")
    (tmp_path / "a.yaml").write_text(scenario, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "fsm", "play", "a.yaml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "all 2 expectations hold" in done.stdout


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_link_leads_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
