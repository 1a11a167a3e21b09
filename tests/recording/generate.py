"""Random accounts, choices and meetings as plain data.

Every generator takes a function `pick` that chooses an item of a list: hypothesis draws it in a
property test, a seeded `random.Random` where runs are counted. Both have the same distribution.
"""

import random

from hypothesis import strategies as st

EDITIONS = ["free", "pro", "business", "enterprise", "education", "education_plus"]
TYPES = ["scheduled", "webinar", "recurring", "quick", "personal"]
PLATFORMS = ["windows", "macos", "ios", "android", "linux", "web", "phone", "room", "other"]
VERSIONS = [None, "3.16", "3.17", "3.9", "3.20", "4", "2.99.9", "unknown"]
ROLES = ["host", "cohost", "member"]
# With few ids, refused joins and leaves, changes of role and hand-overs are frequent.
IDS = ["ann", "ben", "cal"]
# After an end every event is refused, so it must be rare.
NAMES = (
    ["join"] * 7
    + ["leave"] * 4
    + ["role"] * 3
    + ["start"] * 4
    + ["pause"] * 4
    + ["resume"] * 3
    + ["stop"] * 2
    + ["recorder_failed"]
    + ["end"]
)


def an_account(pick):
    account = {
        "edition": pick(EDITIONS),
        "cloud_recording": True,
        "local_recording": True,
        "enabled": False,
        "locked": False,
        "kind": "cloud",
        "start_on_any_join": False,
        "host_may_pause": True,
    }
    if account["edition"] in ("free", "pro"):
        return account
    account["cloud_recording"] = pick([True, True, False])
    account["local_recording"] = pick([True, True, False])
    account["enabled"] = pick([True, True, False])
    account["locked"] = pick([True, False])
    account["kind"] = pick(["cloud", "cloud", "local"])
    if account["kind"] == "cloud":
        account["start_on_any_join"] = pick([True, False])
        account["host_may_pause"] = pick([True, False])
    return account


def a_choice(pick):
    if pick([True, False]):
        return None
    return {
        "auto_record": pick([True, True, False]),
        "kind": pick(["cloud", "local", None]),
        "started_by": pick(["host", "anyone", None]),
    }


def an_event(pick):
    name = pick(NAMES)
    if name == "join":
        # Half of the joins have a supported platform and version, or few recordings would start.
        usual = pick([True, False])
        event = {
            "id": pick(IDS),
            "role": pick(ROLES),
            "platform": pick(["windows", "macos", "ios"] if usual else PLATFORMS),
        }
        if not usual:
            event["version"] = pick(VERSIONS)
        return name, event
    if name == "leave":
        return name, {"id": pick(IDS)}
    if name == "role":
        return name, {"id": pick(IDS), "role": pick(ROLES)}
    if name == "end":
        return name, {"by": pick([None, *IDS])}
    if name == "recorder_failed":
        return name, {"detail": pick([None, "disk full"])}
    if name == "start":
        return name, {"by": pick(IDS), "kind": pick(["cloud", "local"])}
    return name, {"by": pick(IDS)}


# Hypothesis draws an event from this list at once; drawing its parts takes much longer.
_rng = random.Random("events")
EVENTS = [an_event(_rng.choice) for _ in range(10_000)]


def settings_of_a_meeting(pick):
    """An account, the user's and the booking's choice, and a meeting type."""
    meeting_type = pick(TYPES)
    booking = None if meeting_type in ("quick", "personal") else a_choice(pick)
    return an_account(pick), a_choice(pick), booking, meeting_type


def a_case(pick, length):
    """The settings of a meeting, and its events."""
    return *settings_of_a_meeting(pick), [pick(EVENTS) for _ in range(length)]


def _pick(draw):
    return lambda choices: draw(st.sampled_from(choices))


@st.composite
def accounts(draw):
    return an_account(_pick(draw))


@st.composite
def choices(draw):
    return a_choice(_pick(draw))


@st.composite
def headers(draw):
    return settings_of_a_meeting(_pick(draw))


# Made once, because hypothesis examines all events whenever it is made.
_an_event = st.sampled_from(EVENTS)


def events(length=30):
    # By default hypothesis makes lists of about five events, too short for most recordings.
    sizes = st.integers(0, length)
    return sizes.flatmap(lambda size: st.lists(_an_event, min_size=size, max_size=size))


@st.composite
def cases(draw, length=30):
    return *draw(headers()), draw(events(length))
