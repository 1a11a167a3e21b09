import pytest


@pytest.fixture
def token(fsm, monkeypatch, tmp_path):
    """Runs `fsm token` with a file of its own; returns the exit code and the whole output."""
    monkeypatch.setenv("FSM_TOKENS", str(tmp_path / "tokens.json"))

    def run(*arguments):
        code, out, err = fsm("token", *arguments)
        return code, out + err

    return run


def test_tokens_and_senders_are_listed_without_a_secret(token):
    _, shown = token("new", "server", "--scope", "read", "--scope", "events")
    _, secret = token("sender", "hooks")
    code, listed = token("list")
    assert (code, listed) == (0, "hooks: sends webhooks\nserver: events, read\n")
    assert shown.startswith("fsm_")
    assert secret.startswith("whsec_")


def test_a_removed_token_is_not_listed(token):
    token("new", "server", "--scope", "read")
    assert token("remove", "server")[0] == 0
    assert token("list") == (0, "")
    code, output = token("remove", "server")
    assert code == 2
    assert "there is no 'server'" in output


@pytest.mark.parametrize("arguments", [("list",), ("remove", "server")])
def test_a_missing_file_is_reported_and_not_created(token, tmp_path, arguments):
    code, output = token(*arguments)
    assert code == 2
    assert "there is no such file (fsm token new NAME --scope events" in output
    assert list(tmp_path.iterdir()) == []
