from .conftest import lines


def test_plan_shows_status_form_and_reasons(fsm, scenario):
    code, out, _ = fsm("plan", scenario)
    assert code == 0
    assert "status free" in out
    assert "☐ auto-record: ◉ cloud, started by a host, ○ cloud, started by anyone" in out
    assert "the user's choice (R11)" in out


def test_plan_says_when_the_form_is_locked_or_not_shown(fsm, scenario):
    scenario.write_text(
        "account: {edition: business, auto_record: {enabled: true, locked: true, kind: local}}\n"
        "---\naccount: {edition: business, auto_record: {locked: true}}\n",
        encoding="utf-8",
    )
    _, out, _ = fsm("plan", scenario)
    assert "☑" in out
    assert "XX" in out
    assert "form: not shown" in out
    assert "no auto-recording (nobody chose it)" in out


def test_plan_writes_one_json_object_a_scenario(fsm, scenario):
    _, out, _ = fsm("plan", "--json", scenario)
    [line] = lines(out)
    assert line["plan"] == {
        "kind": "cloud", "started_by": "host", "host_may_pause": True, "source": "user",
    }  # fmt: skip
