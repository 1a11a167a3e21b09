from .conftest import lines


def test_rules_shows_every_rule_with_what_carries_it(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, _ = fsm("rules")
    assert code == 0
    assert "R17 A local recording stops" not in out
    assert "R17 The causes that stop a local recording" in out
    assert "recording: leave [the recording client] recording → stopped" in out
    assert "D13 " in out


def test_rules_writes_one_json_object_a_rule(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    _, out, _ = fsm("rules", "--json")
    found = {line["rule"]: line for line in lines(out)}
    assert len(found) == 30
    assert set(found["R9"]) == {
        "rule", "title", "rows", "guards", "code", "invariants", "scenarios", "tests",
    }  # fmt: skip
    assert any("host_may_pause" in each for each in found["R9"]["guards"])


def test_rules_shows_only_the_rules_that_are_asked_for(fsm):
    out = fsm("rules", "r13", "D5")[1]
    assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R13", "D5 "]


def test_a_rule_is_found_however_it_is_written(fsm):
    for written in ("R9", "r9", "r09", " R9 "):
        out = fsm("rules", written)[1]
        assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R9 "]
