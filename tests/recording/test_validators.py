import pytest

from fsm.recording import Account, AutoRecord, ChangeRole, Choice, End, Join, Meeting, Plan, Start


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Join("a", "Host", "ios"), "role cannot be 'Host' (did you mean 'host'?)"),
        (lambda: Join("a", "king", "ios"), "role cannot be 'king' (one of: host, "),
        (lambda: Join("a", "host", "iPad"), "platform cannot be 'iPad' (did you mean 'ios'?)"),
        (lambda: Join("a", "host", "tv"), "platform cannot be 'tv' (report it as 'other')"),
        (lambda: Join("a", [], "ios"), "role cannot be []"),
        (lambda: Join("a", "host", "Windows"), "platform cannot be 'Windows'"),
        (lambda: Join(1, "host", "ios"), "id must be a str, not a int: 1"),
        (lambda: Join("a", "host", "ios", 3.2), "version must be a str, not a float: 3.2"),
        (lambda: ChangeRole("a", None), "role cannot be None"),
        (lambda: Start("a", "clod"), "kind cannot be 'clod' (did you mean 'cloud'?)"),
        (lambda: Start("a", 7), "kind cannot be 7 (one of: cloud, local)"),
        (lambda: End(7), "by must be a str"),
        (lambda: Account("Enterprise"), "edition cannot be 'Enterprise'"),
        (lambda: Account("pro", cloud_recording=1), "cloud_recording must be a bool"),
        (lambda: Account("business", auto_record=True), "auto_record must be a AutoRecord"),
        (lambda: AutoRecord(enabled="yes"), "enabled must be a bool, not a str: 'yes'"),
        (lambda: AutoRecord(kind="Cloud"), "kind cannot be 'Cloud'"),
        (lambda: Choice("no"), "auto_record must be a bool"),
        (lambda: Choice(True, "clod"), "kind cannot be 'clod'"),
        (lambda: Choice(True, started_by="all"), "started_by cannot be 'all'"),
        (lambda: Plan("clod"), "kind cannot be 'clod'"),
        (lambda: Plan(source="me"), "source cannot be 'me'"),
        (lambda: Plan(kinds=("cloud", "x")), "kinds cannot be 'x'"),
        (lambda: Meeting("cloud"), "plan must be a Plan, not a str: 'cloud'"),
    ],
)
def test_an_invalid_value_is_refused_with_one_line_that_names_its_field(make, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        make()
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


@pytest.mark.rule("R12")
@pytest.mark.parametrize("kind", ["local", None])
@pytest.mark.parametrize("option", [{"started_by": "anyone"}, {"host_may_pause": False}])
def test_only_a_plan_for_the_cloud_has_sub_options(kind, option):
    with pytest.raises(ValueError, match="only a cloud recording has sub-options"):
        Plan(kind, **option)
    assert Plan("cloud", **option).kind == "cloud"
