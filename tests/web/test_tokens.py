"""The file of tokens holds no token, and is read by nobody but its owner."""

import json
import os
import threading

import pytest

from fsm.web import tokens
from fsm.web.tokens import (
    Tokens,
    TokensFile,
    TokensFileError,
    load,
    new_sender,
    new_token,
    remove,
)

from .serving import problem, served


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.json"


def test_a_new_token_is_in_the_file_as_a_hash_alone(file):
    token = new_token(file, "bbb", ["events"])
    text = file.read_text()
    assert token not in text
    assert token.removeprefix("fsm_") not in text
    assert len(token) >= 40
    assert load(file).name_of(token) == "bbb"
    assert load(file).tokens["bbb"].scopes == {"events"}
    assert load(file).name_of(token[:-1]) is None


def test_no_two_tokens_are_the_same(file):
    assert len({new_token(file, f"t-{n}", ["read"]) for n in range(20)}) == 20


def test_the_file_is_its_owners_alone(file):
    before = os.umask(0)
    try:
        new_token(file, "a", ["read"])
        new_sender(file, "b")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_file_that_others_may_read_is_refused(file, mode):
    new_token(file, "a", ["read"])
    file.chmod(mode)
    with pytest.raises(TokensFileError, match=r"chmod 600"):
        load(file)


def test_neither_tokens_nor_secrets_are_shown(file):
    secret = new_sender(file, "bbb")
    token = new_token(file, "all", ["read"])
    shown = repr(load(file))
    assert secret not in shown
    assert token not in shown
    assert load(file).tokens["all"].sha256 not in shown


def test_a_name_is_given_once(file):
    new_token(file, "bbb", ["read"])
    with pytest.raises(TokensFileError, match="there is a 'bbb' already"):
        new_sender(file, "bbb")
    assert list(load(file).senders) == []


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "a" * 65, "ä"])
def test_a_name_that_is_none_is_refused(file, name):
    with pytest.raises(ValueError, match="a name has"):
        new_token(file, name, ["read"])
    assert not file.exists()


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "write"]])
def test_a_scope_that_is_none_is_refused(file, scopes):
    with pytest.raises(ValueError, match="events, console, read"):
        new_token(file, "a", scopes)


def test_what_is_removed_opens_nothing_any_more(file):
    token = new_token(file, "a", ["read"])
    new_sender(file, "b")
    remove(file, "a")
    remove(file, "b")
    assert load(file) == Tokens()
    assert load(file).name_of(token) is None
    with pytest.raises(TokensFileError, match="there is no 'a'"):
        remove(file, "a")


def test_tokens_that_are_made_at_once_are_all_kept(file):
    names = [f"t-{n}" for n in range(8)]
    threads = [threading.Thread(target=new_token, args=(file, name, ["read"])) for name in names]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(load(file).tokens) == names


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is no file of tokens"),
        ("[]", "it must be an object with tokens, senders"),
        ('{"token": {}}', "unknown key 'token'"),
        ('{"tokens": {"a": {"sha256": "x"}}}', "'scopes' is missing"),
        ('{"tokens": {"a": {"scopes": ["all"], "sha256": "x"}}}', "unknown value 'all'"),
        ('{"senders": {"a": {"secret": "whsec_short"}}}', "the secret of sender 'a' is none"),
        ('{"senders": {"a": {"secret": "whsec_%%%%"}}}', "the secret of sender 'a' is none"),
        ("\xff", "it is no file of tokens"),
    ],
)
def test_a_file_that_is_none_is_refused_with_one_line(file, content, why):
    file.touch(0o600)
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(TokensFileError) as raised:
        load(file)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "%%%%" not in str(raised.value)


def test_a_file_that_is_not_there_is_refused(file):
    with pytest.raises(TokensFileError, match=r"there is no such file \(fsm token new NAME"):
        load(file)


def test_a_file_that_lets_nobody_in_is_refused(file):
    new_token(file, "a", ["read"])
    remove(file, "a")
    with pytest.raises(TokensFileError, match="no token in it"):
        TokensFile(file)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TokensFileError, match="there is no directory"):
        new_token(tmp_path / "file" / "tokens.json", "a", ["read"])


def test_nothing_is_left_beside_a_file_that_could_not_be_put_in_its_place(file, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tokens.os, "fsync", full)
    with pytest.raises(TokensFileError, match="No space left"):
        new_token(file, "a", ["read"])
    assert [each.name for each in file.parent.iterdir() if "lock" not in each.name] == []


def test_a_new_token_is_good_and_a_removed_one_is_not_without_a_restart(tmp_path, file):
    first = new_token(file, "first", ["read"])
    with served(tmp_path, tokens=file) as service:
        service.service._file._every = 0
        service.service._file._next = 0

        def status(token):
            headers = {"Authorization": f"Bearer {token}"}
            return service.get("/v1/meetings", headers=headers).status_code

        assert status(first) == 200
        second = new_token(file, "second", ["read"])
        assert status(second) == 200
        remove(file, "first")
        assert (status(first), status(second)) == (401, 200)


def test_a_file_that_is_spoilt_meanwhile_leaves_things_as_they_were(tmp_path, file, log):
    token = new_token(file, "first", ["read"])
    with served(tmp_path, tokens=file) as service:
        service.service._file._every = 0
        service.service._file._next = 0
        file.write_text("{")
        headers = {"Authorization": f"Bearer {token}"}
        assert service.get("/v1/meetings", headers=headers).status_code == 200
        problem(service.get("/v1/meetings"), 401)
    assert log.getvalue().count("the tokens stay as they were") == 1
    assert json.loads(log.getvalue().splitlines()[0])["level"] == "error"
