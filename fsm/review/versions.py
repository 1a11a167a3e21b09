"""Versions of the project, unpacked from git, and the worker processes that run their rules."""

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
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import fsm

Data = dict[str, Any]
"""An object of JSON."""
INTERFACES = (1,)
"""The interfaces of workers that this version understands."""
_WORKER = Path("fsm", "review", "worker.py")
_TREE = Path(fsm.__file__).resolve().parents[1]


class VersionError(Exception):
    """There is no such version, or it cannot be compared with; the message is one line."""


class Version:
    """A version of the project, whose rules run in a process of their own.

    Args:
        name: the name of the version, for messages.
        process: the process of its worker.
        errors: the error output of the process.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self.name = name
        self._process = process
        self._errors = errors
        self.hello: Data = {}
        self._knowledge: dict[str, MachineKnowledge] = {}

    def knowledge_of(self, machine: str) -> MachineKnowledge:
        """Returns everything that the version has said about a machine."""
        return self._knowledge.setdefault(machine, MachineKnowledge(self, machine))

    def ask(self, do: str, **arguments: Any) -> Data:
        """Returns the answer to a request.

        Raises:
            VersionError: the process ended.
        """
        self.send(do, **arguments)
        return self.receive()

    def send(self, do: str, **arguments: Any) -> None:
        """Sends a request whose answer :meth:`receive` returns, in the order of requests.

        Raises:
            VersionError: the process ended.
        """
        self.send_text(json.dumps({"do": do, **arguments}))

    def send_text(self, text: str) -> None:
        """Sends the JSON text of a request.

        Raises:
            VersionError: the process ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def receive(self) -> Data:
        """Returns the answer to the earliest request that has none yet.

        Raises:
            VersionError: the process ended, or its answer is not JSON.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._other_interface()
        return answer

    def greet(self, tree: Path) -> None:
        """Asks for the interface and the vocabulary, and checks that they can be compared.

        Args:
            tree: the directory that the version must run from.

        Raises:
            VersionError: its interface is not known here, or another version answered.
        """
        hello = self.ask("hello")
        known = hello.get("interface") in INTERFACES
        if not (known and Path(str(hello.get("file"))).resolve().is_relative_to(tree)):
            raise self._other_interface()
        self.hello = hello

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _other_interface(self) -> VersionError:
        return VersionError(
            f"the review of '{self.name}' has another interface (name another version)"
        )

    def _ended(self) -> VersionError:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else "its process ended without an error message"
        return VersionError(f"'{self.name}' cannot be run: {reason}")


class MachineKnowledge:
    """Everything that one version said about the situations of a machine, by number.

    Args:
        version: the version.
        machine: the name of the machine.
    """

    def __init__(self, version: Version, machine: str) -> None:
        self.version = version
        self.machine = machine
        self.described: list[tuple[int, dict[str, int]]] = []
        self.answers: list[Data] = []
        self.rests: list[Data] = []
        self.people: list[Data] = []
        self._lists: dict[str, int] = {}

    def learn(self, answer: Data) -> Data:
        """Keeps the new descriptions in an answer, and returns the answer."""
        for name in ("described", "answers", "rests", "people"):
            getattr(self, name).extend(answer[name])
        return answer

    def list_of(self, events: list[Data]) -> int:
        """Returns the number of a list of events."""
        text = json.dumps(events)
        if text not in self._lists:
            answer = self.version.ask("events", machine=self.machine, events=events)
            self._lists[text] = answer["list"]
        return self._lists[text]

    def names(self, situation: int) -> dict[str, int]:
        """Returns the numbers of the participants in a situation by their names."""
        return self.described[situation][1]


@contextmanager
def opened(name: str) -> Iterator[Version]:
    """Starts the worker of another version.

    Args:
        name: a directory with the version, or a revision of the git repository around the
            current directory. A directory takes precedence over a revision of its name.

    Raises:
        VersionError: there is no such version, or it cannot be compared with.
    """
    if name and Path(name).is_dir():
        with _running(Path(name).resolve(), name) as version:
            yield version
        return
    with _exported(name) as tree, _running(tree, name) as version:
        yield version


@contextmanager
def current() -> Iterator[Version]:
    """Starts the worker of this version."""
    with _running(_TREE, "this version") as version:
        yield version


@contextmanager
def _running(tree: Path, name: str) -> Iterator[Version]:
    if not (tree / "fsm" / "__init__.py").is_file():
        raise _not_the_project(name)
    if not (tree / _WORKER).is_file():
        raise VersionError(
            f"'{name}' is too old to compare: it has no fsm review (name a version that has it)"
        )
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    with TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "fsm.review.worker"],
            cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors,
        )  # fmt: skip
        version = Version(name, process, errors)
        try:
            version.greet(tree)
            yield version
        finally:
            version.close()


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


def _not_the_project(version: str) -> VersionError:
    return VersionError(f"'{version}' holds no version of the project (it has no folder fsm)")
