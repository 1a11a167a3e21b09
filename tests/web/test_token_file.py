"""The token file: contents, permissions, editing, reloading."""

import json
import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from fsm.web import token_file
from fsm.web.token_file import (
    TokenFile,
    TokenFileError,
    create_sender,
    create_token,
    read_tokens,
    remove_name,
)
from fsm.web.tokens import Tokens

from .serving import problem, served


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.json"


def test_the_file_holds_only_the_hash_of_a_token(file):
    token = create_token(file, "bbb", ["events"])
    text = file.read_text()
    assert token not in text
    assert token.removeprefix("fsm_") not in text
    assert len(token) >= 40
    assert read_tokens(file).name_of(token) == "bbb"
    assert read_tokens(file).tokens["bbb"].scopes == {"events"}
    assert read_tokens(file).name_of(token[:-1]) is None


def test_only_the_owner_may_access_the_file_and_its_lock(file):
    before = os.umask(0)
    try:
        create_token(file, "a", ["read"])
        create_sender(file, "b")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes == {file.name: 0o600, f"{file.name}.lock": 0o600}


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_file_that_others_may_access_is_refused(file, mode):
    create_token(file, "a", ["read"])
    file.chmod(mode)
    with pytest.raises(TokenFileError, match=r"chmod 600"):
        read_tokens(file)


def test_a_file_that_another_program_has_locked_is_refused_in_time(file, monkeypatch):
    monkeypatch.setattr(token_file, "_LOCK_TIMEOUT", 0.01)
    with (
        FileLock(f"{file}.lock"),
        pytest.raises(TokenFileError, match="another program has locked"),
    ):
        create_token(file, "a", ["read"])
    create_token(file, "a", ["read"])


def test_reprs_contain_neither_hashes_nor_secrets(file):
    secret = create_sender(file, "bbb")
    token = create_token(file, "all", ["read"])
    shown = repr(read_tokens(file))
    assert secret not in shown
    assert token not in shown
    assert read_tokens(file).tokens["all"].sha256 not in shown


def test_a_name_in_use_is_refused(file):
    create_token(file, "bbb", ["read"])
    with pytest.raises(TokenFileError, match="there is a 'bbb' already"):
        create_sender(file, "bbb")
    assert list(read_tokens(file).senders) == []


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "a" * 65, "ä"])
def test_an_invalid_name_is_refused(file, name):
    with pytest.raises(ValueError, match="a name has"):
        create_token(file, name, ["read"])
    assert not file.exists()


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "write"]])
def test_missing_and_unknown_scopes_are_refused(file, scopes):
    with pytest.raises(ValueError, match="events, console, read"):
        create_token(file, "a", scopes)


def test_a_removed_token_is_unknown(file):
    token = create_token(file, "a", ["read"])
    create_sender(file, "b")
    remove_name(file, "a")
    remove_name(file, "b")
    assert read_tokens(file) == Tokens()
    assert read_tokens(file).name_of(token) is None
    with pytest.raises(TokenFileError, match="there is no 'a'"):
        remove_name(file, "a")


def test_tokens_that_are_created_concurrently_are_all_stored(file):
    names = [f"t-{n}" for n in range(8)]
    threads = [threading.Thread(target=create_token, args=(file, name, ["read"])) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_tokens(file).tokens) == names


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "the file is not a token file"),
        ("[]", "it must be an object with tokens, senders"),
        ('{"token": {}}', "unknown key 'token'"),
        ('{"tokens": {"a": {"sha256": "x"}}}', "'scopes' is missing"),
        ('{"tokens": {"a": {"scopes": ["all"], "sha256": "x"}}}', "unknown value 'all'"),
        (
            '{"senders": {"a": {"secret": "whsec_short"}}}',
            "/senders/a/secret: a secret is whsec_",
        ),
        (
            '{"senders": {"a": {"secret": "whsec_%%%%"}}}',
            "/senders/a/secret: a secret is whsec_",
        ),
        (
            '{"senders": {"a/b": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}}}',
            "/senders: a name has 1 to 64 of the letters a-z, A-Z, 0-9, - and _",
        ),
        ('{"tokens": {"sender x": {"scopes": ["read"], "sha256": "x"}}}', "/tokens: a name has"),
        ("\xff", "the file is not a token file"),
    ],
)
def test_a_malformed_file_is_refused_with_one_line(file, content, why):
    file.touch(0o600)
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(TokenFileError) as raised:
        read_tokens(file)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "%%%%" not in str(raised.value)


def test_a_missing_file_is_refused(file):
    with pytest.raises(TokenFileError, match=r"there is no such file \(fsm token new NAME"):
        read_tokens(file)


def test_a_file_without_tokens_is_refused(file):
    create_token(file, "a", ["read"])
    remove_name(file, "a")
    with pytest.raises(TokenFileError, match="no token in it"):
        TokenFile(file)


def test_a_missing_directory_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TokenFileError, match="there is no directory"):
        create_token(tmp_path / "file" / "tokens.json", "a", ["read"])


def test_a_failed_write_leaves_no_temporary_file(file, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(token_file.os, "fsync", full)
    with pytest.raises(TokenFileError, match="No space left"):
        create_token(file, "a", ["read"])
    assert [path.name for path in file.parent.iterdir() if "lock" not in path.name] == []


def test_new_and_removed_tokens_take_effect_without_a_restart(tmp_path, file):
    first = create_token(file, "first", ["read"])
    with served(tmp_path, tokens=file) as service:
        service.service._token_file._interval = 0
        service.service._token_file._next_check = 0

        def status(token):
            headers = {"Authorization": f"Bearer {token}"}
            return service.get("/v1/meetings", headers=headers).status_code

        assert status(first) == 200
        second = create_token(file, "second", ["read"])
        assert status(second) == 200
        remove_name(file, "first")
        assert (status(first), status(second)) == (401, 200)


def test_after_the_file_is_damaged_earlier_tokens_stay_valid(tmp_path, file, log):
    token = create_token(file, "first", ["read"])
    with served(tmp_path, tokens=file) as service:
        service.service._token_file._interval = 0
        service.service._token_file._next_check = 0
        file.write_text("{")
        headers = {"Authorization": f"Bearer {token}"}
        assert service.get("/v1/meetings", headers=headers).status_code == 200
        problem(service.get("/v1/meetings"), 401)
    assert log.getvalue().count("token file not reloaded") == 1
    assert json.loads(log.getvalue().splitlines()[0])["level"] == "error"


@pytest.mark.parametrize("action", [create_token, create_sender, remove_name, read_tokens])
@pytest.mark.parametrize("what", ["pipe", "folder", "device"])
def test_anything_but_a_regular_file_is_refused_at_once(tmp_path, action, what):
    file = Path("/dev/zero") if what == "device" else tmp_path / "odd"
    if what == "pipe":
        os.mkfifo(file, 0o600)
    elif what == "folder":
        file.mkdir()
    before = sorted(tmp_path.iterdir())
    more = {create_token: ("a", ["read"]), read_tokens: ()}.get(action, ("a",))
    with pytest.raises(TokenFileError, match="is not a regular file"):
        action(file, *more)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("folder", ["/proc", "/sys"])
def test_a_folder_in_which_no_file_can_be_made_is_reported_at_once(folder):
    with pytest.raises(TokenFileError, match=r"tokens\.json: cannot be written: "):
        create_token(Path(folder) / "tokens.json", "a", ["read"])


def test_a_link_in_place_of_the_lock_is_not_followed(file, tmp_path):
    Path(f"{file}.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TokenFileError, match="cannot be written"):
        create_token(file, "a", ["read"])
    assert not (tmp_path / "elsewhere").exists()
