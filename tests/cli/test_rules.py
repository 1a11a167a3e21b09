from fsm.recording.rules import RULE_IDS


def test_rules_shows_every_rule_with_its_carriers(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = fsm("rules")
    assert code == 0
    assert err == "no scenarios and tests: this folder is no checkout of the project\n"
    assert "R17 A local recording stops" not in out
    assert "R17 The causes that stop a local recording" in out
    assert "recording: leave [the recording client] recording → stopped" in out
    assert "D13 " in out
    assert "D17 " in out


def test_json_output_is_one_object_a_rule(fsm_json, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    rules = {line["rule"]: line for line in fsm_json("rules", "--json")}
    assert tuple(rules) == RULE_IDS
    assert set(rules["R9"]) == {
        "rule", "title", "rows", "guards", "code", "invariants", "scenarios", "tests",
    }  # fmt: skip
    assert any("host_may_pause" in guard for guard in rules["R9"]["guards"])


def test_only_the_selected_rules_are_shown(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    out = fsm("rules", "r13", "D5")[1]
    assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R13", "D5 "]


def test_the_titles_are_shown_in_chinese(fsm, fsm_json, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    out = fsm("rules", "R17", "--lang", "zh")[1]
    assert "R17 本地录制停止的原因" in out
    assert [line["title"] for line in fsm_json("rules", "R16", "--json", "--lang", "zh")] == [
        "云录制停止的原因"
    ]


def test_the_id_of_a_rule_has_several_spellings(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for written in ("R9", "r9", "r09", " R9 "):
        out = fsm("rules", written)[1]
        assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R9 "]
