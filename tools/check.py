"""Every gate, one after another. The last one runs the tests against the installed wheel.

    python tools/check.py

Needs the packages of requirements-dev.txt. Uncommitted changes are not part of the fresh clone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


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


def installed_wheel(folder: Path) -> Path:
    """Builds the wheel, installs it into a new environment, and returns the folder of programs."""
    run("build the wheel", BIN / "python", "-m", "build", "--wheel", "--outdir", folder / "dist",
        "--no-isolation")  # fmt: skip
    [wheel] = (folder / "dist").glob("*.whl")
    programs = folder / "venv" / "bin"
    run("an empty environment", sys.executable, "-m", "venv", folder / "venv")
    pip: list[str | Path] = [programs / "pip", "install", "--quiet", "--disable-pip-version-check"]
    run("its packages", *pip, "--requirement", "requirements-dev.txt")
    run("the wheel in it", *pip, "--no-deps", wheel)
    return programs


def fresh_clone(folder: Path) -> None:
    """Clones the project and runs its demo without any environment variables of this one."""
    clone = folder / "clone"
    run("clone", "git", "clone", "--quiet", ROOT, clone)
    empty = {name: os.environ[name] for name in os.environ if name in _KEPT or "PIP" in name}
    run("make demo in the clone", "make", "demo", cwd=clone, env=empty)


_KEPT = {"HOME", "PATH", "LANG", "SSL_CERT_FILE"}


def main() -> None:
    """Runs the gates."""
    run("ruff check", BIN / "ruff", "check", ".")
    run("ruff format", BIN / "ruff", "format", "--check", ".")
    run("mypy --strict", BIN / "mypy")
    run("mypy of benchmarks, tools and examples", BIN / "mypy", "benchmarks/calls.py",
        "benchmarks/dispatch.py", "benchmarks/durable.py", "benchmarks/handwritten.py",
        "benchmarks/service.py", "tools", "examples")  # fmt: skip
    run("import direction", BIN / "lint-imports", "--no-cache")
    run("fresh diagrams", BIN / "fsm", "draw", "--check")
    run("benchmark", BIN / "python", "benchmarks/dispatch.py", "--rounds", "5")
    run("benchmark of the runtime", BIN / "python", "benchmarks/durable.py", "--rounds", "3",
        "--meetings", "10000")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh_clone(folder)
        programs = installed_wheel(folder)
        environment = {
            **os.environ,
            "COVERAGE_FILE": str(folder / "coverage"),
            "FSM_INSTALLED": "1",
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        run("doctests", programs / "pytest", "-q", "--doctest-modules", "--pyargs", "fsm",
            env=environment)  # fmt: skip
        run("tests against the wheel", programs / "pytest", "--numprocesses", "auto",
            "--dist", "worksteal", "-m", "not durable and not exhaustive", "--cov=fsm.engine",
            "--cov=fsm.recording", "--cov-branch", "--cov-report=term-missing:skip-covered",
            "--cov-fail-under=100", env=environment)  # fmt: skip


if __name__ == "__main__":
    main()
