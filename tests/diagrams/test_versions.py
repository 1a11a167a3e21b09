import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fsm
from fsm.diagrams import DIAGRAM_NAMES, VersionError, compare, diagram, diagrams_of_version
from fsm.diagrams.dump import dump_diagrams
from fsm.diagrams.versions import DUMP_FORMAT, from_data, to_data

PACKAGE = Path(fsm.__file__).parent


@pytest.fixture
def version(tmp_path):
    """A copy of this version, to be changed."""
    tree = tmp_path / "version"
    shutil.copytree(PACKAGE, tree / "fsm")
    return tree


def git(tree, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=tree, check=True, capture_output=True)


@pytest.fixture
def repository(version, monkeypatch):
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git(version, "init")
    (version / ".gitignore").write_text("__pycache__\n", encoding="utf-8")
    git(version, "add", ".")
    git(version, "commit", "-m", "first")
    monkeypatch.chdir(version)
    return version


def change_table(tree, old, new):
    table = tree / "fsm" / "recording" / "table.py"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_directory_has_its_own_diagrams_and_is_not_written_to(version):
    change_table(version, '("records_to_cloud", "host_may_pause")', '("records_to_cloud",)')
    before = sorted(version.rglob("*"))
    modules = set(sys.modules)
    others = diagrams_of_version(str(version))
    assert list(others) == list(DIAGRAM_NAMES)
    (change,) = compare(others["recording"], diagram("recording")).transitions
    assert change.new.trigger == "pause"
    assert sorted(version.rglob("*")) == before
    assert set(sys.modules) == modules


@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD~0"])
def test_a_revision_has_the_committed_diagrams(repository, revision):
    change_table(repository, '("records_to_cloud", "host_may_pause")', '("records_to_cloud",)')
    assert not compare(diagrams_of_version(revision)["recording"], diagram("recording"))


def test_a_revision_is_found_from_a_folder_inside_the_repository(repository, monkeypatch):
    monkeypatch.chdir(repository / "fsm" / "engine")
    assert not compare(diagrams_of_version("HEAD")["policy"], diagram("policy"))


@pytest.mark.parametrize("revision", ["nope", "--help", "", "HEAD:fsm", "a\nb", "../nowhere"])
def test_a_name_of_neither_a_directory_nor_a_revision_is_refused(repository, revision):
    with pytest.raises(VersionError, match="is neither a directory nor a git revision"):
        diagrams_of_version(revision)


def test_without_a_repository_there_are_no_revisions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(VersionError, match="there is no git repository here"):
        diagrams_of_version("HEAD")


def test_without_git_there_are_no_revisions(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VersionError, match="git is not installed"):
        diagrams_of_version("HEAD")


def test_a_directory_of_another_project_is_refused(tmp_path):
    with pytest.raises(VersionError, match="holds no version of the project"):
        diagrams_of_version(str(tmp_path))


def test_a_revision_of_another_project_is_refused(repository):
    git(repository, "rm", "-r", "-q", "fsm")
    git(repository, "commit", "--allow-empty", "-m", "gone")
    with pytest.raises(VersionError, match="holds no version of the project"):
        diagrams_of_version("HEAD")


def test_a_version_that_cannot_print_its_diagrams_is_too_old(version):
    (version / "fsm" / "diagrams" / "dump.py").unlink()
    with pytest.raises(VersionError, match="is too old to compare"):
        diagrams_of_version(str(version))


@pytest.mark.parametrize(
    "printed",
    ["{}", "[]", "not JSON", '{"format": 99}', f'{{"format": {DUMP_FORMAT}}}'],
)
def test_a_version_that_prints_another_format_is_refused(version, printed):
    (version / "fsm" / "diagrams" / "dump.py").write_text(f"print({printed!r})\n", encoding="utf-8")
    with pytest.raises(VersionError, match="prints its diagrams in another format"):
        diagrams_of_version(str(version))


def test_a_version_that_prints_an_older_format_is_too_old(version):
    (version / "fsm" / "diagrams" / "dump.py").write_text(
        "print('{\"format\": 3}')\n", encoding="utf-8"
    )
    with pytest.raises(VersionError, match="is too old to compare"):
        diagrams_of_version(str(version))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"join": ("is_open", "is_absent")', '"join": ("is_absent", "is_open")'),
        ('("is_open", "requester_is_present", "requester_is_host")',
         '("requester_is_present", "is_open", "requester_is_host")'),
    ],
)  # fmt: skip
def test_preconditions_in_another_order_are_a_difference(version, old, new):
    change_table(version, old, new)
    diff = compare(diagrams_of_version(str(version))["recording"], diagram("recording"))
    (preconditions,) = diff.preconditions
    assert preconditions.kind == "changed"


def test_a_version_that_is_broken_is_refused_in_one_line(version):
    change_table(version, "_ANY = STATES", "_ANY = STATES[1 / 0]")
    with pytest.raises(VersionError) as caught:
        diagrams_of_version(str(version))
    assert str(caught.value).endswith("cannot be drawn: ZeroDivisionError: division by zero")


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_diagram_survives_the_round_trip_through_json(name):
    shown = diagram(name)
    assert not compare(from_data(json.loads(json.dumps(to_data(shown)))), shown)


def test_unknown_keys_of_a_later_version_are_ignored():
    data = to_data(diagram("policy"))
    data["nodes"][0]["later"] = data["later"] = 1
    assert not compare(from_data(data), diagram("policy"))


def test_a_missing_key_is_an_error():
    data = to_data(diagram("policy"))
    del data["transitions"][0]["guards"]
    with pytest.raises(KeyError, match="guards"):
        from_data(data)


def test_the_dump_has_every_diagram():
    data = json.loads(dump_diagrams())
    assert [each["name"] for each in data["diagrams"]] == list(DIAGRAM_NAMES)
    assert not any(compare(from_data(each), diagram(each["name"])) for each in data["diagrams"])
