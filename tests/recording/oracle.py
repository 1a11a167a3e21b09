"""A second reading of the rules, in plain dicts and loops, to hold the real one against.

It is written from the rules alone, imports nothing from fsm, and is naive on purpose: it keeps
a list of who is present and scans it anew for every question. Where the rules leave a choice,
the comment says which way it goes.
"""

CONSOLE_EDITIONS = ["business", "enterprise", "education", "education_plus"]
AUTO_CLOUD_PLATFORMS = ["windows", "macos", "ios", "android"]
DESKTOPS = ["windows", "macos"]
UNBOOKED = ["quick", "personal"]


# --- settings -> status, form, plan ---------------------------------------------------------


def has_console(account):
    return account["edition"] in CONSOLE_EDITIONS


def offered_kinds(account):
    """D6: a kind whose master switch is off is not on offer; R1: local needs a console edition."""
    if not has_console(account):
        return ["cloud"]
    return [
        kind
        for kind, switch in (("cloud", "cloud_recording"), ("local", "local_recording"))
        if account[switch]
    ]


def console_enabled(account):
    """D6: a console whose own kind is off counts as not enabled."""
    if not has_console(account):
        return False
    return account["enabled"] and account["kind"] in offered_kinds(account)


def status(account):
    """R6. An edition without a console has nothing disabled or locked: its users may tick: free."""
    if not has_console(account):
        return "free"
    if offered_kinds(account) == []:
        return "off"
    if console_enabled(account):
        return "locked_on" if account["locked"] else "default_on"
    return "off" if account["locked"] else "free"


def options(account):
    """R10, as (kind, started_by) pairs."""
    if not has_console(account):
        return [("cloud", "host"), ("cloud", "anyone")]
    return [(kind, "host") for kind in offered_kinds(account)]


def form(account):
    """R6 and R10: what somebody who has chosen nothing yet sees."""
    now = status(account)
    if now == "off":
        return {
            "visible": False,
            "ticked": False,
            "editable": False,
            "options": [],
            "selected": None,
            "contact_admin": False,
        }
    # The form of a console has no "anyone" option, so the admin's kind shows as the option of
    # that kind even where the sub-option lets anyone's join start it.
    selected = options(account)[0] if now == "free" else (account["kind"], "host")
    return {
        "visible": True,
        "ticked": now in ("default_on", "locked_on"),
        "editable": now != "locked_on",
        "options": options(account),
        "selected": selected,
        "contact_admin": now == "locked_on",
    }


def on_offer(account, choice):
    """D7. Choosing no auto-recording is always on offer.

    A console's form has no "anyone" (R10), so a choice of it stored by an account that was
    `pro` once is no longer on offer.
    """
    return not choice["auto_record"] or (choice["kind"], choice["started_by"]) in options(account)


def completed(account, choice):
    """A choice may leave open what the form has picked, and who starts it: then a host."""
    kind = choice["kind"] or (form(account)["selected"] or ("cloud",))[0]
    return choice | {"kind": kind, "started_by": choice["started_by"] or "host"}


def plan(account, user=None, booking=None, meeting_type="scheduled"):
    """R11, R12, D7, D13."""
    nothing = {"kind": None, "started_by": "host", "host_may_pause": True}
    now = status(account)
    if now == "off":
        return nothing | {"source": "none"}
    if now == "locked_on":
        return with_sub_options(account, account["kind"], "host") | {"source": "console"}
    candidates = [("booking", booking), ("user", user)]
    if meeting_type in UNBOOKED:
        candidates = [("user", user)]
    for source, choice in candidates:
        if choice is None:
            continue
        choice = completed(account, choice)
        if not on_offer(account, choice):
            continue
        if not choice["auto_record"]:
            return nothing | {"source": source}
        picked = with_sub_options(account, choice["kind"], choice["started_by"])
        return picked | {"source": source}
    if now == "default_on":
        return with_sub_options(account, account["kind"], "host") | {"source": "console"}
    return nothing | {"source": "none"}


def with_sub_options(account, kind, started_by):
    """R12."""
    if not has_console(account):
        return {"kind": kind, "started_by": started_by, "host_may_pause": True}
    if console_enabled(account) and account["kind"] == "cloud" and kind == "cloud":
        return {
            "kind": "cloud",
            "started_by": "anyone" if account["start_on_any_join"] else "host",
            "host_may_pause": account["host_may_pause"],
        }
    return {"kind": kind, "started_by": "host", "host_may_pause": True}


# --- the meeting ----------------------------------------------------------------------------


def new_enough(version):
    """R3; D5: what cannot be read as numbers is unknown, and unknown counts as new enough."""
    if version is None:
        return True
    parts = version.split(".")
    if not all(part.isdigit() for part in parts):
        return True
    numbers = [int(part) for part in parts] + [0, 0]
    major, minor = numbers[0], numbers[1]
    return major > 3 or (major == 3 and minor >= 17)


def is_host(person):
    """D1."""
    return person["role"] == "host" or person["role"] == "cohost"


def auto_starts(the_plan, joiner):
    """R13, R14 with R2, R3, D5. True if this join, were it the first to qualify, starts it."""
    if the_plan["kind"] is None or not new_enough(joiner["version"]):
        return False
    if the_plan["kind"] == "local":
        return is_host(joiner) and joiner["platform"] in DESKTOPS
    if joiner["platform"] not in AUTO_CLOUD_PLATFORMS:
        return False
    return the_plan["started_by"] == "anyone" or is_host(joiner)


def why_leaving_stops(meeting, leaver, remaining):
    """R16, R17, D4, D12: the stop reason of a leave, or None."""
    if meeting["kind"] == "local":
        return "recording_client_left" if leaver["id"] == meeting["client"] else None
    if len(remaining) == 0:
        return "everyone_left"
    hosts_remaining = [person for person in remaining if is_host(person)]
    if meeting["plan"]["started_by"] == "host" and is_host(leaver) and hosts_remaining == []:
        return "hosts_left"
    return None


def refusal(account, meeting, name, event):
    """The first reason of the table that holds, or None."""
    here = [person for person in meeting["present"] if person["id"] == event.get("id")]
    by = [person for person in meeting["present"] if person["id"] == event.get("by")]
    running = meeting["state"] in ("recording", "paused")
    asks = event.get("by") is not None

    if meeting["over"]:
        return "meeting_ended"
    if name == "join" and here:
        return "already_present"
    if name in ("leave", "role") and not here:
        return "not_present"
    if asks and not by:
        return "not_present"
    if asks and not is_host(by[0]):
        return "not_host"
    if name == "start" and running:
        return "wrong_state"
    if name == "pause" and meeting["state"] != "recording":
        return "wrong_state"
    if name == "resume" and meeting["state"] != "paused":
        return "wrong_state"
    if name in ("stop", "recorder_failed") and not running:
        return "wrong_state"
    if name == "start":
        # D2: both kinds are on for free and pro, though R1 keeps them from auto-recording locally.
        if has_console(account) and event["kind"] not in offered_kinds(account):
            return "kind_unavailable"
        if event["kind"] == "local" and by[0]["platform"] not in DESKTOPS:
            return "not_desktop"
    if name in ("pause", "resume", "stop"):
        if meeting["kind"] == "local" and event["by"] != meeting["client"]:
            return "not_recording_client"
        if meeting["kind"] == "cloud" and not meeting["plan"]["host_may_pause"]:
            return "host_may_not_pause"
    return None


# The id a refusal is put down to. `end` has a decision of its own that says who may (D10).
REFUSAL_RULES = {
    "meeting_ended": ["D10"],
    "already_present": ["D9"],
    "not_present": ["D9"],
    "not_host": ["D1"],
    "wrong_state": [],
    "kind_unavailable": ["D2"],
    "not_desktop": ["D2"],
    "not_recording_client": ["D3"],
    "host_may_not_pause": ["R9"],
}


def step(account, meeting, name, event):
    """What one event does to the meeting (a dict, changed in place unless refused)."""
    before = meeting["state"]
    answer = {"before": before, "state": before, "recorder": [], "refused": None, "rules": []}
    reason = refusal(account, meeting, name, event)
    if reason is not None:
        rules = ["D10"] if name == "end" else REFUSAL_RULES[reason]
        return answer | {"refused": reason, "rules": rules}

    running = before in ("recording", "paused")
    local = meeting["kind"] == "local"

    def start(kind, client, rule):
        meeting["state"] = "recording"
        meeting["kind"] = kind
        meeting["client"] = client if kind == "local" else None
        command = {"command": "start", "kind": kind, "client": meeting["client"]}
        answer.update(recorder=[command], rules=[rule])

    def stop(why, rule):
        meeting["state"] = "stopped"
        answer.update(recorder=[{"command": "stop", "reason": why}], rules=[rule])

    if name == "join":
        joiner = {"version": None} | event
        meeting["present"].append(joiner)
        if before == "idle" and auto_starts(meeting["plan"], joiner):
            kind = meeting["plan"]["kind"]
            start(kind, joiner["id"], "R14" if kind == "local" else "R13")
    elif name == "leave":
        leaver = next(person for person in meeting["present"] if person["id"] == event["id"])
        meeting["present"] = [p for p in meeting["present"] if p["id"] != event["id"]]
        why = why_leaving_stops(meeting, leaver, meeting["present"]) if running else None
        if why is not None:
            stop(why, "R17" if local else "R16")
    elif name == "role":
        meeting["present"] = [
            person | {"role": event["role"]} if person["id"] == event["id"] else person
            for person in meeting["present"]
        ]
    elif name == "end":
        meeting["over"] = True
        if running:
            stop("meeting_ended", "R17" if local else "R16")
        else:
            answer["rules"] = ["D10"]
    elif name == "recorder_failed":
        stop("recorder_failed", "D11")
    elif name == "start":
        start(event["kind"], event["by"], "D2")
    elif name == "pause":
        meeting["state"] = "paused"
        answer.update(recorder=[{"command": "pause"}], rules=["D3" if local else "R9"])
    elif name == "resume":
        meeting["state"] = "recording"
        answer.update(recorder=[{"command": "resume"}], rules=["D3" if local else "R9"])
    else:
        stop("host_stopped", "D3" if local else "R16")
    return answer | {"state": meeting["state"]}


def opened(account, user=None, booking=None, meeting_type="scheduled"):
    return {
        "plan": plan(account, user, booking, meeting_type),
        "state": "idle",
        "kind": None,
        "client": None,
        "over": False,
        "present": [],
    }


def run(account, user, booking, meeting_type, events):
    """One answer for each (name, event) pair."""
    meeting = opened(account, user, booking, meeting_type)
    return [step(account, meeting, name, event) for name, event in events]
