import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsm
from fsm.review.versions import VersionError, opened
from fsm.review.worker import INTERFACE, ReviewWorker

PACKAGE = Path(fsm.__file__).parent


@pytest.fixture
def version(tmp_path):
    """A copy of this version, to be changed."""
    tree = tmp_path / "version"
    ignored = shutil.ignore_patterns("__pycache__", "web", "fonts")
    shutil.copytree(PACKAGE, tree / "fsm", ignore=ignored)
    return tree


def git(tree, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=tree, check=True, capture_output=True)


@pytest.fixture
def repository(version, monkeypatch):
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git(version, "init")
    git(version, "add", ".")
    git(version, "commit", "-m", "first")
    monkeypatch.chdir(version)
    return version


def change(tree, file, old, new):
    path = tree / "fsm" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def first_guards(name):
    """The preconditions of a join, by the version."""
    with opened(name) as other:
        return other.hello["tables"]["recording"]["preconditions"]["join"]


def refused(name):
    """The message with which a version is refused."""
    with pytest.raises(VersionError) as caught, opened(name):
        pass
    message = str(caught.value)
    assert "\n" not in message
    return message


def with_other_preconditions(tree):
    change(tree, "recording/table.py", '("is_open", "is_absent")', '("is_absent", "is_open")')


def test_a_directory_runs_its_own_rules_and_is_not_written_to(version):
    with_other_preconditions(version)
    before = sorted(version.rglob("*"))
    modules = set(sys.modules)
    assert first_guards(str(version)) == ["is_absent", "is_open"]
    assert sorted(version.rglob("*")) == before
    assert set(sys.modules) == modules


@pytest.mark.parametrize("revision", ["HEAD", "main"])
def test_a_revision_runs_the_committed_rules(repository, revision):
    with_other_preconditions(repository)
    assert first_guards(revision) == ["is_open", "is_absent"]


def test_a_revision_is_found_from_a_folder_inside_the_repository(repository, monkeypatch):
    monkeypatch.chdir(repository / "fsm" / "engine")
    assert first_guards("HEAD") == ["is_open", "is_absent"]


@pytest.mark.parametrize("revision", ["nope", "--help", "", "HEAD:fsm", "a\nb", "../nowhere"])
def test_a_name_of_neither_a_directory_nor_a_revision_is_refused(repository, revision):
    with pytest.raises(VersionError, match="is neither a directory nor a git revision"):
        first_guards(revision)


def test_without_a_repository_there_are_no_revisions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "there is no git repository here" in refused("HEAD")


def test_without_git_there_are_no_revisions(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in refused("HEAD")


def test_a_directory_of_another_project_is_refused(tmp_path):
    assert "holds no version of the project" in refused(str(tmp_path))


def test_a_revision_of_another_project_is_refused(repository):
    git(repository, "rm", "-r", "-q", "fsm")
    git(repository, "commit", "--allow-empty", "-m", "gone")
    assert "holds no version of the project" in refused("HEAD")


def test_a_version_before_the_first_review_is_refused(version):
    (version / "fsm" / "review" / "worker.py").unlink()
    assert refused(str(version)).endswith(
        "is too old to compare: it has no fsm review (name a version that has it)"
    )


@pytest.mark.parametrize(
    "printed", ["{}", "[]", "not JSON", '{"interface": 99}', f'{{"interface": {INTERFACE}}}']
)
def test_a_version_with_another_interface_is_refused(version, printed):
    worker = version / "fsm" / "review" / "worker.py"
    worker.write_text(f"input()\nprint({printed!r})\n", encoding="utf-8")
    assert "has another interface" in refused(str(version))


def test_a_version_that_is_broken_is_refused_in_one_line(version):
    change(version, "recording/table.py", "_ANY = STATES", "_ANY = STATES[1 / 0]")
    assert refused(str(version)).endswith("cannot be run: ZeroDivisionError: division by zero")


def test_a_process_that_ends_is_an_error_of_one_line(version):
    (version / "fsm" / "review" / "worker.py").write_text("", encoding="utf-8")
    message = refused(str(version))
    assert message.endswith("cannot be run: its process ended without an error message")


def test_the_greeting_has_the_vocabulary_and_the_tables():
    hello = json.loads(json.dumps(ReviewWorker().answer({"do": "hello"})))
    assert hello["interface"] == INTERFACE
    assert "windows" in hello["vocabulary"]["platform"]
    assert hello["vocabulary"]["key of join"] == ["id", "role", "platform", "version"]
    assert hello["constants"]["DESKTOPS"] == ["macos", "windows"]
    commands = {row["command"] for row in hello["tables"]["recording"]["rows"]}
    assert {"PauseRecorder()", "StartRecorder", None} <= commands
