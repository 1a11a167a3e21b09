def test_plan_shows_status_form_and_reasons(fsm, scenario):
    code, out, _ = fsm("plan", scenario)
    assert code == 0
    assert "status free" in out
    assert "☐ auto-record: ◉ cloud, started by a host · ○ cloud, started by anyone" in out
    assert "the user's choice (R11)" in out


def test_plan_shows_a_locked_and_a_hidden_form(fsm, scenario):
    scenario.write_text(
        "account: {edition: business, auto_record: {enabled: true, locked: true, kind: local}}\n"
        "---\naccount: {edition: business, auto_record: {locked: true}}\n",
        encoding="utf-8",
    )
    _, out, _ = fsm("plan", scenario)
    assert "☑" in out
    assert "(locked: contact the admin)" in out
    assert "form: not shown" in out
    assert "no auto-recording (nobody chose it)" in out


def test_json_output_is_one_object_a_scenario(fsm_json, scenario):
    [line] = fsm_json("plan", "--json", scenario)
    assert line["plan"] == {
        "kind": "cloud", "started_by": "host", "host_may_pause": True, "source": "user",
    }  # fmt: skip


def test_the_text_is_in_chinese(fsm, scenario):
    code, out, err = fsm("plan", "--lang", "zh", scenario)
    assert (code, err) == (0, "")
    assert "表单：☐ 自动录制：◉ 主持人入会后开启云录制 · ○ 成员入会后开启云录制" in out
    assert "主持人入会后开启云录制：用户设置中的选择（R11）" in out
    scenario.write_text("account: {edition: business, auto_record: {locked: true}}", "utf-8")
    assert "表单：不展示" in fsm("plan", "--lang", "zh", scenario)[1]
    assert fsm("plan", "--json", "--lang", "zh", scenario) == fsm("plan", "--json", scenario)
