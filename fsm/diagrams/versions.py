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

from fsm.diagrams.model import (
    CommandLabel,
    Diagram,
    Edge,
    InternalTrigger,
    Lang,
    Node,
    TransitionLabel,
    TriggerPreconditions,
)

DUMP_FORMAT = 3
"""Raised by one when a change of the data makes them unreadable for other versions."""
_TIMEOUT = 120
"""Seconds."""
_DUMP_MODULE = Path("fsm", "diagrams", "dump.py")
_NOT_DUMPED = frozenset({"definitions", "steps", "refused", "change", "count", "view", "remarks"})


class VersionError(Exception):
    """There is no such version, or it cannot be compared with; the message is one line."""


def diagrams_of_version(version: str, lang: Lang = "en") -> dict[str, Diagram]:
    """Returns the diagrams of another version, by name.

    Args:
        version: a directory with the version, or a revision of the git repository around
            the current directory. A directory takes precedence over a revision of its name.
        lang: the language of the diagrams.

    Raises:
        VersionError: there is no such version, or it cannot be compared with.
    """
    if version and Path(version).is_dir():
        return _diagrams_of_tree(Path(version).resolve(), version, lang)
    with _exported(version) as tree:
        return _diagrams_of_tree(tree, version, lang)


def to_data(diagram: Diagram) -> dict[str, Any]:
    """Returns the diagram of a machine as plain data, ready for JSON."""
    return attrs.asdict(diagram, filter=lambda attribute, value: attribute.name not in _NOT_DUMPED)


def from_data(data: dict[str, Any]) -> Diagram:
    """Returns the diagram of plain data, and ignores keys that it does not know.

    Raises:
        KeyError: a key is missing.
        TypeError: a value has another type.
    """
    return Diagram(
        name=data["name"],
        machine=data["machine"],
        lang=data["lang"],
        title=data["title"],
        subtitle=data["subtitle"],
        nodes=tuple(map(_node, data["nodes"])),
        edges=tuple(
            Edge(edge["source"], edge["target"], _labels(edge["labels"]), edge["dashed"])
            for edge in data["edges"]
        ),
        notes=tuple(map(tuple, data["notes"])),
        preconditions=tuple(
            TriggerPreconditions(each["trigger"], tuple(each["guards"]))
            for each in data["preconditions"]
        ),
    )


def _node(data: dict[str, Any]) -> Node:
    internal = tuple(
        InternalTrigger(
            each["trigger"], otherwise=each["otherwise"], labels=_labels(each["labels"])
        )
        for each in data["internal"]
    )
    return Node(data["name"], data["label"], data["tone"], data["initial"], internal)


def _labels(data: list[dict[str, Any]]) -> tuple[TransitionLabel, ...]:
    return tuple(
        TransitionLabel(
            label["trigger"],
            tuple(label["guards"]),
            CommandLabel(**label["command"]) if label["command"] else None,
            tuple(label["rules"]),
            tuple(label["actions"]),
            label["position"],
        )
        for label in data
    )


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


def _diagrams_of_tree(tree: Path, version: str, lang: Lang) -> dict[str, Diagram]:
    if not (tree / "fsm" / "__init__.py").is_file():
        raise _not_the_project(version)
    if not (tree / _DUMP_MODULE).is_file():
        raise _too_old(version)
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        result = subprocess.run(
            [sys.executable, "-m", "fsm.diagrams.dump", lang],
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
