"""Every gate of continuous integration, one after another.

    python tools/check.py

Needs the packages of requirements-dev.txt, Node.js, and Chromium (``make browser``). The suite runs
against the installed wheel: the whole of it under the oldest CPython of this machine, and the rooms
that every user imports under each later one. Uncommitted changes are not part of the fresh clone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NODE_PACKAGES = Path("node_modules")
KEPT_VARIABLES = {"HOME", "PATH", "LANG", "SSL_CERT_FILE"}
PYTHON_FOLDERS = (
    (Path("/usr/bin"), "python3.[0-9]*"),
    (Path("/usr/local/bin"), "python3.[0-9]*"),
    (Path.home() / ".pyenv" / "versions", "3.*/bin/python3"),
)
"""The folders where Debian, a build from source and pyenv put interpreters."""
OLDEST_PYTHON = (3, 11)
ROOMS_OF_EVERY_PYTHON = ("engine", "recording", "scenario", "cli")
CORE = "*/fsm/engine/*,*/fsm/recording/*"
CORE_COVERAGE, COVERAGE = 100, 95
"""Percent of the lines and branches: of the core, and of everything else."""

Version = tuple[int, ...]


def run(
    title: str, *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Runs a command, and exits if it fails.

    Nothing is printed after a command: continuous integration reads the closing line of pytest,
    which comes last.
    """
    print(f"── {title}", flush=True)
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=env, check=False)
    if done.returncode:
        sys.exit(f"✗ {title}: exit {done.returncode}")


def version_of(python: Path) -> Version | None:
    """Returns the version of a CPython that can create environments, ``None`` for another file."""
    question = "import ensurepip, venv, sys; print(sys.implementation.name, *sys.version_info[:3])"
    try:
        done = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return None
    name, *numbers = done.stdout.split() or [""]
    return tuple(map(int, numbers)) if name == "cpython" else None


def pythons() -> dict[Version, Path]:
    """Returns the oldest supported CPython of this machine, and one of each later minor version.

    A patch release adds arguments that are easily taken for granted, so the oldest one counts.
    """
    found: dict[Version, Path] = {sys.version_info[:3]: Path(sys.executable)}
    for folder, pattern in PYTHON_FOLDERS:
        for python in sorted(folder.glob(pattern)):
            version = version_of(python)
            if version is not None and version >= OLDEST_PYTHON:
                found.setdefault(version, python)
    oldest = min(found)
    later = {version[:2]: version for version in sorted(found) if version[:2] > oldest[:2]}
    return {version: found[version] for version in (oldest, *later.values())}


def build_wheel(folder: Path) -> Path:
    """Builds the wheel into a folder, and returns its path."""
    run("build the wheel", BIN / "python", "-m", "build", "--wheel", "--outdir", folder,
        "--no-isolation")  # fmt: skip
    [wheel] = folder.glob("*.whl")
    return wheel


def installed(wheel: Path, python: Path, folder: Path) -> dict[str, str]:
    """Installs the wheel into a new environment, and returns the variables to run it with."""
    programs = folder / "bin"
    run(f"an environment of {python}", python, "-m", "venv", folder)
    pip: list[str | Path] = [programs / "pip", "install", "--quiet", "--disable-pip-version-check"]
    run("its packages", *pip, "--requirement", "requirements-dev.txt")
    run("the wheel in it", *pip, "--no-deps", wheel)
    return {
        **os.environ,
        "COVERAGE_FILE": str(folder / "coverage"),
        "FSM_INSTALLED": "1",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


def fresh_clone(folder: Path) -> None:
    """Clones the project and runs its demo without the other environment variables of this one."""
    clone = folder / "clone"
    run("clone", "git", "clone", "--quiet", ROOT, clone)
    kept = {name: os.environ[name] for name in os.environ
            if name in KEPT_VARIABLES or "PIP" in name}  # fmt: skip
    run("make demo in the clone", "make", "demo", cwd=clone, env=kept)


def check_sources() -> None:
    """Runs the gates that read the sources."""
    run("ruff check", BIN / "ruff", "check", ".")
    run("ruff format", BIN / "ruff", "format", "--check", ".")
    run("mypy --strict", BIN / "mypy")
    run("mypy of benchmarks, tools and examples", BIN / "mypy", "benchmarks", "tools", "examples")
    run("import direction", BIN / "lint-imports", "--no-cache")
    run("fresh diagrams", BIN / "fsm", "draw", "--check")


def check_page() -> None:
    """Runs the gates that read the JavaScript of the page."""
    programs = NODE_PACKAGES / ".bin"
    run("the packages of package.json", "make", "--silent", NODE_PACKAGES / ".package-lock.json")
    run("types of the page", programs / "tsc")
    run("eslint", programs / "eslint", ".")


def check_reviews() -> None:
    """Reviews the changes and refactorings made by hand; a few minutes of both processors."""
    run("reviews of changes made by hand", BIN / "python", "tools/review_edits.py",
        "--without-timers", "--jobs", "2")  # fmt: skip


def check_benchmarks() -> None:
    """Runs the benchmarks once, shortly: they must work, their figures are for people."""
    run("benchmark", BIN / "python", "benchmarks/dispatch.py", "--rounds", "5")
    run("benchmark of the runtime", BIN / "python", "benchmarks/durable.py", "--rounds", "3",
        "--meetings", "10000")  # fmt: skip


def check_coverage(option: str, files: str, percent: int, env: dict[str, str]) -> None:
    """Compares the branch coverage of the last run with a minimum; prints only if it is missed."""
    command = ["coverage", "report", "--skip-covered", "--show-missing", option, files,
               "--fail-under", str(percent)]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"✗ branch coverage below {percent} %\n{done.stdout}{done.stderr}")


def check_wheel(folder: Path) -> None:
    """Tests the installed wheel under each Python of this machine, the oldest one last."""
    wheel = build_wheel(folder / "dist")
    (oldest, python), *later = pythons().items()
    for version, each in later:
        name = ".".join(map(str, version))
        env = installed(wheel, each, folder / name)
        run(f"tests under Python {name}", "pytest", "-q", "--numprocesses", "auto",
            *(f"tests/{room}" for room in ROOMS_OF_EVERY_PYTHON), env=env)  # fmt: skip
    name = ".".join(map(str, oldest))
    env = installed(wheel, python, folder / name)
    run(f"tests under Python {name}", "pytest", "--numprocesses", "auto", "--dist", "worksteal",
        "--cov", "--cov-report=", env=env)  # fmt: skip
    check_coverage("--include", CORE, CORE_COVERAGE, env)
    check_coverage("--omit", CORE, COVERAGE, env)


def main() -> None:
    """Runs the gates."""
    check_sources()
    check_page()
    check_reviews()
    check_benchmarks()
    with tempfile.TemporaryDirectory() as name:
        fresh_clone(Path(name))
        check_wheel(Path(name))


if __name__ == "__main__":
    main()
