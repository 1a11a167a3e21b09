"""Tokens and webhook secrets."""

import pytest

from fsm.web.tokens import SCOPES, Token, Tokens, check_secret, hash_token, new_secret, new_token


def test_a_token_is_known_by_its_hash():
    token, other = new_token(), new_token()
    tokens = Tokens({"a": Token(frozenset(SCOPES), hash_token(token))})
    assert tokens.name_of(token) == "a"
    assert tokens.name_of(other) is None
    assert tokens.name_of("") is None
    assert tokens.name_of("\ud800") is None


def test_no_two_tokens_or_secrets_are_the_same():
    assert len({new_token() for _ in range(20)}) == 20
    assert len({new_secret() for _ in range(20)}) == 20


def test_a_new_secret_is_valid():
    check_secret(new_secret())


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_%%%%", "whsec_c2hvcnQ=", "ä"])
def test_a_malformed_or_short_secret_is_refused(secret):
    with pytest.raises(ValueError, match="a secret is whsec_ and 16 bytes or more in base64"):
        check_secret(secret)
