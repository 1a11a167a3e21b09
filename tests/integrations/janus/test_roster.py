import jwt
import pytest

from fsm.integrations.janus import JoinTokenError, JoinTokens, RosterEntry

KEY = b"k" * 32
ALICE = RosterEntry("alice", "host", "windows", "3.20")
CLAIMS = {
    "aud": "meeting-fsm", "exp": 2_000, "meeting": "m-1",
    "participant": "alice", "role": "host", "platform": "windows", "version": "3.20",
}  # fmt: skip


def tokens(now=1_000, key=KEY):
    return JoinTokens(key, clock=lambda: now)


def signed(key=KEY, algorithm="HS256", **changes):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_token_admits_with_its_claims():
    assert tokens().entry("m-1", tokens().issue("m-1", ALICE)) == ALICE


def test_a_token_can_be_issued_by_any_library():
    assert tokens().entry("m-1", signed()) == ALICE


def test_a_version_may_be_missing():
    person = tokens().entry("m-1", signed(version=None))
    assert person == RosterEntry("alice", "host", "windows", None)


def test_a_token_expires():
    token = tokens().issue("m-1", ALICE, lifetime=60)
    assert tokens(now=1_059).entry("m-1", token) == ALICE
    with pytest.raises(JoinTokenError, match="expired"):
        tokens(now=1_060).entry("m-1", token)
    assert tokens(now=1_060).entry("m-1", token, expired=True) == ALICE


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "there is no join token"),
        ("", "not valid"),
        ("alice", "not valid"),
        ("ä.ö.ü", "not valid"),
        ("x" * 5_000, "too long"),
        (signed(key=b"l" * 32), "not valid"),
        (signed(key=b"k" * 64, algorithm="HS512"), "not valid"),
        (signed(key="", algorithm="none"), "not valid"),
        (signed(aud="another"), "not valid"),
        (signed(aud=None), "not valid"),
        (signed(exp=None), "not valid"),
        (signed(exp="never"), "does not say when it expires"),
        (signed(meeting="m-2"), "for another meeting"),
        (signed(meeting=None), "for another meeting"),
        (signed(role="owner"), "not complete"),
        (signed(role=None), "not complete"),
        (signed(platform="vms"), "not complete"),
        (signed(participant=""), "not complete"),
        (signed(participant="x" * 151), "not complete"),
        (signed(participant=5), "not complete"),
    ],
)
def test_a_token_that_is_not_good_admits_nobody(token, message):
    with pytest.raises(JoinTokenError, match=message):
        tokens().entry("m-1", token)


def test_a_key_has_at_least_32_bytes():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        JoinTokens(b"short")
