"""The events of a meeting: valid values, and defaults."""

import pytest

from fsm.recording import (
    ChangeRole,
    End,
    Join,
    Leave,
    Pause,
    Plan,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Join(1, "host", "ios"), "id must be a str"),
        (lambda: Leave(1), "id must be a str"),
        (lambda: ChangeRole(1, "host"), "id must be a str"),
        (lambda: ChangeRole("a", "boss"), "role cannot be 'boss'"),
        (lambda: RecorderFailed(1), "detail must be a str"),
        (lambda: Start(1, "cloud"), "by must be a str"),
        (lambda: Pause(1), "by must be a str"),
        (lambda: Resume(1), "by must be a str"),
        (lambda: Stop(1), "by must be a str"),
        (lambda: Plan("cloud", "all"), "started_by cannot be 'all'"),
        (lambda: Plan("cloud", "host", 1), "host_may_pause must be a bool"),
        (lambda: Plan(kinds=("x",)), "kinds cannot be 'x'"),
        (lambda: Plan(source="x"), "source cannot be 'x'"),
    ],
)
def test_every_field_refuses_an_invalid_value_and_names_the_valid_ones(make, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_optional_fields_are_none_by_default():
    assert Join("a", "host", "ios").version is None
    assert End().by is None
    assert RecorderFailed().detail is None
