"""The diagrams of another version of the project, without importing its code.

The code of the other version runs in a process of its own, which prints its diagrams as
plain data: ``python -m fsm.diagrams.dump``.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from fsm.diagrams.model import Diagram, DiagramTransition, Node

DUMP_FORMAT = 4
"""Raised by one when a change of the data makes them unreadable for other versions."""
_TIMEOUT = 120
"""Seconds."""
_DUMP_MODULE = Path("fsm", "diagrams", "dump.py")
_TRANSITION_KEYS = (
    "source", "target", "trigger", "guards", "command", "rules", "manual", "actions", "position",
)  # fmt: skip
_KEYS = {"name", "nodes", "tone", "initial", "transitions", "preconditions", *_TRANSITION_KEYS}
"""The parts of a diagram that are compared."""


class VersionError(Exception):
    """There is no such version, or it cannot be compared with; the message is one line."""


def diagrams_of_version(version: str) -> dict[str, Diagram]:
    """Returns the diagrams of another version, by name.

    Args:
        version: a directory with the version, or a revision of the git repository around
            the current directory. A directory takes precedence over a revision of its name.

    Raises:
        VersionError: there is no such version, or it cannot be compared with.
    """
    if version and Path(version).is_dir():
        return _diagrams_of_tree(Path(version).resolve(), version)
    with _exported(version) as tree:
        return _diagrams_of_tree(tree, version)


def to_data(diagram: Diagram) -> dict[str, Any]:
    """Returns the parts of a diagram that are compared as plain data, ready for JSON."""
    return attrs.asdict(diagram, filter=lambda attribute, value: attribute.name in _KEYS)


def from_data(data: dict[str, Any]) -> Diagram:
    """Returns the diagram of plain data, and ignores keys that it does not know.

    Raises:
        KeyError: a key is missing.
        TypeError: a value has another type.
    """
    return Diagram(
        data["name"],
        tuple(Node(node["name"], node["tone"], node["initial"]) for node in data["nodes"]),
        tuple(map(_transition, data["transitions"])),
        {trigger: tuple(guards) for trigger, guards in data["preconditions"].items()},
    )


def _transition(data: dict[str, Any]) -> DiagramTransition:
    values = {key: data[key] for key in _TRANSITION_KEYS}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return DiagramTransition(**(values | lists))


@contextmanager
def _exported(revision: str) -> Iterator[Path]:
    top = _git("rev-parse", "--show-toplevel")
    if top is None:
        raise VersionError(
            f"'{revision}' is not a directory, and there is no git repository here "
            "(name a directory, or go to the repository)"
        )
    root = Path(os.fsdecode(top.rstrip(b"\n")))
    # Git would take a name that begins with a dash for an option.
    commit = None
    if not revision.startswith("-"):
        commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise VersionError(
            f"'{revision}' is neither a directory nor a git revision "
            "(name a commit, a branch, or a directory)"
        )
    archived = _git("-C", str(root), "archive", "--format=tar", commit.decode().strip(), "fsm")
    if archived is None:
        raise _not_the_project(revision)
    with TemporaryDirectory(prefix="meeting-fsm-") as name:
        tree = Path(name).resolve()
        with tarfile.open(fileobj=io.BytesIO(archived)) as archive:
            # Python before 3.11.4 has no extraction filters; the archive comes from git itself.
            options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(tree, **options)
        yield tree


def _git(*arguments: str) -> bytes | None:
    try:
        result = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError:
        raise VersionError("git is not installed (name a directory)") from None
    return result.stdout if result.returncode == 0 else None


def _diagrams_of_tree(tree: Path, version: str) -> dict[str, Diagram]:
    if not (tree / "fsm" / "__init__.py").is_file():
        raise _not_the_project(version)
    if not (tree / _DUMP_MODULE).is_file():
        raise _too_old(version)
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        result = subprocess.run(
            [sys.executable, "-m", "fsm.diagrams.dump"],
            cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=_TIMEOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise VersionError(f"'{version}' did not print its diagrams within {_TIMEOUT} s") from None
    if result.returncode:
        errors = result.stderr.decode(errors="replace").strip().splitlines()
        reason = errors[-1].strip() if errors else "its process ended without an error message"
        raise VersionError(f"'{version}' cannot be drawn: {reason}")
    return _decode(result.stdout, tree, version)


def _decode(printed: bytes, tree: Path, version: str) -> dict[str, Diagram]:
    try:
        data = json.loads(printed)
        if data["format"] < DUMP_FORMAT:
            raise _too_old(version)
        if data["format"] == DUMP_FORMAT and Path(data["file"]).resolve().is_relative_to(tree):
            return {each["name"]: from_data(each) for each in data["diagrams"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise VersionError(f"'{version}' prints its diagrams in another format (name another version)")


def _too_old(version: str) -> VersionError:
    return VersionError(f"'{version}' is too old to compare (name a later version)")


def _not_the_project(version: str) -> VersionError:
    return VersionError(f"'{version}' holds no version of the project (it has no folder fsm)")
