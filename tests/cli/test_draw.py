import shutil
from functools import partial
from pathlib import Path

import pytest

import fsm as package
from fsm.cli.data import load_scenarios
from fsm.cli.draw import row_counts, scenario_files, split_names_and_paths

from ..diagrams.gallery import render_once
from .machines import write_shop

ROOT = Path(__file__).parents[2]
SCENARIO = """\
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: host}
events:
  - join: {id: alice, role: host, platform: windows}
  - join: {id: bob, role: member, platform: ios}
  - pause: {by: alice}
  - leave: {id: alice}
"""


@pytest.fixture
def draw(fsm):
    return partial(fsm, "draw")


@pytest.fixture
def scenario(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


@pytest.fixture
def version(tmp_path):
    tree = tmp_path / "version"
    shutil.copytree(Path(package.__file__).parent, tree / "fsm")
    return tree


def names(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.*"))


def test_check_names_the_files_that_are_stale_missing_or_superfluous(draw, monkeypatch, tmp_path):
    render_once(monkeypatch)
    target = tmp_path / "diagrams"
    assert draw("-o", target)[0] == 0
    assert (target / "recording.svg").exists()
    assert draw("-o", target, "--check") == (0, f"the files in {target} are current\n", "")
    (target / "recording.svg").write_bytes(b"old")
    (target / "policy.png").unlink()
    (target / "policy-old.svg").write_bytes(b"")
    (target / "mine.svg").write_bytes(b"")
    code, out, _ = draw("-o", target, "--check")
    assert code == 1
    assert out.splitlines() == [
        f"{target / 'policy-old.svg'}: superfluous",
        f"{target / 'policy.png'}: missing",
        f"{target / 'recording.svg'}: stale",
    ]


def test_a_missing_folder_is_one_line_of_check(draw, tmp_path):
    target = tmp_path / "nowhere"
    code, out, err = draw("-o", target, "--check")
    assert (code, out, err) == (1, f"{target}: missing (fsm draw -o {target} draws it)\n", "")


def test_a_file_in_the_place_of_the_folder_is_bad_input(draw, tmp_path):
    target = tmp_path / "README.md"
    target.touch()
    for more in ([], ["--check"]):
        code, out, err = draw("-o", target, *more)
        assert (code, out, err) == (2, "", f"fsm draw: {target} is a file (name a folder)\n")


@pytest.mark.parametrize("more", [[], ["--check"]])
def test_a_foreign_page_is_left_alone_and_nothing_is_drawn(draw, tmp_path, more):
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    code, out, err = draw("-o", tmp_path, *more)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "README.md is not a page of diagrams and is left alone" in err
    assert names(tmp_path) == ["README.md"]
    assert draw("policy", "--format", "dot", "-o", tmp_path)[0] == 0


def test_chinese_diagrams_have_a_folder_of_their_own(draw, tmp_path):
    assert draw("policy", "--format", "dot", "-o", tmp_path)[0] == 0
    assert draw("policy", "--format", "dot", "--lang", "zh", "-o", tmp_path)[0] == 0
    assert names(tmp_path) == ["policy.dot", "zh/policy.dot"]
    for lang in ("en", "zh"):
        assert draw("policy", "--format", "dot", "--lang", lang, "-o", tmp_path, "--check")[0] == 0


def test_all_chinese_diagrams_are_those_of_the_gallery(draw, tmp_path):
    assert draw("--lang", "zh", "-o", tmp_path)[0] == 0
    assert draw("--lang", "zh", "-o", tmp_path, "--check")[0] == 0
    assert {Path(name).suffix for name in names(tmp_path)} == {".svg", ".png"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--covered-by", "a.yaml", "--check"], "exclude each other"),
        (
            ["--covered-by", "nowhere.yaml"],
            "there is no file 'nowhere.yaml' (name a scenario file, or a directory of them)",
        ),
        (["--covered-by", "."], "there is no scenario in '.'"),
        (["policy", "--covered-by", "fine.yml"], "scenarios never take 'policy'"),
        (["recordin", "--covered-by", "fine.yml"], "did you mean 'recording'?"),
        (["--covered-by", "fine.yml", "--format", "gif"], "there is no format 'gif'"),
    ],
)
def test_bad_input_gets_one_line(draw, tmp_path, monkeypatch, arguments, complaint):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    if "fine.yml" in arguments:
        Path("fine.yml").write_text(SCENARIO, encoding="utf-8")
    code, out, err = draw(*arguments, "-o", tmp_path / "out")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
    assert not (tmp_path / "out").exists()


def test_a_machine_of_the_users_own_is_drawn_and_checked(draw, tmp_path, monkeypatch):
    write_shop(tmp_path, "", name="drawn_shop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ["drawn_shop:machine", "--format", "mermaid,svg", "-o", tmp_path / "out"]
    assert draw(*arguments)[0] == 0
    assert names(tmp_path / "out") == ["drawn_shop.machine.mmd", "drawn_shop.machine.svg"]
    assert "insert [it is empty] / add a coin" in (
        tmp_path / "out/drawn_shop.machine.mmd"
    ).read_text().replace("#91;", "[").replace("#93;", "]")
    assert draw(*arguments, "--check")[0] == 0
    (tmp_path / "out" / "drawn_shop.machine.svg").write_bytes(b"old")
    assert draw(*arguments, "--check")[:2] == (
        1,
        f"{tmp_path / 'out/drawn_shop.machine.svg'}: stale\n",
    )
    code, _, err = draw("drawn_shop:nothing")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean 'machine' or 'unfrozen'?" in err
    (tmp_path / "a.yaml").write_text(SCENARIO, encoding="utf-8")
    code, _, err = draw("drawn_shop:machine", "--covered-by", "a.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert "scenarios never take 'drawn_shop.machine'" in err


def test_every_faulty_scenario_is_named(draw, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.yaml", "b.json"):
        (folder / name).write_text("[]", encoding="utf-8")
    code, out, err = draw("--covered-by", folder, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert [Path(line.split(":")[0]).name for line in err.splitlines()] == ["a.yaml", "b.json"]


def test_coverage_counts_the_transitions_that_scenarios_take(draw, scenario, tmp_path):
    code, out, err = draw("--covered-by", scenario, "-o", tmp_path / "out")
    assert code == 0
    first, *never = out.splitlines()
    total = 4 + len(never)
    assert first == f"recording: 4 of {total} transitions taken by 1 scenario in 1 file"
    assert all(line.startswith("  never: ") for line in never)
    assert err.count("drew ") == 2
    assert names(tmp_path / "out") == ["recording-coverage.png", "recording-coverage.svg"]


def test_a_diagram_of_a_plan_counts_the_scenarios_of_that_plan(draw, scenario, tmp_path):
    local = SCENARIO.replace("cloud, started_by: host", "local").replace("pro", "business")
    (tmp_path / "local.yaml").write_text(local, encoding="utf-8")
    code, out, _ = draw(
        "recording-local", "recording", "--covered-by", scenario, tmp_path / "local.yaml",
        "--format", "dot", "-o", tmp_path / "out",
    )  # fmt: skip
    assert code == 0
    totals = [line for line in out.splitlines() if "taken by" in line]
    assert totals[0].startswith("recording-local: 4 of ")
    assert totals[0].endswith("by 1 scenario in 1 file")
    assert totals[1].endswith("by 2 scenarios in 2 files")


def test_scenarios_and_their_files_are_counted_separately(draw, scenario, tmp_path):
    (tmp_path / "two.yaml").write_text(f"{SCENARIO}---\n{SCENARIO}", encoding="utf-8")
    _, out, _ = draw(
        "--covered-by", scenario, tmp_path / "two.yaml", "--format", "dot", "-o", tmp_path / "out"
    )
    assert out.splitlines()[0].endswith("by 3 scenarios in 2 files")


def test_the_scenarios_of_the_project_take_most_of_the_machine():
    files = scenario_files([str(ROOT / "examples")])
    assert not [file for file in files if file.endswith(".schema.json")]
    scenarios = load_scenarios(files)
    assert len(row_counts(scenarios)) > 25


def test_paths_and_names_of_diagrams_are_split(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("policy", "a.yaml"):
        Path(name).touch()
    names_and_paths = split_names_and_paths(["policy", "a.yaml", "nothing", "-"])
    assert names_and_paths == (("policy", "nothing"), ("a.yaml", "-"))
